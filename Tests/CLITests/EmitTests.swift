import Foundation
import Glibc
import Testing

/// `ingest --emit sends` beside `deliver`, behind a restore, and what becomes of the sends it printed (SPEC 7, 8, 10).
struct EmitTests {
    private struct Row: Decodable {
        var send: String
        var partner: String
        var status: String
    }

    private func rows(_ text: String) throws -> [Row] {
        try text.split(separator: "\n").map {
            try JSONDecoder().decode(Row.self, from: Data($0.utf8))
        }
    }

    private func statuses(_ sandbox: Sandbox) throws -> [String: String] {
        try rows(sandbox.must("sends", "--format", "ndjson"))
            .reduce(into: [:]) { $0[$1.partner] = $1.status }
    }

    private func vip(_ number: Int) -> String { tagged("vip", number) }

    private func tagged(_ name: String, _ number: Int) -> String {
        address("a\(number)", "p\(number)", at: "2026-03-01T10:00:00Z")
            + tag("t\(number)", "p\(number)", name, at: "2026-03-01T11:00:00Z")
    }

    private func news(_ id: String, _ type: String, _ row: Row, _ rest: String = "") -> String {
        #"{"id":"\#(id)","type":"email.\#(type)","partner":"\#(row.partner)","#
            + #""time":"2026-03-01T11:10:00Z","send":"\#(row.send)"\#(rest)}"# + "\n"
    }

    private func deliver(_ sandbox: Sandbox, _ arguments: String...) throws -> Outcome {
        try sandbox.run(
            ["deliver", "--to", "maildir:box", "--from", "a@acme.example", "--max-age", "100000d"]
                + arguments)
    }

    // MARK: One of the two ways

    @Test("Beside a delivery at work nothing is emitted, and it goes on")
    func besideDelivery() throws {
        let sandbox = try Sandbox(DeliverTests.definitions)
        try sandbox.must("ingest", input: tagged("now", 1))
        let delivering = try sandbox.start(
            "deliver", "--to", "stdout", "--follow", "--max-age", "100000d")
        #expect(try delivering.line()?.contains("p1") == true)
        let refused = try sandbox.muster("ingest", "--emit", "sends", input: tagged("now", 2))
        #expect(refused.status == 64, "\(refused)")
        #expect(refused.out == "" && refused.err.contains("one of the two ways"))
        try sandbox.must("ingest", input: tagged("now", 2))
        #expect(try delivering.line()?.contains("p2") == true)
        delivering.signal(SIGTERM)
        #expect(try delivering.wait().status == 0)
        #expect(try sandbox.must("ingest", "--emit", "sends") == "", "both were delivered")
    }

    @Test("Who emits marks the store before the first line, and even where there is none")
    func marksAtOnce() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        try sandbox.must("ingest", input: vip(1))
        let emitting = try sandbox.start("ingest", "--emit", "sends")
        #expect(try emitting.line()?.contains("p1") == true)
        for outcome in [try deliver(sandbox), try sandbox.muster("deliver", "--to", "stdout")] {
            #expect(outcome.status == 64, "\(outcome)")
            #expect(outcome.err.contains("--emit sends") && outcome.out == "")
        }
        emitting.signal(SIGKILL)
        _ = try emitting.wait()
        #expect(try deliver(sandbox).status == 64, "killed in silence")

