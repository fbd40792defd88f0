import Foundation
import Glibc
import Testing

/// Several processes on one store (SPEC 8, promise 3).
struct ManyProcessesTests {
    private func earn(_ id: String, _ partner: String, at time: String) -> String {
        #"{"id":"\#(id)","type":"action.recorded","partner":"\#(partner)","time":"\#(time)","amount":500}"#
            + "\n"
    }

    @Test("An ingest sees a workflow paused and set going again by others")
    func pausing() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        let ingest = try sandbox.start("ingest", "--emit", "acks")
        ingest.send(
            address("1", "p1", at: "2026-03-01T10:10:00Z")
                + earn("2", "p1", at: "2026-03-01T10:10:00Z")
        )
        #expect(try ingest.line() == #"{"committed":5,"lines":2}"#)
        try sandbox.write(
            Campaign.definitions.replacingOccurrences(
                of: "do: [{ send_email: thanks }], state: active",
                with: "do: [{ send_email: thanks }], state: paused"
            ),
            to: "paused.yaml"
        )
        #expect(try sandbox.muster("apply", "paused.yaml").err == "changed workflow celebrate\n")
        ingest.send(tag("3", "p2", "x", at: "2026-03-01T11:30:00Z"))
        #expect(try ingest.line() == #"{"committed":7,"lines":3}"#)
        #expect(try sandbox.must("sends", "--source", "celebrate") == "")

