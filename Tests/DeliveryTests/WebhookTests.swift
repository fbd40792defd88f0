import Core
import Delivery
import Foundation
import Testing

private let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
private let oldSecret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"

struct SignatureTests {
    @Test("signs as the reference libraries of Standard Webhooks do")
    func publishedVector() throws {
        let signature = try WebhookSecret(secret).signature(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek", seconds: 1_614_265_330,
            body: Array(#"{"test": 2432232314}"#.utf8))
        #expect(signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test("reads secrets without padding or prefix as the reference libraries do")
    func spellings() throws {
        func signature(_ secret: String) throws -> String {
            try WebhookSecret(secret).signature(id: "a", seconds: 1, body: [])
        }
        #expect(try signature(secret) == signature(String(secret.dropFirst(6))))
        let padded = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwBr=="
        #expect(try signature(padded) == signature(String(padded.dropLast(2))))
        #expect(try signature(padded) != signature(secret))
    }

    @Test(
        "refuses a secret that is none, and does not show it",
        arguments: ["whsec_", "whsec_dG9vIHNob3J0", "whsec_not base 64 at all!!!!!!!!!!!!!!!!!!!!"])
    func badSecret(_ text: String) {
        let error = #expect(throws: TargetError.self) { try WebhookSecret(text) }
        #expect(error?.message.contains("dG9v") == false)
    }
}

struct PrivateAddressTests {
    private static func name(_ text: String) -> String? {
        var bytes = [UInt8](repeating: 0, count: 28)
        let isSix = text.contains(":")
        let read = bytes.withUnsafeMutableBytes { buffer in
            inet_pton(
                isSix ? AF_INET6 : AF_INET, text, buffer.baseAddress?.advanced(by: isSix ? 8 : 4))
        }
        #expect(read == 1)
        return PrivateAddress.name(of: bytes, family: isSix ? AF_INET6 : AF_INET)
    }

    @Test(
        "addresses of this machine and of networks behind it are private",
        arguments: [
            "127.0.0.1", "127.255.255.255", "10.0.0.1", "172.16.0.1", "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255",
            "198.19.0.1",
            "::1", "::", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "::ffff:10.0.0.1",
            "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "::7f00:1",
        ])
    func isPrivate(_ text: String) {
        #expect(Self.name(text) != nil)
    }

    @Test(
        "others are not",
        arguments: [
            "1.1.1.1", "9.255.255.255", "11.0.0.0", "172.15.0.1", "172.32.0.1", "192.167.0.1",
            "100.63.0.1", "100.128.0.1", "198.20.0.1", "223.255.255.255", "2606:4700::1111",
            "::ffff:1.1.1.1", "64:ff9b::101:101",
        ])
    func isPublic(_ text: String) {
        #expect(Self.name(text) == nil)
    }
}

/// A real webhook that checks signatures and fails in every way.
@Suite(.enabled(if: Server.hasPython, "python3 is missing: run Tools/setup"), .serialized)
struct WebhookTests {
    private let directory: TemporaryDirectory
    private let server: Server

    init() throws {
        directory = try TemporaryDirectory()
        server = try Server("webhook_server.py", [secret, oldSecret], in: directory)
    }

    private func outcome(
        _ path: String, secrets: [String] = [secret],
        timeouts: DeliveryTimeouts = DeliveryTimeouts(connect: 5, reply: 5, whole: 5)
    ) throws -> HandOver? {
        let target = try makeTarget(
            "http://127.0.0.1:\(server.port)/\(path)",
            options: TargetOptions(parallel: 1, webhookSecrets: secrets, timeouts: timeouts))
        defer { target.close() }
        return try target.handOver(mail())
    }

    @Test func theRequestIsSignedAndHoldsTheMail() throws {
        #expect(try outcome("204") == .delivered(detail: "HTTP 204"))
        let row = try #require(try server.taken().first)
        #expect(row["id"] as? String == "snd_00000000000000000000000001")
        #expect(row["timestamp"] as? String == "1772377260")
        #expect(row["type"] as? String == "application/json")
        #expect(row["signed"] as? [Bool] == [true, false])
        let body = try #require(row["body"] as? [String: Any])
        #expect(body["type"] as? String == "send.pending")
        #expect(body["timestamp"] as? String == "2026-03-01T15:00:00Z")
        let data = try #require(body["data"] as? [String: Any])
        #expect(data["send"] as? String == "snd_00000000000000000000000001")
        #expect(data["kind"] as? String == "workflow")
        #expect(data["partner"] as? String == "p1")
        #expect(data["to"] as? String == "p1@example.org")
        #expect(data["template_version"] as? Int == 2)
        #expect(data["subject"] as? String == "Well done")
        #expect(data["text"] as? String == "Hello\n")
        #expect(data["html"] is NSNull)
    }

    @Test func twoSecretsSignWhileOneTakesTheOthersPlace() throws {
        #expect(try outcome("200", secrets: [secret, oldSecret]) == .delivered(detail: "HTTP 200"))
        #expect(try server.taken().first?["signed"] as? [Bool] == [true, true])
    }

    struct Answer: CustomTestStringConvertible, Sendable {
        let path: String
        let outcome: HandOver
        var testDescription: String { path }
    }

    static func refused(_ code: Int, _ message: String) -> HandOver {
        .refused(permanent: false, isRecipient: false, code: code, message: message)
    }

    @Test(
        "only 2xx is a success",
        arguments: [
            Answer(path: "410", outcome: .gone(message: "HTTP 410: the endpoint wants no more")),
            Answer(path: "429/7", outcome: .slowDown(afterSeconds: 7, message: "HTTP 429")),
            Answer(path: "429", outcome: .slowDown(afterSeconds: nil, message: "HTTP 429")),
            Answer(path: "503/7", outcome: .slowDown(afterSeconds: 7, message: "HTTP 503")),
            Answer(path: "503", outcome: refused(503, "HTTP 503")),
            Answer(path: "502", outcome: refused(502, "HTTP 502")),
            Answer(path: "404", outcome: refused(404, "HTTP 404")),
            Answer(path: "500", outcome: refused(500, "HTTP 500")),
            Answer(
                path: "302", outcome: refused(302, "HTTP 302: redirections are not followed")),
        ])
    func answers(_ answer: Answer) throws {
        #expect(try outcome(answer.path) == answer.outcome)
        #expect(try server.taken().count == 1)
    }

    @Test("after the whole request nobody knows", arguments: ["drop", "stall"])
    func unknown(_ path: String) throws {
        let limits = DeliveryTimeouts(connect: 2, reply: 2, whole: 2)
        guard case .unknown = try outcome(path, timeouts: limits) else {
            Issue.record("not unknown: \(path)")
            return
        }
        #expect(try server.taken().count == 1)
    }

    @Test("nobody knows either where it was said over a connection that was used before")
    func unknownAfterOthers() throws {
        let target = try makeTarget(
            "http://127.0.0.1:\(server.port)/each/200/drop",
            options: TargetOptions(parallel: 1, webhookSecrets: [secret]))
        defer { target.close() }
        #expect(try target.handOver(mail(1)) == .delivered(detail: "HTTP 200"))
        let second = try target.handOver(mail(2))
        guard case .unknown = second else {
            Issue.record("not unknown, but \(String(describing: second))")
            return
        }
        // The same mail over another connection would be a second one.
        #expect(try server.taken().count == 2)
    }

    /// libcurl itself resolves all names under `localhost`, to this machine.
    @Test func aNameForThisMachineMustBeAllowed() throws {
        func outcome(allowed: [String]) throws -> HandOver? {
            let target = try makeTarget(
                "http://hooks.localhost:\(server.port)/200",
                options: TargetOptions(
                    parallel: 1, webhookSecrets: [secret], allowedHosts: allowed))
            defer { target.close() }
            return try target.handOver(mail())
        }
        guard case .outOfService(let message) = try outcome(allowed: []) else {
            Issue.record("a private address was connected to")
            return
        }
        #expect(message.contains("a private address"))
        #expect(try server.taken().isEmpty)
        #expect(try outcome(allowed: ["HOOKS.localhost"]) == .delivered(detail: "HTTP 200"))
    }

    @Test("where nobody listens no attempt is used up")
    func nobodyListensThere() throws {
        var gone: Server? = try Server("webhook_server.py", [secret], in: directory)
        let port = try #require(gone).port
        gone = nil
        let target = try makeTarget(
            "http://127.0.0.1:\(port)/200",
            options: TargetOptions(parallel: 1, webhookSecrets: [secret]))
        defer { target.close() }
        guard case .outOfService(let message) = try target.handOver(mail()) else {
            Issue.record("handed over to nobody")
            return
        }
        #expect(message.contains("connect"))
    }

    @Test func connectionsAreUsedAgain() throws {
        let target = try makeTarget(
            "http://127.0.0.1:\(server.port)/200",
            options: TargetOptions(parallel: 2, webhookSecrets: [secret]))
        let outcomes = try target.handOver((1...40).map { mail($0) })
        #expect(outcomes.values.count { $0 == .delivered(detail: "HTTP 200") } == 40)
        #expect(Set(try server.taken().compactMap { $0["peer"] as? Int }).count <= 2)
        target.close()
    }
}
