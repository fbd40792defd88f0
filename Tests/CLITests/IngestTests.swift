import Foundation
import Testing

/// Lines in, a summary and rejects out (SPEC 2.1, 7).
struct IngestTests {
    struct Line: Decodable, Equatable {
        var file: String?
        var line: Int
        var code: String
        var field: String?
        var message: String
        var raw: String
    }

    private func rejects(_ text: String, lines: Int = .max) throws -> [Line] {
        try text.split(separator: "\n").prefix(lines).map {
            try JSONDecoder().decode(Line.self, from: Data($0.utf8))
        }
    }

    private let good = tag("1", "p1", "vip", at: "2026-03-01T12:00:00Z")

    // MARK: The summary

    @Test("The summary is one JSON object, and lines counts all but blank ones")
    func summary() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        let empty = try sandbox.must("ingest", "--summary-json")
        #expect(
            empty
                == #"{"lines":0,"accepted":0,"duplicates":0,"rejected":0,"sends":0,"seq":2,"now":null}"#
                + "\n"
        )
        let input =
            address("0", "p1", at: "2026-03-01T12:00:00Z") + good + "\n" + good
            + tag("1", "p1", "seen", at: "2026-03-01T12:00:00Z") + "   \n\t\n{}\n"
        let outcome = try sandbox.muster("ingest", "--summary-json", input: input)
        #expect(outcome.status == 65)
        #expect(
            outcome.out
                == #"{"lines":5,"accepted":2,"duplicates":1,"rejected":2,"sends":1,"seq":4,"now":"2026-03-01T12:00:00Z"}"#
                + "\n"
        )
        #expect(
            try rejects(outcome.err).map { "\($0.line) \($0.code) \($0.field ?? "-")" }
                == ["5 id_conflict id", "8 missing_field id"]
        )
    }

    @Test("Suppressed sends are not counted")
    func suppressedSends() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        let summary = try sandbox.must("ingest", "--summary-json", input: good)
        #expect(summary.contains(#""sends":0"#))
        #expect(try sandbox.must("sends", "--status", "suppressed").contains("no_address"))
    }

    // MARK: Rejects

    static let lines: [(bytes: [UInt8], code: String)] = [
        (Array("[]".utf8), "bad_json"),
        (Array("{\"id\":\"a\"".utf8), "bad_json"),
        ([0xEF, 0xBB, 0xBF] + Array("{}".utf8), "bad_json"),
        (Array("{\"id\":\"a\u{0}\"}".utf8), "bad_json"),
        ([0], "bad_json"),
        (Array("{\"id\":\"\\ud800\"}".utf8), "bad_json"),
        (Array("{\"id\":\"".utf8) + [0xC3, 0x28] + Array("\"}".utf8), "bad_utf8"),
        (Array(("{\"id\":" + String(repeating: "[", count: 100_000)).utf8), "too_deep"),
        (Array("{\"id\":\"a\",\"id\":\"a\"}".utf8), "duplicate_key"),
        (Array("{\"id\":\"a\"}".utf8), "missing_field"),
        (Array("{\"id\":\"muster:1\",\"type\":\"tag.assigned\"}".utf8), "bad_field"),
        (Array("{\"id\":\"a\",\"type\":\"tag.asigned\"}".utf8), "unknown_type"),
        (
            Array(
                #"{"id":"a","type":"tag.assigned","partner":"p","time":"2999-01-01T00:00:00Z","tag":"x"}"#
                    .utf8
            ), "future_time"
        ),
        (Array(String(repeating: " ", count: 1_048_577).utf8), "too_long"),
    ]

    @Test("Bad lines go to the rejects file with their numbers, and their neighbours live")
    func rejectsFile() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        var input: [UInt8] = []
        for (number, line) in Self.lines.enumerated() {
            input += line.bytes + [10]
            input += Array(tag("n\(number)", "p\(number)", "vip", at: "2026-03-01T12:00:00Z").utf8)
        }
        try sandbox.write(input, to: "events.ndjson")
        try sandbox.write("left over\n", to: "rejects.ndjson")
        let outcome = try sandbox.muster(
            "ingest",
            "events.ndjson",
            "--rejects",
            "rejects.ndjson",
            "--summary-json"
        )
        #expect(outcome.status == 65)
        let count = Self.lines.count
        #expect(outcome.out.contains(#""accepted":\#(count),"duplicates":0,"rejected":\#(count)"#))
        #expect(outcome.err.isEmpty, "\(outcome.err)")
        let rejects = try rejects(try sandbox.read("rejects.ndjson"))
        #expect(rejects.map(\.code) == Self.lines.map(\.code))
        #expect(rejects.map(\.line) == (0..<count).map { 2 * $0 + 1 })
        #expect(rejects[1].raw == #"{"id":"a""#)
        #expect(try sandbox.must("members", "vips", "--count") == "\(count)\n")
    }

    @Test("Strict stops at the first bad line, with everything before it committed")
    func strict() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        let input = good + "{}\n" + tag("2", "p2", "vip", at: "2026-03-01T13:00:00Z")
        try sandbox.write(input, to: "events.ndjson")
        let outcome = try sandbox.muster(
            "ingest",
            "--strict",
            "--summary-json",
            "events.ndjson",
            "events.ndjson"
        )
        #expect(outcome.status == 65)
        #expect(outcome.out.hasPrefix(#"{"lines":2,"accepted":1,"duplicates":0,"rejected":1,"#))
        #expect(try sandbox.must("members", "vips") == "p1\n")
    }

    // MARK: Line ends and limits

    @Test("CR LF, blank lines and a missing last line feed are read")
    func lineEnds() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        let input =
            "\r\n" + good.replacingOccurrences(of: "\n", with: "\r\n")
            + "\n\r\n" + tag("2", "p2", "vip", at: "2026-03-01T12:00:00Z").dropLast()
        #expect(
            try sandbox.must("ingest", "--summary-json", input: input)
                .hasPrefix(#"{"lines":2,"accepted":2,"#)
        )
    }

    @Test("A rejected line is shown without the end of its line")
    func rejectedLineEnd() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        let outcome = try sandbox.muster("ingest", input: "{}\r\n[]\r\n{\r}")
        #expect(try rejects(outcome.err, lines: 3).map(\.raw) == ["{}", "[]", "{\r}"])
    }

    @Test("Several files are one input; a dash is standard input")
    func severalFiles() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        try sandbox.write(String(good.dropLast()) + "\n[]", to: "one")
        try sandbox.write(tag("3", "p3", "vip", at: "2026-03-01T12:00:00Z") + "{}", to: "three")
        let outcome = try sandbox.muster(
            "ingest",
            "one",
            "-",
            "three",
            "--summary-json",
            input: tag("2", "p2", "vip", at: "2026-03-01T12:00:00Z") + "[]\n"
        )
        #expect(outcome.out.hasPrefix(#"{"lines":6,"accepted":3,"duplicates":0,"rejected":3,"#))
        let refused = try rejects(outcome.err)
        #expect(refused.map(\.line) == [2, 2, 2], "lines are counted by file")
        #expect(refused.map(\.file) == ["one", "standard input", "three"])
        #expect(try sandbox.must("members", "vips") == "p1\np2\np3\n")
    }

    @Test("A line of exactly 1 MiB is taken in, a longer one refused and its neighbours not")
    func longLines() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        func line(_ id: String, bytes: Int) -> String {
            let head =
                String(good.dropLast(2)).replacingOccurrences(of: "\"1\"", with: "\"\(id)\"")
                + #","extra":""#
            return head + String(repeating: "x", count: bytes - head.utf8.count - 2) + "\"}"
        }
        let ingest = try sandbox.start("ingest", "--summary-json")
        ingest.send(line("a", bytes: 1_048_576) + "\r\n")
        ingest.send(line("b", bytes: 1_048_577) + "\n")
        ingest.send(line("c", bytes: 100_000) + "\n" + line("d", bytes: 5_000_000) + "\n")
        ingest.send(line("e", bytes: 1_048_576))
        let outcome = try ingest.finish()
        #expect(outcome.out.hasPrefix(#"{"lines":5,"accepted":3,"duplicates":0,"rejected":2,"#))
        let rejects = try rejects(outcome.err)
        #expect(rejects.map { "\($0.line) \($0.code)" } == ["2 too_long", "4 too_long"])
        #expect(rejects.allSatisfy { $0.raw.utf8.count <= 2_000 }, "only its beginning is shown")
        #expect(rejects.allSatisfy { $0.file == nil }, "there is one input")
        // How long a line is that was cut as it came is not known, and depends on how it came.
        try sandbox.write(line("d", bytes: 5_000_000) + "\n", to: "long.ndjson")
        let again = try self.rejects(try sandbox.muster("ingest", "long.ndjson").err, lines: 1)
        #expect(again.map(\.message) == [rejects[1].message])
        #expect(again.map(\.raw) == [rejects[1].raw])
    }

    @Test("Rejects go to standard output where a dash says so, and nothing else does then")
    func rejectsToOutput() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        let outcome = try sandbox.muster("ingest", "--rejects", "-", input: good + "{}\n")
        #expect(outcome.status == 65)
        #expect(try rejects(outcome.out).map(\.code) == ["missing_field"])
        for other in [["--summary-json"], ["--emit", "acks"], ["--emit", "sends"]] {
            #expect(
                try sandbox.run(["ingest", "--rejects", "-"] + other, environment: [:]).status
                    == 64)
        }
    }

    // MARK: The same input again

    @Test("Re-feeding changes nothing, and batches of any size give the same answers")
    func batches() throws {
        let lines = Campaign.history(seed: 1, count: 500)
        var answers: [String] = []
        for batch in ["1", "7", "1000"] {
            let sandbox = try Sandbox(Campaign.definitions, timezone: "America/New_York")
            let input = Campaign.text(lines)
            let summary = try sandbox.must(
                "ingest",
                "--batch",
                batch,
                "--summary-json",
                input: input
            )
            #expect(summary.contains(#""accepted":500,"#))
            answers.append(try sandbox.answers())
            let again = try sandbox.must("ingest", "--summary-json", input: input)
            #expect(again.contains(#""accepted":0,"duplicates":500,"rejected":0,"sends":0,"#))
            #expect(try sandbox.answers() == answers[0])
        }
        #expect(answers[0].contains("vip-welcome"))
        #expect(answers[0].contains("celebrate"))
        #expect(answers[1] == answers[0])
        #expect(answers[2] == answers[0])
    }

    @Test("The same content in other words is a duplicate")
    func sameContent() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        let first =
            #"{"id":"1","type":"action.recorded","partner":"p","time":"2026-03-01T12:00:00Z","amount":"10.50"}"#
        let same =
            #"{ "amount": 1.05e1, "time":"2026-03-01T07:00:00.000-05:00", "partner":"\u0070","currency":null, "type":"action.recorded", "id":"1" }"#
        let summary = try sandbox.must(
            "ingest",
            "--summary-json",
            input: first + "\n" + same + "\n"
        )
        #expect(summary.contains(#""accepted":1,"duplicates":1,"#))
    }

    @Test("Other envelopes map onto the same events")
    func envelopes() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        try sandbox.must(
            "ingest",
            "--input",
            "cloudevents",
            input:
                #"{"specversion":"1.0","source":"x","id":"1","type":"tag.assigned","subject":"p1","time":"2026-03-01T12:00:00Z","data":{"tag":"vip"}}"#
        )
        try sandbox.must(
            "ingest",
            "--input",
            "segment",
            input:
                #"{"type":"identify","messageId":"2","userId":"p2","timestamp":"2026-03-01T12:00:00Z","traits":{"email":"p2@example.com"}}"#
        )
        #expect(try sandbox.must("members", "vips") == "p1\n")
        #expect(try sandbox.must("partner", "p2").contains("p2@example.com"))
    }

    @Test("A conflict names the id as the envelope does")
    func envelopeConflict() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        func identify(_ name: String) -> String {
            #"{"type":"identify","messageId":"1","userId":"p","timestamp":"2026-03-01T12:00:00Z","traits":{"name":"\#(name)"}}"#
                + "\n"
        }
        let outcome = try sandbox.muster(
            "ingest", "--input", "segment", input: identify("A") + identify("B"))
        #expect(outcome.status == 65)
        let reject = try #require(try rejects(outcome.err, lines: 1).first)
        #expect(reject.code == "id_conflict" && reject.field == "messageId")
    }
}
