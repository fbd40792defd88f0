import Foundation
import Glibc
import Testing

/// A producer that keeps its pipe open, and what comes out meanwhile (SPEC 7, 8).
struct PipeTests {
    private struct Send: Decodable {
        var send: String
        var partner: String
        var status: String
    }

    private func send(_ line: String?) throws -> Send {
        try JSONDecoder().decode(Send.self, from: Data(try #require(line).utf8))
    }

    private func vip(_ id: String, hour: Int) -> String {
        address("a\(id)", "p\(id)", at: "2026-03-01T1\(hour):00:00Z")
            + tag("t\(id)", "p\(id)", "vip", at: "2026-03-01T1\(hour):00:00Z")
    }

    // MARK: At once

    @Test("A lone event is acknowledged while the pipe stays open")
    func acknowledgement() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        let ingest = try sandbox.start("ingest", "--emit", "acks")
        ingest.send(tag("1", "p1", "vip", at: "2026-03-01T12:00:00Z"))
        #expect(try ingest.line() == #"{"committed":3,"lines":1}"#)
        #expect(try sandbox.must("members", "vips") == "p1\n", "what was acknowledged is there")
        ingest.send("{}\n")
        #expect(try ingest.line() == #"{"committed":3,"lines":2}"#)
        #expect(ingest.isSilent(for: 0.2))
        #expect(try ingest.finish().status == 65)
    }

    @Test("Half a line and blank lines are no reason to acknowledge anything")
    func halfLine() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        let ingest = try sandbox.start("ingest", "--emit", "acks")
        let line = tag("1", "p1", "vip", at: "2026-03-01T12:00:00Z")
        ingest.send("\n" + line.prefix(20))
        #expect(ingest.isSilent(for: 0.3))
        ingest.send(String(line.dropFirst(20)))
        #expect(try ingest.line() == #"{"committed":3,"lines":1}"#)
        #expect(try ingest.finish().out == "")
    }

