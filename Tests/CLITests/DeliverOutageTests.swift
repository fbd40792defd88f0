import Foundation
import Glibc
import Testing

/// Targets that break in the middle, and servers that are not there (SPEC 10): what was not handed over is
/// as if it had never been claimed.
struct DeliverOutageTests {
    private static let common = ["--max-age", "100000d", "--from", "a@acme.example"]

    /// Ten partners with two sends each: one of the workflow, one of the automation.
    private func program(names: [String] = (0..<10).map { "p\($0)" }) throws -> Sandbox {
        let sandbox = try Sandbox(DeliverTests.definitions)
        let events = names.map { name in
            address("\(name)-a", name, at: "2026-03-01T12:00:00Z")
                + tag("\(name)-b", name, "on", at: "2026-03-01T12:10:00Z")
                + tag("\(name)-c", name, "now", at: "2026-03-01T12:10:00Z")
        }
        try sandbox.must("ingest", input: events.joined())
        try sandbox.must("advance", "--to", "2026-03-01T13:00:00Z")
        return sandbox
    }

    private func deliver(_ sandbox: Sandbox, to target: String, _ more: String...) throws -> Outcome
    {
        try sandbox.run(["deliver", "--to", target] + Self.common + more)
    }

    private func sends(_ sandbox: Sandbox, _ status: String) throws -> Set<String> {
        let rows = try sandbox.must("sends", "--status", status, "--format", "csv")
        return Set(
            rows.split(whereSeparator: \.isNewline).dropFirst().map { String($0.prefix(30)) })
    }

    /// The ids and attempts of the mails in lines of `--to stdout`.
    private func mails(_ lines: [String]) throws -> [(send: String, attempt: Int)] {
        struct Mail: Decodable {
            var send: String
            var attempt: Int
        }
        return try lines.map { line in
            let mail = try JSONDecoder().decode(Mail.self, from: Data(line.utf8))
            return (mail.send, mail.attempt)
        }
    }

    @Test("A reader that goes away in the middle leaves nothing in doubt")
    func closedPipe() throws {
        let sandbox = try program()
        let running = try sandbox.start(
            "deliver", "--to", "stdout", "--rate", "50/s", "--max-age", "100000d")
        _ = try #require(try running.line())
        running.closeOutput()
        let outcome = try running.wait()
        #expect(outcome.status == 74)
        #expect(outcome.err.contains("standard output took no more"))
        let delivered = try sends(sandbox, "delivered")
        let pending = try sends(sandbox, "pending")
        #expect(delivered.count + pending.count == 20)
        #expect(!delivered.isEmpty && !pending.isEmpty)
        let next = try mails(deliver(sandbox, to: "stdout").lines)
        #expect(next.count == pending.count)
        #expect(Set(next.map(\.send)) == pending)
        #expect(next.allSatisfy { $0.attempt == 1 })
        #expect(try sends(sandbox, "delivered").count == 20)
        try sandbox.must("audit")
    }

    @Test("A mailbox that can't be written leaves nothing in doubt")
    func brokenMaildir() throws {
        let sandbox = try program()
        #expect(try deliver(sandbox, to: "maildir:box", "--limit", "5").status == 0)
        // Nobody, not even root, can make a file in a file.
        rmdir(sandbox.path("box/tmp"))
        try sandbox.write("", to: "box/tmp")
        let outcome = try deliver(sandbox, to: "maildir:box")
        #expect(outcome.status == 74)
        #expect(outcome.err.contains("could not be opened"))
        #expect(try sends(sandbox, "delivered").count == 5)
        #expect(try sends(sandbox, "pending").count == 15)
        unlink(sandbox.path("box/tmp"))
        #expect(try deliver(sandbox, to: "maildir:box").err == "15 delivered\n")
        let files = try FileManager.default.contentsOfDirectory(atPath: sandbox.path("box/new"))
        #expect(try Set(files) == sends(sandbox, "delivered"))
        #expect(files.count == 20)
        try sandbox.must("audit")
    }

    @Test("A mailbox that can't be made is no fault of the command line")
    func impossibleMaildir() throws {
        let sandbox = try program()
        try sandbox.write("", to: "file")
        for box in ["file", "nowhere/box"] {
            let outcome = try deliver(sandbox, to: "maildir:\(box)")
            #expect(outcome.status == 74)
            #expect(outcome.err.contains("could not be made: "), "\(outcome.err)")
        }
        #expect(try sends(sandbox, "pending").count == 20)
    }

