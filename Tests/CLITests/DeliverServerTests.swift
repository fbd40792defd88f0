import Foundation
import Glibc
import Testing

/// `deliver` against a mail server that fails where it is told to, and a webhook that checks signatures.
@Suite(.enabled(if: TestServer.canRun, "python3-aiosmtpd is missing: run Tools/setup"))
struct DeliverServerTests {
    /// The server takes a recipient's local part as an order: a refusal of it, for now or for good, of
    /// the content, or a connection that breaks after the last byte.
    private static let partners = ["ann", "rcpt-550", "rcpt-450", "data-554", "dot-drop"]

    private func program() throws -> Sandbox {
        let sandbox = try Sandbox(DeliverTests.definitions)
        let events = Self.partners.map { name in
            address("\(name)-a", name, at: "2026-03-01T12:00:00Z")
                + tag("\(name)-b", name, "on", at: "2026-03-01T12:10:00Z")
                + tag("\(name)-c", name, "now", at: "2026-03-01T12:10:00Z")
        }
        try sandbox.must("ingest", input: events.joined())
        try sandbox.must("advance", "--to", "2026-03-01T13:00:00Z")
        return sandbox
    }

    @Test("Every answer of a mail server has its state")
    func smtp() throws {
        let sandbox = try program()
        let server = try TestServer("smtp_server.py", [], in: sandbox)
        let outcome = try sandbox.muster(
            "deliver", "--to", "smtp://127.0.0.1:\(server.port)", "--from", "a@acme.example",
            "--max-age", "100000d", "--parallel", "1")
        #expect(outcome.status == 0, "\(outcome)")
        var states: Set<String> = []
        for row in try sandbox.must("sends", "--format", "csv").split(whereSeparator: \.isNewline)
            .dropFirst()
        {
            let cells = row.split(separator: ",", omittingEmptySubsequences: false)
            states.insert("\(cells[2]) \(cells[3]) \(cells[9])")
        }
        #expect(
            states == [
                "automation ann delivered", "workflow ann delivered",
                "automation rcpt-550 failed", "workflow rcpt-550 suppressed",
                "automation rcpt-450 pending", "workflow rcpt-450 pending",
                "automation data-554 failed", "workflow data-554 failed",
                "automation dot-drop pending", "workflow dot-drop unknown",
            ])
        let pending = try sandbox.must(
            "sends", "--status", "pending", "--partner", "rcpt-450", "--format", "csv")
        let send = pending.split(whereSeparator: \.isNewline)[1].prefix { $0 != "," }
        let told = try sandbox.must("explain", "send", String(send))
        #expect(
            told.contains(", after 1 attempt, to be tried again from 20")
                && told.contains(", to be tried again from "),
            "\(told)")
        let tree = try sandbox.must("explain", "send", String(send), "--format", "ndjson")
        #expect(tree.contains(#""delivery":{"attempts":1,"changed_at":"20"#), "\(tree)")
        try sandbox.must("audit")
    }

    @Test(
        "The first interrupt waits for the mails under way, the second does not",
        arguments: [SIGINT, SIGTERM])
    func interruptedTwice(number: Int32) throws {
        let sandbox = try Sandbox(DeliverTests.definitions)
        let name = "dot-stall"
        try sandbox.must(
            "ingest",
            input: address("a", name, at: "2026-03-01T12:00:00Z")
                + tag("b", name, "on", at: "2026-03-01T12:10:00Z")
                + tag("c", name, "other", at: "2026-03-01T13:00:00Z"))
        let server = try TestServer("smtp_server.py", [], in: sandbox)
        let delivering = try sandbox.start(
            "deliver", "--to", "smtp://127.0.0.1:\(server.port)", "--from", "a@acme.example",
            "--max-age", "100000d")
        try eventually("the server has it") {
            (try? sandbox.read("taken"))?.contains(name) == true
        }
        delivering.signal(number)
        usleep(300_000)
        #expect(try sandbox.must("sends", "--status", "claimed").split(separator: "\n").count == 1)
        delivering.signal(number)
        #expect(try delivering.wait(within: 10).status == -number)
        let next = try sandbox.muster(
            "deliver", "--to", "maildir:box", "--from", "a@acme.example", "--max-age", "100000d")
        #expect(next.status == 0)
        #expect(next.err.contains("sends --status unknown"), "\(next.err)")
        #expect(try sandbox.must("sends", "--status", "unknown").split(separator: "\n").count == 1)
        try sandbox.must("audit")
    }

    @Test("A webhook gets every send, signed")
    func webhook() throws {
        let sandbox = try program()
        let secret = "whsec_" + Data("a secret of thirty-two bytes, say".utf8).base64EncodedString()
        let server = try TestServer("webhook_server.py", [secret], in: sandbox)
        let outcome = try sandbox.run(
            [
                "deliver", "--to", "http://127.0.0.1:\(server.port)/200", "--max-age", "100000d",
            ], environment: ["MUSTER_WEBHOOK_SECRET": secret])
        #expect(outcome.status == 0 && outcome.err == "10 delivered\n", "\(outcome)")
        let taken = try sandbox.read("taken")
        #expect(taken.split(separator: "\n").count == 10)
        #expect(taken.split(separator: "\n").allSatisfy { $0.contains(#""signed": [true]"#) })
    }
}
