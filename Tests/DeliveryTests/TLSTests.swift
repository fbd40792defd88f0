import Delivery
import Foundation
import Testing

/// Encryption and login with a real mail server and certificates of our own.
@Suite(
    .enabled(if: Server.hasMailServer, "python3-aiosmtpd is missing: run Tools/setup"), .serialized)
struct TLSTests {
    private let directory: TemporaryDirectory
    private let certificate: [String]

    init() throws {
        directory = try TemporaryDirectory()
        let (cert, key) = (directory.path("cert.pem"), directory.path("key.pem"))
        let made = try execute(
            "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                "-nodes",
                "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
                "subjectAltName=IP:127.0.0.1",
            ])
        try #require(made != nil, "openssl made no certificate")
        certificate = ["--cert", cert, "--key", key]
    }

    private func outcome(
        _ arguments: [String], scheme: String = "smtp", user: String? = nil,
        password: String? = nil, requiresTLS: Bool = false, trusts: Bool = true
    ) throws -> (HandOver?, taken: [[String: Any]]) {
        let server = try Server("smtp_server.py", arguments, in: directory)
        let options = TargetOptions(
            parallel: 1, password: password, requiresTLS: requiresTLS,
            caFile: trusts ? certificate[1] : nil)
        let login = user.map { $0 + "@" } ?? ""
        let target = try makeTarget(
            "\(scheme)://\(login)127.0.0.1:\(server.port)", options: options)
        defer { target.close() }
        return (try target.handOver(mail()), try server.taken())
    }

    private static let taken = HandOver.delivered(detail: "250 2.0.0 taken")

    @Test func startTLSWhereAskedFor() throws {
        let (outcome, taken) = try outcome(certificate, requiresTLS: true)
        #expect(outcome == Self.taken)
        #expect(taken.first?["tls"] as? Bool == true)
    }

    @Test func tlsFromTheStart() throws {
        let (outcome, taken) = try outcome(certificate + ["--implicit"], scheme: "smtps")
        #expect(outcome == Self.taken)
        #expect(taken.count == 1)
    }

    @Test("the user of the URL logs in, over TLS even where nobody asked for it")
    func login() throws {
        let (outcome, taken) = try outcome(
            certificate + ["--auth"], user: "user%40example.com", password: "secret")
        #expect(outcome == Self.taken)
        #expect(taken.first?["user"] as? String == "user@example.com")
        #expect(taken.first?["tls"] as? Bool == true)
    }

    @Test("nothing is handed over without trust, TLS or login", arguments: Fault.allCases)
    func refused(_ fault: Fault) throws {
        let (outcome, taken) =
            switch fault {
            case .unknownAuthority:
                try outcome(certificate, requiresTLS: true, trusts: false)
            case .noTLS: try outcome([], requiresTLS: true)
            case .loginWithoutTLS: try outcome([], user: "user", password: "secret")
            case .startTLSRefused:
                try outcome(certificate + ["--starttls", "454"], requiresTLS: true)
            case .startTLSDropped:
                try outcome(certificate + ["--starttls", "drop"], requiresTLS: true)
            case .wrongPassword:
                try outcome(certificate + ["--auth"], user: "user%40example.com", password: "wrong")
            case .unknownAuthorityFromTheStart:
                try outcome(certificate + ["--implicit"], scheme: "smtps", trusts: false)
            }
        guard case .outOfService(let message) = outcome else {
            Issue.record("\(String(describing: outcome))")
            return
        }
        #expect(!message.contains("secret") && !message.contains("wrong"))
        #expect(taken.isEmpty)
    }

    enum Fault: CaseIterable {
        case unknownAuthority, noTLS, loginWithoutTLS, startTLSRefused, startTLSDropped
        case wrongPassword, unknownAuthorityFromTheStart
    }
}
