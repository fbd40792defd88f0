import Foundation
import Testing

/// What goes in and comes out is what the schemas say, by a second reader: Python's jsonschema.
@Suite(.enabled(if: Programs.hasJSONSchema, "python3-jsonschema is missing: run Tools/setup"))
struct SchemaTests {
    private static let files =
        (try? FileManager.default.contentsOfDirectory(
            atPath: Programs.path("Schemas")))?.filter { $0.hasSuffix(".schema.json") }.sorted()
        ?? []

    @Test("every schema is a sound JSON Schema 2020-12")
    func schemasAreSound() throws {
        let outcome = try Programs.validate(["--schemas"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.text == "\(Self.files.count)\n")
    }

    @Test("the binary prints every schema file as it is")
    func binaryHoldsSchemas() throws {
        let list = try Programs.muster(["schema"])
        #expect(list.status == 0)
        let names = list.lines.map { String($0.prefix { $0 != "\t" }) }
        #expect(names.map { "\($0).schema.json" } == Self.files)
        for name in names {
            let printed = try Programs.muster(["schema", name])
            let kept = try Data(
                contentsOf: URL(fileURLWithPath: Programs.path("Schemas/\(name).schema.json")))
            #expect(printed.output == kept)
        }
        let unknown = try Programs.muster(["schema", "nothing"])
        #expect(unknown.status == 64)
        #expect(unknown.output.isEmpty)
    }

    @Test("accepted lines validate, and lines refused for their content do not")
    func lines() throws {
        let example = try ExampleStore()
        defer { example.scratch.remove() }
        let rejects = try example.rejects.split(separator: 10).map { line in
            try #require(try JSONSerialization.jsonObject(with: line) as? [String: Any])
        }
        let refused = Set(rejects.compactMap { $0["line"] as? Int })
        let text = try String(
            contentsOfFile: Programs.path("Tools/example/events.ndjson"), encoding: .utf8)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        let accepted = lines.enumerated().filter { !refused.contains($0.offset + 1) }
        let good = try Programs.validate(
            ["events"], Data(accepted.map { "\($0.element)\n" }.joined().utf8))
        #expect(good.status == 0, "\(good.errors)")
        #expect(good.text == "\(accepted.count)\n")

        // What only the log or the clock knows, no schema can see.
        let visible = rejects.filter {
            let code = $0["code"] as? String
            return code != "id_conflict" && code != "future_time"
        }
        let raw = visible.compactMap { $0["raw"] as? String }
        let bad = try Programs.validate(
            ["--none", "events"], Data(raw.map { "\($0)\n" }.joined().utf8))
        #expect(bad.status == 0, "these are valid: \(bad.errors)")
        #expect(bad.text == "\(visible.count)\n")
        #expect(visible.count >= 10)
    }

    @Test("edge cases of fields fare alike in the schema and at ingest", arguments: EventCase.all)
    func fields(_ event: EventCase) throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        _ = try Programs.muster(
            ["init", "--store", scratch.path("store"), "--timezone", "UTC", "--currency", "USD"])
        let line = Data(
            (#"{"id":"1","partner":"p","time":"2025-01-01T00:00:00Z","# + event.rest + "}\n").utf8)
        let taken = try Programs.muster(["ingest", "--store", scratch.path("store")], input: line)
        #expect(taken.status == (event.isValid ? 0 : 65), "\(taken.errors)")
        let checked = try Programs.validate(["events"], line)
        #expect(checked.status == (event.isValid ? 0 : 1), "\(checked.errors)")
    }

    @Test("every output validates")
    func outputs() throws {
        let example = try ExampleStore()
        defer { example.scratch.remove() }
        try expectValid("summary", example.summary.output, atLeast: 1)
        try expectValid("rejects", example.rejects, atLeast: 10)
        try expectValid("sends", try example.ask(["sends"]).output, atLeast: 100)
        try expectValid("runs", try example.ask(["runs"]).output, atLeast: 100)
        let segments = try example.ask(["segments"])
        try expectValid("segments", segments.output, atLeast: 50)
        var members = Data()
        for line in segments.output.split(separator: 10) {
            let row = try #require(try JSONSerialization.jsonObject(with: line) as? [String: Any])
            let segment = try #require(row["segment"] as? String)
            let rows = try example.ask(["members", segment])
            #expect(rows.lines.count == row["members"] as? Int)
            members += rows.output
        }
        members += try example.ask(["members", "dormant", "--count"]).output
        try expectValid("members", members, atLeast: 100)
        var partners = Data()
        for number in 1...40 { partners += try example.ask(["partner", "p\(number)"]).output }
        partners += try example.ask(["partner", "p1", "--at", "2025-02-01"]).output
        try expectValid("partner", partners, atLeast: 41)
        try expectValid("stats", try example.ask(["stats"]).output, atLeast: 1)
        try expectValid("report", try example.ask(["report"]).output, atLeast: 5)
        try expectValid(
            "report", try example.ask(["report", "--by", "run"]).output, atLeast: 50)
        try expectValid("explain", try explanations(example), atLeast: 200)
        let exported = try example.print(["export"])
        try expectValid("export", exported.output, atLeast: 1_000)
        let log = try example.print(["export", "--log"])
        try expectValid("log", log.output, atLeast: 1_500)
        try expectValid("timezone", try example.ask(["timezone"]).output, atLeast: 2)
        _ = try example.print(["backup", example.scratch.path("backup")])
        let restored = try Programs.muster([
            "restore", example.scratch.path("backup"), "--store", example.scratch.path("restored"),
            "--format", "ndjson",
        ])
        try expectValid("restore", restored.output, atLeast: 1)
        try expectValid("audit", try example.ask(["audit"]).output, atLeast: 1)
        try expectValid("digest", try example.ask(["digest"]).output, atLeast: 1)
        try expectValid("preview", try example.ask(["preview", "vips"]).output, atLeast: 5)
        try trials(example)
        try expired(example)
    }

    /// Sends that were too old to be mailed, and what had become of them elsewhere.
    private func expired(_ example: ExampleStore) throws {
        func became() throws -> [[Int?]] {
            try example.ask(["report"]).output.split(separator: 10).map { line in
                let row = try JSONSerialization.jsonObject(with: line) as? [String: Any]
                return ["delivered", "opened", "clicked", "bounced"].map { row?[$0] as? Int }
            }
        }
        let mails = try example.print([
            "deliver", "--to", "stdout", "--from", "a@example.com", "--max-age", "9999d",
            "--limit", "20",
        ]).output
        try expectValid("mails", mails, atLeast: 20)
        let copy = try example.print([
            "send-test", "invitation", "--partner", "p1", "--to", "b@example.com", "--from",
            "a@example.com",
        ])
        try expectValid("mails", copy.output, atLeast: 1)
        let posts = mails.split(separator: 10).map { mail in
            #"{"type":"send.pending","timestamp":"2026-03-01T00:00:00Z","data":"#
                + String(decoding: mail, as: UTF8.self) + "}\n"
        }
        try expectValid("webhook", Data(posts.joined().utf8), atLeast: 20)
        let before = try became()
        #expect(before.contains { $0.prefix(3).allSatisfy { $0 ?? 0 > 0 } })
        _ = try example.print(["deliver", "--to", "stdout", "--from", "a@example.com"])
        let sends = try example.ask(["sends", "--status", "expired"]).output
        try expectValid("sends", sends, atLeast: 100)
        var partners = Data()
        for number in 1...40 { partners += try example.ask(["partner", "p\(number)"]).output }
        try expectValid("partner", partners, atLeast: 40)
        try expectValid("explain", try explanations(example), atLeast: 200)
        #expect(try became() == before)
    }

    /// What would be under other definitions, or when time passes.
    private func trials(_ example: ExampleStore) throws {
        let draft = example.scratch.url("draft.json")
        let definitions = """
            {"segments":[{"id":"none","match":{"partner":{"none_of":["p1"]}}},
            {"id":"vips","match":{"tag":{"none_of":["vip"]}}}]}
            """
        try Data(definitions.utf8).write(to: draft)
        var rows = try example.ask(["diff", draft.path]).output
        rows += try example.ask(["diff", draft.path, "--count"]).output
        try expectValid("diff", rows, atLeast: 100)
        rows = try example.ask(["forecast", "dormant", "--to", "2026-01-01"]).output
        rows += try example.ask(["forecast", "dormant", "--to", "2026-01-01", "--count"]).output
        try expectValid("forecast", rows, atLeast: 10)
        let simulate = ["simulate", "--definitions", draft.path, "--prune"]
        try expectValid("sends", try example.ask(simulate).output, atLeast: 100)
        rows = try example.ask(simulate + ["--by", "source"]).output
        rows += try example.ask(simulate + ["--by", "partner"]).output
        try expectValid("simulate", rows, atLeast: 10)
    }

    /// Every membership and workflow of some partners, and some sends.
    private func explanations(_ example: ExampleStore) throws -> Data {
        func ids(_ command: [String], _ key: String) throws -> [String] {
            try example.ask(command).output.split(separator: 10).compactMap { line in
                let row = try JSONSerialization.jsonObject(with: line) as? [String: Any]
                return row?[key] as? String
            }
        }
        var lines = Data()
        for segment in try ids(["segments"], "segment") {
            lines += try example.ask(["explain", "member", segment, "p1"]).output
            lines += try example.ask(["explain", "member", segment, "p2", "--corrected"]).output
        }
        for workflow in Set(try ids(["runs"], "workflow")).sorted() {
            for partner in ["p1", "p2", "p3"] {
                lines += try example.ask(["explain", "workflow", workflow, partner]).output
            }
        }
        for (index, send) in try ids(["sends"], "send").enumerated() where index % 7 == 0 {
            lines += try example.ask(["explain", "send", send]).output
        }
        return lines
    }

    @Test("what ingest emits validates")
    func emissions() throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let store = scratch.path("store")
        let events = Programs.path("Tools/example/events.ndjson")
        let program = Programs.path("Tools/example/program.yaml")
        _ = try Programs.muster(
            [
                "init", "--store", store, "--timezone", "America/New_York", "--currency", "USD",
                "--name", "acme",
            ])
        _ = try Programs.muster(["apply", "--store", store, program])
        let emitted = try Programs.muster(
            [
                "ingest", "--store", store, "--emit", "sends", "--emit", "acks", "--rejects",
                "/dev/null", "--batch", "100", events,
            ])
        let acks = emitted.lines.filter { $0.hasPrefix(#"{"committed""#) }
        let sends = emitted.lines.filter { !$0.hasPrefix(#"{"committed""#) }
        try expectValid("acks", Data(acks.joined(separator: "\n").utf8), atLeast: 10)
        try expectValid("sends", Data(sends.joined(separator: "\n").utf8), atLeast: 100)
        let summary = try Programs.muster(
            ["ingest", "--store", store, "--summary-json"], input: Data())
        try expectValid("summary", summary.output, atLeast: 1)
    }

    /// Every line validates, and there are enough of them.
    func expectValid(
        _ schema: String, _ lines: Data, atLeast count: Int,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let outcome = try Programs.validate([schema], lines)
        #expect(outcome.status == 0, "\(outcome.errors)", sourceLocation: sourceLocation)
        let found = Int(outcome.text.dropLast()) ?? 0
        #expect(found >= count, sourceLocation: sourceLocation)
    }
}

/// One event's own fields, and whether they are sound.
struct EventCase: Sendable, CustomTestStringConvertible {
    var rest: String
    var isValid: Bool

    var testDescription: String { "\(isValid ? "good" : "bad"): \(rest)" }

    static let all: [EventCase] = [
        good(#""type":"action.recorded","amount":0"#),
        good(#""type":"action.recorded","amount":"12.500000000""#),
        good(#""type":"action.recorded","amount":"1e3""#),
        good(#""type":"action.recorded","amount":999999999999.5"#),
        bad(#""type":"action.recorded","amount":1000000000000"#),
        bad(#""type":"action.recorded","amount":"0.0000001""#),
        bad(#""type":"action.recorded","amount":"-1""#),
        bad(#""type":"action.recorded","amount":"""#),
        bad(#""type":"action.recorded","amount":null"#),
        bad(#""type":"action.recorded","amount":true"#),
        good(#""type":"click.recorded","count":null"#),
        good(#""type":"click.recorded","count":2.0"#),
        bad(#""type":"click.recorded","count":0"#),
        bad(#""type":"click.recorded","count":"1""#),
        bad(#""type":"click.recorded","count":1.5"#),
        good(#""type":"partner.updated""#),
        good(#""type":"partner.updated","name":null,"email":null,"attributes":null"#),
        good(#""type":"partner.updated","attributes":{"a":null,"b":1,"c":"x","d":false}"#),
        good(#""type":"partner.updated","email":"ä@b.c","more":{"deep":[1]}"#),
        bad(#""type":"partner.updated","attributes":{"a":[1]}"#),
        bad(#""type":"partner.updated","email":"a b@c.d""#),
        bad(#""type":"partner.updated","email":"a@b@c""#),
        good(#""type":"partner.updated","name":"""#),
        good(#""type":"partner.updated","name":"a\u0007b""#),
        bad(#""type":"relationship.changed","stage":"cancelled""#),
        good(#""type":"contract.changed","stage":"cancelled""#),
        bad(#""type":"contract.changed","stage":"new""#),
        bad(#""type":"application.submitted""#),
        good(#""type":"email.bounced","kind":"soft","send":null"#),
        good(#""type":"email.bounced","kind":null"#),
        bad(#""type":"email.bounced","kind":"mild""#),
        good(#""type":"email.opened","kind":"mild""#),
        good(#""type":"custom.recorded","name":"x","properties":{"p":null}"#),
        bad(#""type":"custom.recorded","name":"x","properties":[]"#),
        bad(#""type":"tag.assigned","tag":null"#),
        bad(#""type":"email.exploded""#),
        bad(#""type":7"#),
        bad(#""type":"action.reversed","amount":1,"original_time":"2025-01-01 00:00:00Z""#),
        good(#""type":"action.reversed","amount":1,"original_time":"2024-12-31t22:59:59.5-01:00""#),
    ]

    private static func good(_ rest: String) -> EventCase { EventCase(rest: rest, isValid: true) }

    private static func bad(_ rest: String) -> EventCase { EventCase(rest: rest, isValid: false) }
}
