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
        password: String? = nil, startTLS: StartTLS = .ifOffered, trusts: Bool = true
    ) throws -> (HandOver?, taken: [[String: Any]]) {
        let server = try Server("smtp_server.py", arguments, in: directory)
        let options = TargetOptions(
            parallel: 1, password: password, startTLS: startTLS,
            caFile: trusts ? certificate[1] : nil)
        let login = user.map { $0 + "@" } ?? ""
        let target = try makeTarget(
            "\(scheme)://\(login)127.0.0.1:\(server.port)", options: options)
        defer { target.close() }
        return (try target.handOver(mail()), try server.taken())
    }

    private static let taken = HandOver.delivered(detail: "250 2.0.0 taken")

    @Test func startTLSWhereAskedFor() throws {
        let (outcome, taken) = try outcome(certificate, startTLS: .required)
        #expect(outcome == Self.taken)
        #expect(taken.first?["tls"] as? Bool == true)
    }

    @Test(
        "a server that offers TLS gets it, whoever signed its certificate",
        arguments: [true, false])
    func startTLSWhereOffered(trusts: Bool) throws {
        let (outcome, taken) = try outcome(certificate, trusts: trusts)
        #expect(outcome == Self.taken)
        #expect(taken.first?["tls"] as? Bool == true)
    }

    @Test(
        "mail goes in the clear where TLS is not offered, refused or not wanted", arguments: 0..<3)
    func inTheClear(_ reason: Int) throws {
        let (outcome, taken) =
            switch reason {
            case 0: try outcome([])
            case 1: try outcome(certificate + ["--starttls", "454"])
            default: try outcome(certificate, startTLS: .never)
            }
        #expect(outcome == Self.taken)
        #expect(taken.first?["tls"] as? Bool == false)
    }

    @Test("certificates to trust that are named are asked for")
    func namedAuthority() throws {
        let own = certificate
        let other = try TLSTests()
        let (outcome, taken) = try other.outcome(own)
        guard case .outOfService = outcome else {
            Issue.record("\(String(describing: outcome))")
            return
        }
        #expect(taken.isEmpty)
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
                try outcome(certificate, startTLS: .required, trusts: false)
            case .noTLS: try outcome([], startTLS: .required)
            case .loginWithoutTLS: try outcome([], user: "user", password: "secret")
            case .startTLSRefused:
                try outcome(certificate + ["--starttls", "454"], startTLS: .required)
            case .startTLSDropped:
                try outcome(certificate + ["--starttls", "drop"], startTLS: .required)
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
