import Foundation
import LMDB
import Testing

/// Webhooks that refuse one send, or ask for a pause (SPEC 10), and what the summary says of it.
@Suite(.enabled(if: TestServer.canRun, "python3-aiosmtpd is missing: run Tools/setup"))
struct DeliverPauseTests {
    private static let secret =
        "whsec_" + Data("a secret of thirty-two bytes, say".utf8).base64EncodedString()

    /// Eight partners with a send each.
    private func program() throws -> Sandbox {
        let sandbox = try Sandbox(DeliverTests.definitions)
        let events = (0..<8).map { number in
            address("p\(number)-a", "p\(number)", at: "2026-03-01T12:00:00Z")
                + tag("p\(number)-b", "p\(number)", "now", at: "2026-03-01T12:10:00Z")
        }
        try sandbox.must("ingest", input: events.joined())
        return sandbox
    }

    private func deliver(
        _ sandbox: Sandbox, _ server: TestServer, _ path: String, _ more: String...
    ) throws -> Outcome {
        try sandbox.run(
            [
                "deliver", "--to", "http://127.0.0.1:\(server.port)/\(path)", "--max-age",
                "100000d", "--parallel", "1",
            ] + more, environment: ["MUSTER_WEBHOOK_SECRET": Self.secret])
    }

    @Test("One send that is refused with 503 holds up no other")
    func one() throws {
        let sandbox = try program()
        let server = try TestServer("webhook_server.py", [Self.secret], in: sandbox)
        let outcome = try deliver(sandbox, server, "for/p2/503")
        #expect(outcome.status == 0)
        #expect(outcome.err.hasPrefix("7 delivered, "), "\(outcome.err)")
        #expect(outcome.err.contains("\n1 send is left, the first due at "), "\(outcome.err)")
    }

    @Test(
        "A long pause ends the delivery, which says what is left and until when",
        arguments: [429, 503])
    func pause(code: Int) throws {
        let sandbox = try program()
        let server = try TestServer("webhook_server.py", [Self.secret], in: sandbox)
        let outcome = try deliver(sandbox, server, "for/p2/\(code)/120")
        #expect(outcome.status == 0)
        #expect(
            outcome.err.hasPrefix(
                "2 delivered, 1 to be tried again\n6 sends are left: the target asked for a pause until "
            ),
            "\(outcome.err)")
        let next = try deliver(sandbox, server, "200")
        #expect(
            next.err.hasPrefix("5 delivered\n1 send is left, the first due at "), "\(next.err)")
    }

    @Test("An endpoint that is gone is told of, also where no more was to be mailed")
    func gone() throws {
        let sandbox = try program()
        let server = try TestServer("webhook_server.py", [Self.secret], in: sandbox)
        let outcome = try deliver(sandbox, server, "410", "--limit", "1")
        #expect(outcome.status == 74 && outcome.err.contains("(410)"), "\(outcome)")
        #expect(
            try sandbox.must("sends", "--status", "pending", "--format", "ndjson")
                .split(separator: "\n").count == 8)
    }

    @Test("The summary tells of sends whose last attempt it was as failed")
    func lastAttempt() throws {
        let sandbox = try program()
        let server = try TestServer("webhook_server.py", [Self.secret], in: sandbox)
        let outcome = try deliver(sandbox, server, "500", "--attempts", "1", "--limit", "5")
        #expect(outcome.err == "0 delivered, 5 failed\n3 sends are left\n")
    }

    @Test("Where results can't be logged, what is on its way is still noted")
    func brokenLog() throws {
        let sandbox = try program()
        try sandbox.must(
            "ingest",
            input:
                #"{"id":"n","type":"click.recorded","partner":"other","time":"2026-03-01T12:20:00Z"}"#
                + "\n")
        // The state of somebody else is none: what loads an engine refuses, and claiming does not need it.
        do {
            let environment = try Environment(
                directory: sandbox.path("muster-store"), tablesMax: 1, isReadOnly: false)
            let states = try environment.tables(["states"], creating: false)[0]
            let nothing: [UInt8] = [0]
            try environment.write { try $0.put(states, [0, 0, 0, 8], nothing.span) }
        }
        let server = try TestServer("webhook_server.py", [Self.secret], in: sandbox)
        let outcome = try sandbox.run(
            [
                "deliver", "--to", "http://127.0.0.1:\(server.port)/slow", "--max-age", "100000d",
                "--parallel", "4",
            ], environment: ["MUSTER_WEBHOOK_SECRET": Self.secret])
        #expect(outcome.status == 74 && outcome.err.contains("damaged"), "\(outcome)")
        // Those of the first turn at least; the error may come before the last is claimed.
        let sends = try sandbox.must("sends", "--format", "ndjson").split(separator: "\n")
        let delivered = sends.count { $0.contains(#""status":"delivered""#) }
        #expect(delivered >= 4)
        #expect(outcome.err.contains("\(delivered) delivered"), "\(outcome)")
        #expect(!sends.contains { $0.contains("claimed") }, "\(sends)")
    }

    @Test("The summary tells of what was not mailed when its turn came")
    func notMailed() throws {
        let sandbox = try program()
        try sandbox.must(
            "ingest",
            input:
                #"{"id":"u","type":"email.unsubscribed","partner":"p1","time":"2026-03-01T12:20:00Z"}"#
                + "\n")
        let first = try sandbox.muster("deliver", "--to", "stdout")
        #expect(first.err == "0 delivered, 7 expired, 1 suppressed\n", "\(first.err)")
        try sandbox.write(
            DeliverTests.definitions.replacing(
                "{ tag_assigned: now }, do: [{ send_email: hello }], state: active",
                with: "{ tag_assigned: now }, do: [{ send_email: hello }], state: paused"),
            to: "paused.yaml")
        try sandbox.must("apply", "paused.yaml")
        let held = try sandbox.muster("deliver", "--to", "stdout", "--retry-expired")
        #expect(held.err == "0 delivered, 7 held\n", "\(held.err)")
        let still = try sandbox.muster("deliver", "--to", "stdout")
        #expect(still.err == held.err, "those that were held before, too")
        #expect(try sandbox.must("sends").contains("its automation is not active"))
        try sandbox.must("apply", "program.yaml")
        #expect(
            try !sandbox.must("sends").contains("not active"), "what is free again is not held")
        try sandbox.write("templates: [{ id: hello, subject: Hi, text: Hi }]", to: "none.yaml")
        try sandbox.must("apply", "--prune", "none.yaml")
        #expect(try sandbox.must("sends").contains("its automation is retired"))
    }

    @Test("--retry-expired takes up what nobody has found too old yet")
    func spared() throws {
        let sandbox = try program()
        let outcome = try sandbox.muster("deliver", "--to", "stdout", "--retry-expired")
        #expect(outcome.err == "8 delivered\n", "\(outcome.err)")
    }
}