    @Test(
        "A server that ends its service over some mails gets all others, one connection or many",
        .enabled(if: TestServer.canRun, "python3-aiosmtpd is missing: run Tools/setup"),
        arguments: ["1", "4"])
    func refusedByEndingTheService(parallel: String) throws {
        let sandbox = try program(names: ["rcpt-421", "data-421"] + (0..<6).map { "p\($0)" })
        let server = try TestServer("smtp_server.py", [], in: sandbox)
        let target = "smtp://127.0.0.1:\(server.port)"
        let outcome = try deliver(sandbox, to: target, "--parallel", parallel)
        #expect(outcome.status == 0, "\(outcome.err)")
        #expect(
            outcome.err.hasPrefix(
                "12 delivered, 4 to be tried again\n4 sends are left, the first due at "),
            "\(outcome.err)")
        for send in try sends(sandbox, "pending") {
            let told = try sandbox.must("explain", "send", send)
            #expect(told.contains(", after 1 attempt, to be tried again from "), "\(told)")
        }
        try sandbox.must("audit")
    }

    @Test(
        "A server that ends its service over every mail is left alone",
        .enabled(if: TestServer.canRun, "python3-aiosmtpd is missing: run Tools/setup"))
    func endingTheService() throws {
        let sandbox = try program(names: (0..<8).map { "rcpt-421+\($0)" })
        let server = try TestServer("smtp_server.py", [], in: sandbox)
        let outcome = try deliver(
            sandbox, to: "smtp://127.0.0.1:\(server.port)", "--parallel", "1")
        #expect(outcome.status == 74)
        // One, a second, and one more after each of the three pauses.
        #expect(outcome.err.hasPrefix("0 delivered, 5 to be tried again\n"), "\(outcome.err)")
        #expect(outcome.err.contains("the target takes no mail: 421 "), "\(outcome.err)")
        #expect(try sends(sandbox, "pending").count == 16)
    }

    @Test(
        "What a server says commands no terminal",
        .enabled(if: TestServer.canRun, "python3-aiosmtpd is missing: run Tools/setup"))
    func controls() throws {
        let sandbox = try program(names: ["rcpt-clear"])
        let greeting = try TestServer("smtp_server.py", ["--greet", "clear"], in: sandbox)
        let outage = try deliver(sandbox, to: "smtp://127.0.0.1:\(greeting.port)")
        #expect(outage.status == 74)
        let server = try TestServer("smtp_server.py", [], in: sandbox)
        let target = "smtp://127.0.0.1:\(server.port)"
        let test = try sandbox.muster(
            "send-test", "hello", "--partner", "rcpt-clear", "--to", "rcpt-clear@example.com",
            "--via", target, "--from", "a@acme.example")
        #expect(test.status == 74)
        _ = try deliver(sandbox, to: target)
        let failed = try #require(try sends(sandbox, "failed").first)
        let told = try sandbox.must("explain", "send", failed)
        for words in [outage.err, test.err, told] {
            #expect(words.contains("[2Jno such user"), "\(words)")
            #expect(!words.contains("\u{1b}"), "\(words)")
        }
    }

    @Test(
        "A server that is not there costs no attempts, and gets all mails when it is back",
        .enabled(if: TestServer.canRun, "python3-aiosmtpd is missing: run Tools/setup"))
    func outage() throws {
        let sandbox = try program()
        let gone = try TestServer("smtp_server.py", [], in: sandbox)
        gone.stop()
        let target = "smtp://127.0.0.1:\(gone.port)"
        let once = try deliver(sandbox, to: target)
        #expect(once.status == 74)
        #expect(once.err.contains("the target takes no mail: "), "\(once.err)")
        #expect(once.err.hasPrefix("0 delivered\n"), "\(once.err)")
        #expect(try sends(sandbox, "pending").count == 20)

        let following = try Running(
            sandbox, ["deliver", "--to", target, "--follow"] + Self.common, input: nil)
        try eventually("a try has failed") { !following.errorText.isEmpty }
        let server = try TestServer("smtp_server.py", ["--port", "\(gone.port)"], in: sandbox)
        try eventually("all is delivered") { try sends(sandbox, "delivered").count == 20 }
        following.signal(SIGTERM)
        let outcome = try following.wait()
        #expect(outcome.status == 0)
        #expect(outcome.err.contains("the target takes mail again"), "\(outcome.err)")
        #expect(outcome.err.hasSuffix("20 delivered\n"), "\(outcome.err)")
        #expect(try sandbox.read("taken").split(separator: "\n").count == 20)
        server.stop()
        try sandbox.must("audit")
    }
}