    @Test("A send is printed at once, and only when it is durable")
    func sends() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        let ingest = try sandbox.start("ingest", "--emit", "sends")
        for id in 1...3 {
            ingest.send(vip("\(id)", hour: id))
            let send = try send(try ingest.line())
            #expect(send.partner == "p\(id)")
            #expect(send.status == "pending")
            #expect(try sandbox.must("sends", "--partner", "p\(id)").contains(send.send))
        }
        ingest.send(tag("x", "nobody", "vip", at: "2026-03-01T14:00:00Z"))
        #expect(ingest.isSilent(for: 0.2), "a suppressed send is not for the mailer")
        let outcome = try ingest.finish()
        #expect(outcome.status == 0)
        #expect(outcome.out == "")
    }

    @Test("What others decide meanwhile is printed too, while the pipe is silent")
    func sendsOfOthers() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        let ingest = try sandbox.start("ingest", "--emit", "sends")
        ingest.send(
            address("1", "p1", at: "2026-03-01T12:30:00Z")
                + #"{"id":"2","type":"action.recorded","partner":"p1","time":"2026-03-01T12:30:00Z","amount":500}"#
                + "\n"
        )
        #expect(ingest.isSilent(for: 0.2))
        try sandbox.must("advance", "--to", "2026-03-01T13:00:00Z")
        #expect(try send(try ingest.line(within: 10)).partner == "p1")
        #expect(try ingest.finish().out == "")
        #expect(try sandbox.must("ingest", "--emit", "sends") == "")
    }

    // MARK: The cursor

    @Test("What was committed and not read is printed by the next start, once")
    func cursor() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        let ingest = try sandbox.start("ingest", "--emit", "sends")
        ingest.send(vip("1", hour: 1))
        let first = try send(try ingest.line())
        ingest.send(vip("2", hour: 2))
        try eventually("the second send is stored") {
            try sandbox.must("sends", "--partner", "p2") != ""
        }
        ingest.signal(SIGKILL)
        #expect(try ingest.wait().status == -SIGKILL)

        let stored = try sandbox.must("sends", "--format", "ndjson")
        let next = try sandbox.muster("ingest", "--emit", "sends")
        #expect(next.status == 0)
        #expect(stored.hasSuffix(next.out), "the same ids, in the same order")
        #expect(next.lines.contains { $0.contains(#""partner":"p2""#) })
        #expect(next.lines.count <= 2)
        #expect(stored.contains(first.send))
        #expect(try sandbox.must("ingest", "--emit", "sends") == "", "nothing twice")
        #expect(
            try sandbox.must("ingest", "--emit", "sends", input: vip("3", hour: 3))
                .contains(#""partner":"p3""#)
        )
    }

    @Test("A store that never printed sends prints all of them at its first start")
    func firstStart() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        try sandbox.must("ingest", input: vip("1", hour: 1) + vip("2", hour: 2))
        let printed = try sandbox.must("ingest", "--emit", "sends")
        #expect(try printed == sandbox.must("sends", "--format", "ndjson", "--status", "pending"))
        #expect(try sandbox.must("ingest", "--emit", "sends") == "")
    }

    // MARK: The end

    @Test("A closed pipe is no error", arguments: [["segments"], ["sends", "--format", "csv"]])
    func closedPipe(arguments: [String]) throws {
        let sandbox = try Sandbox(Campaign.definitions)
        try sandbox.must("ingest", input: vip("1", hour: 1))
        let pipe = Descriptor.pipe()
        let command = try Running(sandbox, arguments, input: pipe.read)
        command.closeOutput()
        let outcome = try command.wait()
        #expect(outcome.status == 0)
        #expect(outcome.err.isEmpty)
    }

    @Test("When the mailer is gone, ingest ends, and the next start prints what it missed")
    func closedMailer() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        let ingest = try sandbox.start("ingest", "--emit", "sends")
        ingest.closeOutput()
        ingest.send(vip("1", hour: 1))
        let outcome = try ingest.wait()
        #expect(outcome.status == 74 && outcome.err.contains("nobody reads"), "\(outcome)")
        #expect(try sandbox.must("ingest", "--emit", "sends").contains(#""partner":"p1""#))
        let acks = try sandbox.start("ingest", "--emit", "acks")
        acks.closeOutput()
        acks.send(vip("2", hour: 2))
        #expect(try acks.wait().status == 74)
    }

    @Test(
        "SIGTERM, SIGINT and the end of the terminal finish the batch and end with status 0",
        arguments: [SIGTERM, SIGINT, SIGHUP]
    )
    func stop(number: Int32) throws {
        let sandbox = try Sandbox(Campaign.definitions)
        let ingest = try sandbox.start("ingest", "--emit", "acks", "--summary-json")
        ingest.send(tag("1", "p1", "vip", at: "2026-03-01T12:00:00Z"))
        #expect(try ingest.line() != nil)
        ingest.signal(number)
        let outcome = try ingest.wait(within: 10)
        #expect(outcome.status == 0)
        #expect(outcome.out.hasPrefix(#"{"lines":1,"accepted":1,"#))
    }

    @Test(
        "SIGTERM in the middle of a file keeps whole batches, and the rest can follow",
        arguments: [(20_000, 20), (500, 1)])
    func stopInFile(count: Int, batch: Int) throws {
        let sandbox = try Sandbox(Campaign.definitions)
        let lines = Campaign.history(seed: 5, count: count)
        try sandbox.write(Campaign.text(lines), to: "events.ndjson")
        let ingest = try sandbox.start(
            "ingest",
            "events.ndjson",
            "--batch",
            "\(batch)",
            "--emit",
            "acks",
            "--summary-json"
        )
        for _ in 0..<5 { _ = try ingest.line() }
        ingest.signal(SIGTERM)
        let outcome = try ingest.wait()
        #expect(outcome.status == 74)
        let told = try #require(
            outcome.err.firstMatch(
                of: /interrupted at line (\d+) of events.ndjson: .*feed it again/))
        #expect(outcome.lines.last?.hasPrefix(#"{"lines":\#(told.1),"#) == true)
        let summary = try #require(outcome.lines.last)
        #expect(!summary.contains(#""lines":\#(count),"#), "it stopped before the end")
        try sandbox.must("ingest", "events.ndjson")

        let whole = try Sandbox(Campaign.definitions)
        try whole.must("ingest", input: Campaign.text(lines))
        #expect(try sandbox.answers() == whole.answers())
    }

    @Test("Pipes that somebody has set not to block are waited for")
    func nonBlocking() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        let lines = Campaign.history(seed: 5, count: 2_000)
        let ingest = try Running(
            sandbox, ["ingest", "--emit", "acks"], input: nil, blocks: false)
        for part in 0..<4 {
            // It has nothing to read for a while.
            Thread.sleep(forTimeInterval: 0.1)
            ingest.send(Campaign.text(lines[(part * 500)..<(part * 500 + 500)]))
        }
        #expect(try ingest.finish().status == 0)

        let export = try Running(sandbox, ["export"], input: nil, blocks: false)
        // What it has to say is more than a pipe holds.
        Thread.sleep(forTimeInterval: 0.3)
        let outcome = try export.finish()
        #expect(outcome.status == 0, "\(outcome.err)")
        #expect(try outcome.out == sandbox.must("export"))
        #expect(outcome.out.utf8.count > 1 << 17)
    }

    @Test("Each batch is acknowledged by itself, also where all of it is known already")
    func acknowledged() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        let lines = (1...30).map { tag("e\($0)", "p\($0)", "seen", at: "2026-03-01T00:00:00Z") }
        try sandbox.write(lines.joined(), to: "events.ndjson")
        for committed in [[9, 16, 23, 30, 32], [32, 32, 32, 32, 32]] {
            let acks = try sandbox.must("ingest", "events.ndjson", "--batch", "7", "--emit", "acks")
            let expected = zip(committed, [7, 14, 21, 28, 30]).map {
                #"{"committed":\#($0),"lines":\#($1)}"#
            }
            #expect(acks.split(separator: "\n").map(String.init) == expected)
        }
    }

    @Test("What a pipe holds when the signal comes is taken in, as nobody can write it again")
    func stopBeforePipe() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        let ingest = try sandbox.start("ingest", "--emit", "acks", "--summary-json")
        ingest.send(vip("1", hour: 1))
        _ = try ingest.line()
        // It can't read while it is stopped, so the signal to end comes before the lines are read.
        ingest.signal(SIGSTOP)
        ingest.send(vip("2", hour: 2))
        ingest.signal(SIGTERM)
        ingest.signal(SIGCONT)
        let outcome = try ingest.wait(within: 10)
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.lines.last?.hasPrefix(#"{"lines":4,"accepted":4,"#) == true, "\(outcome)")
    }

    @Test(
        "A signal that damage or a check of its own ends in becomes a message and status 74",
        arguments: [SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGTRAP])
    func fault(number: Int32) throws {
        let sandbox = try Sandbox(Campaign.definitions)
        let ingest = try sandbox.start("ingest", "--emit", "acks")
        ingest.send(vip("1", hour: 1))
        _ = try ingest.line()
        ingest.signal(number)
        let outcome = try ingest.wait(within: 10)
        #expect(outcome.status == 74)
        #expect(outcome.err.hasPrefix("error: "), "\(outcome)")
        #expect(outcome.err.contains("a fault of muster's"), "\(outcome)")
        try sandbox.must("audit")
    }

    @Test("Rejects that nobody reads are an error")
    func closedRejects() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        let ingest = try sandbox.start("ingest", "--rejects", "-")
        ingest.closeOutput()
        ingest.send(vip("1", hour: 1) + "{}\n")
        let outcome = try ingest.wait()
        #expect(outcome.status == 74 && outcome.err.contains("standard output"), "\(outcome)")
        let again = try sandbox.must("ingest", "--summary-json", input: vip("1", hour: 1))
        #expect(again.hasPrefix(#"{"lines":2,"accepted":0,"duplicates":2,"#), "it was kept")
    }

    @Test("Half a line that a signal cuts off is told of, and other inputs that were not read")
    func stopInLine() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        try sandbox.write(vip("2", hour: 2), to: "more.ndjson")
        for (files, status) in [([], Int32(0)), (["-", "more.ndjson"], 74)] {
            let ingest = try Running(
                sandbox, ["ingest", "--emit", "acks"] + files, input: nil)
            ingest.send(vip("1", hour: 1) + #"{"id":"half","#)
            _ = try ingest.line()
            ingest.signal(SIGTERM)
            let outcome = try ingest.wait(within: 10)
            #expect(outcome.status == status, "\(outcome)")
            #expect(outcome.err.contains("in the middle of line 3 of standard input"))
            #expect(outcome.err.contains("more.ndjson was not read") == !files.isEmpty)
        }
        #expect(try sandbox.must("sends").contains("p1"))
        #expect(try !sandbox.must("sends").contains("p2"))
    }

    @Test("SIGTERM while ingest starts is obeyed although nothing is ever sent")
    func stopAtOnce() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        var random = SplitMix64(seed: 11)
        for _ in 0..<8 {
            let ingest = try sandbox.start("ingest")
            usleep(UInt32(random.below(40_000)))
            ingest.signal(SIGTERM)
            let status = try ingest.wait(within: 10).status
            #expect(status == 0 || status == -SIGTERM, "before the handler is there it just dies")
        }
    }
}