        try sandbox.must("apply", "program.yaml")
        ingest.send(tag("4", "p2", "y", at: "2026-03-01T12:30:00Z"))
        #expect(try ingest.line() == #"{"committed":10,"lines":4}"#)
        #expect(try sandbox.must("sends", "--source", "celebrate").contains("T12:00:00Z"))
        #expect(try ingest.finish().status == 0)
    }

    @Test("An idle ingest takes in what advance recorded before it goes on")
    func advancing() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        let ingest = try sandbox.start("ingest", "--emit", "acks", "--summary-json")
        let first =
            address("1", "p1", at: "2026-03-01T10:10:00Z")
            + earn("2", "p1", at: "2026-03-01T10:10:00Z")
        let late = tag("3", "p1", "vip", at: "2026-03-01T10:30:00Z")
        ingest.send(first)
        _ = try ingest.line()
        try sandbox.must("advance", "--to", "2026-03-01T12:30:00Z")
        ingest.send(late)
        _ = try ingest.line()
        let outcome = try ingest.finish()
        #expect(outcome.out.contains(#""now":"2026-03-01T12:30:00Z""#))
        #expect(try sandbox.must("members", "vips", "--format", "ndjson").contains("T12:30:00Z"))

        let apart = try Sandbox(Campaign.definitions)
        try apart.must("ingest", input: first)
        try apart.must("advance", "--to", "2026-03-01T12:30:00Z")
        try apart.must("ingest", input: late)
        #expect(try sandbox.answers() == apart.answers())
    }

    @Test("Two ingests at once accept everything, and the store stays whole")
    func twoWriters() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        let inputs = try ["a", "b"].map { name in
            try sandbox.write(
                Campaign.text(Campaign.history(seed: 7, count: 1_500, prefix: name)),
                to: name
            )
        }
        let writers = try inputs.map {
            try sandbox.start("ingest", $0, "--batch", "40", "--summary-json")
        }
        for writer in writers {
            let outcome = try writer.wait()
            #expect(outcome.status == 0, "\(outcome.err)")
            #expect(outcome.out.contains(#""accepted":1500,"duplicates":0,"rejected":0"#))
        }
        for input in inputs {
            #expect(
                try sandbox.must("ingest", input, "--summary-json")
                    .contains(#""accepted":0,"duplicates":1500,"rejected":0"#)
            )
        }
    }

    @Test("The same input fed by two at once is accepted once")
    func sameInputTwice() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        let lines = Campaign.history(seed: 8, count: 1_000)
        try sandbox.write(Campaign.text(lines), to: "events")
        let writers = try (0..<2).map { _ in
            try sandbox.start("ingest", "events", "--batch", "13", "--summary-json")
        }
        struct Summary: Decodable { var accepted: Int, duplicates: Int }
        let summaries = try writers.map {
            try JSONDecoder().decode(Summary.self, from: Data(try $0.wait().out.utf8))
        }
        #expect(summaries.map(\.accepted).reduce(0, +) == 1_000)
        #expect(summaries.map(\.duplicates).reduce(0, +) == 1_000)
    }

    @Test("Readers never fail and see whole batches only")
    func readers() throws {
        let sandbox = try Sandbox(
            """
            segments:
              - { id: one, match: { tag: { any_of: [vip] } } }
              - { id: two, match: { tag: { any_of: [vip] } } }
            """
        )
        let batch = 10
        let lines = (0..<6_000).map {
            String(tag("e\($0)", "p\($0)", "vip", at: "2026-03-01T12:00:00Z").dropLast())
        }
        try sandbox.write(Campaign.text(lines), to: "events")
        let writer = try sandbox.start("ingest", "events", "--batch", "\(batch)", "--emit", "acks")
        var seen: [Int] = []
        repeat {
            let text = try sandbox.must("members", "one", "--count").dropLast()
            let count = try #require(Int(text))
            #expect(count % batch == 0)
            #expect(count >= seen.last ?? 0)
            seen.append(count)
            let counts = try sandbox.must("segments").split(separator: "\n").map {
                $0.split(separator: "\t")[2]
            }
            #expect(counts[0] == counts[1])
        } while seen.last != lines.count && seen.count < 500
        #expect(seen.last == lines.count)
        #expect(Set(seen).count > 2, "they read while it wrote: \(seen)")
        #expect(try writer.wait().status == 0)
    }

    @Test("An ingest that has everything in is done, though another writer holds the store")
    func busyAtTheEnd() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        let ingest = try sandbox.start("ingest", "--emit", "acks", "--wait", "1s", "--summary-json")
        ingest.send(tag("1", "p1", "vip", at: "2026-03-01T10:30:00Z"))
        _ = try ingest.line()
        let file = Descriptor(open(sandbox.path("muster-store/writer.lock"), O_RDWR | O_CLOEXEC))
        #expect(flock(file.number, LOCK_EX) == 0)
        let outcome = try ingest.finish()
        #expect(outcome.status == 0, "\(outcome.err)")
        #expect(outcome.out.contains(#""accepted":1,"#))
        file.close()
        #expect(try sandbox.must("members", "vips") == "p1\n")
    }

    @Test("An ingest that can't go on says what of its input is in the log")
    func busyMidway() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        let ingest = try sandbox.start("ingest", "--emit", "acks", "--wait", "1s", "--summary-json")
        ingest.send("{}\n" + tag("1", "p1", "vip", at: "2026-03-01T10:30:00Z"))
        _ = try ingest.line()
        let file = Descriptor(open(sandbox.path("muster-store/writer.lock"), O_RDWR | O_CLOEXEC))
        #expect(flock(file.number, LOCK_EX) == 0)
        ingest.send(tag("2", "p1", "vip", at: "2026-03-01T10:40:00Z"))
        let outcome = try ingest.finish()
        #expect(outcome.status == 75, "\(outcome.err)")
        #expect(outcome.out.contains(#""accepted":1,"duplicates":0,"rejected":1,"#), "\(outcome)")
        #expect(outcome.err.contains("the first 2 lines of the input, blank ones aside, are dealt"))
        #expect(!outcome.err.contains("nothing was changed"))
        file.close()
        #expect(try sandbox.must("members", "vips") == "p1\n")
    }

    @Test("Of many that found the same store, one succeeds")
    func founders() throws {
        let sandbox = try Sandbox()
        let founders = try (0..<6).map { _ in
            try sandbox.start("init", "--timezone", "UTC", "--currency", "USD")
        }
        let statuses = try founders.map { try $0.finish().status }
        #expect(statuses.sorted() == [0, 73, 73, 73, 73, 73])
        #expect(try sandbox.must("segments") == "")
    }
}