        let empty = try Sandbox(Campaign.definitions)
        let waiting = try empty.start("ingest", "--emit", "sends", "--emit", "acks")
        waiting.send("{}\n")
        _ = try waiting.line()
        try empty.must("ingest", input: vip(1))
        #expect(try deliver(empty).status == 64)
        #expect(try waiting.line(within: 10)?.contains("p1") == true)
        #expect(try waiting.finish().status == 65)
    }

    @Test("One process emits at a time, and prints what others decide")
    func alone() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        let emitting = try sandbox.start("ingest", "--emit", "sends")
        emitting.send(vip(1))
        _ = try emitting.line()
        let second = try sandbox.muster("ingest", "--emit", "sends", input: vip(2))
        #expect(second.status == 75 && second.out == "", "\(second)")
        #expect(second.err.contains("leave --emit sends out"))
        try sandbox.must("ingest", input: vip(2))
        #expect(try emitting.line(within: 10)?.contains("p2") == true)
        #expect(try emitting.finish().out == "")
    }

    // MARK: Copies

    @Test("A copy emits nothing before it is released, nor what the log tells of")
    func held() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        try sandbox.must("ingest", input: vip(1) + vip(2) + vip(3))
        let printed = try rows(sandbox.must("ingest", "--emit", "sends"))
        #expect(printed.map(\.partner) == ["p1", "p2", "p3"])
        try sandbox.must(
            "ingest", input: news("d", "delivered", printed[0]) + news("b", "bounced", printed[1]))
        try sandbox.must("backup", "copy")
        try sandbox.must("restore", "copy", "--store", "restored")
        try sandbox.write(sandbox.must("export"), to: "export.ndjson")
        try sandbox.must("import", "export.ndjson", "--store", "imported")
        for (store, again) in [("restored", []), ("imported", ["p3"])] {
            let refused = try sandbox.muster(
                "ingest", "--emit", "sends", "--store", store, input: vip(4))
            #expect(refused.status == 1 && refused.out == "", "\(refused)")
            let told = try #require(refused.err.firstMatch(of: /deliver --release (\d+)/))
            try sandbox.must("ingest", "--store", store, input: vip(4))
            try sandbox.must("deliver", "--release", String(told.1), "--store", store)
            let more = try rows(sandbox.must("ingest", "--emit", "sends", "--store", store))
            #expect(more.map(\.partner) == again + ["p4"], "\(store)")
            try sandbox.must("audit", "--store", store)
        }
    }

    // MARK: What became of them

    @Test("What comes back settles an emitted send, whatever the order")
    func settled() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        let printed = try rows(
            sandbox.must("ingest", "--emit", "sends", input: (1...6).map(vip).joined()))
        #expect(printed.count == 6)
        try sandbox.must(
            "ingest",
            input: news("1", "delivered", printed[0])
                + news("2", "bounced", printed[1], #","kind":"soft""#)
                + news("3", "bounced", printed[2]) + news("3d", "delivered", printed[2])
                + news("4d", "delivered", printed[3]) + news("4", "bounced", printed[3])
                + news("5", "opened", printed[4]))
        #expect(
            try statuses(sandbox) == [
                "p1": "delivered", "p2": "failed", "p3": "delivered", "p4": "delivered",
                "p5": "delivered", "p6": "pending",
            ])
        let report = try sandbox.must("report", "vip-welcome", "--format", "ndjson")
        #expect(report.contains(#""sends":6,"suppressed":0,"pending":1,"delivered":4,"failed":1"#))
        #expect(try sandbox.must("ingest", "--emit", "sends") == "")
        try sandbox.must("audit")
    }

    @Test("What was told of a send before it was decided settles it too, as behind a restore")
    func toldBefore() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        try sandbox.must("ingest", "--emit", "sends")
        try sandbox.must("backup", "copy")
        let row = try rows(sandbox.must("ingest", "--emit", "sends", input: vip(1)))[0]
        let told = news("d", "delivered", row)
        for (store, inputs) in [("apart", [told, vip(1)]), ("together", [told + vip(1)])] {
            try sandbox.must("restore", "copy", "--store", store)
            for input in inputs { try sandbox.must("ingest", "--store", store, input: input) }
            let refused = try sandbox.muster("ingest", "--emit", "sends", "--store", store)
            let mark = try #require(refused.err.firstMatch(of: /deliver --release (\d+)/))
            try sandbox.must("deliver", "--release", String(mark.1), "--store", store)
            #expect(
                try sandbox.must("ingest", "--emit", "sends", "--store", store, input: vip(2))
                    .contains("p1") == false, "\(store)")
            #expect(
                try rows(sandbox.must("sends", "--format", "ndjson", "--store", store))
                    .map(\.status) == ["delivered", "pending"], "\(store)")
            try sandbox.must("audit", "--store", store)
        }
    }

    @Test("A send of which another partner's event tells, or none was decided, stays as it is")
    func notTheirs() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        var row = try rows(sandbox.must("ingest", "--emit", "sends", input: vip(1)))[0]
        row.partner = "p2"
        try sandbox.must("ingest", input: vip(2) + news("x", "delivered", row))
        row.partner = "p1"
        row.send = "snd_00000000000000000000000000"
        try sandbox.must("ingest", input: news("y", "delivered", row))
        #expect(try statuses(sandbox) == ["p1": "pending", "p2": "pending"])
    }

    @Test("Where nothing is emitted, too, an event says what became of a send, which is not mailed")
    func notEmitting() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        try sandbox.must("ingest", input: vip(1))
        let row = try rows(sandbox.must("sends", "--format", "ndjson"))[0]
        try sandbox.must("ingest", input: news("1", "delivered", row))
        #expect(try statuses(sandbox) == ["p1": "delivered"])
        #expect(try deliver(sandbox).err == "0 delivered\n")
        #expect(try statuses(sandbox) == ["p1": "delivered"])
    }
}
