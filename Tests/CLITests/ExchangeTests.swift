import Foundation
import Glibc
import Testing

/// `export`, `export --log` and `import` (SPEC 7).
struct ExchangeTests {
    /// Reads an exported log and computes every hash again, by `Schemas/FORMAT.md` alone.
    private static let checker = """
        import base64, hashlib, json, sys
        seq, chain, pending, blocks, kinds = 0, b"", hashlib.sha256(), 0, {}
        for text in sys.stdin:
            line = json.loads(text)
            if "block" in line:
                assert line["block"] == blocks and line["last_seq"] == seq, line
                assert line["hash"] == pending.hexdigest(), line
                if line["open"]:
                    assert not sys.stdin.read(), "the open block is not the last"
                    break
                assert seq == 1024 * (blocks + 1), line
                chain = pending.digest()
                pending = hashlib.sha256(chain)
                blocks += 1
                continue
            seq += 1
            assert line["seq"] == seq, line
            record = base64.b64decode(line["bytes"], validate=True)
            names = ["program", "event", "derived_event", "clock", "boundary", "definitions",
                     "timezone", "restore"]
            assert names[record[0] - 1] == line["kind"], line
            assert (record[1] == 1) == line["history"], line
            pending.update(seq.to_bytes(8, "big") + len(record).to_bytes(4, "big") + record)
            kinds[line["kind"]] = kinds.get(line["kind"], 0) + 1
        print(seq, blocks, *sorted(kinds))
        """

    @Test("An import has the same digest and the same log, and takes no half of one")
    func roundTrip() throws {
        let sandbox = try Sandbox(Campaign.definitions, timezone: "Europe/Berlin")
        let lines = Campaign.history(seed: 21, count: 700)
        try sandbox.must("ingest", "--history", input: Campaign.text(lines[..<100]))
        try sandbox.must("ingest", input: Campaign.text(lines[100..<400]))
        try sandbox.write(
            "segments: [{ id: more, match: { tag: { any_of: [vip] } } }]", to: "more.yaml")
        try sandbox.must("apply", "more.yaml")
        try sandbox.must("ingest", input: Campaign.text(lines[400...]))
        try sandbox.must(
            "ingest", "--clock", "wall", input: tag("last", "p1", "vip", at: "2026-03-04T00:00:00Z")
        )
        let exported = try sandbox.must("export")
        try sandbox.write(exported, to: "export.ndjson")
        try sandbox.must("import", "export.ndjson", "--store", "copy")
        #expect(try sandbox.must("digest", "--store", "copy") == sandbox.must("digest"))
        #expect(try sandbox.must("export", "--store", "copy") == exported)
        #expect(
            try sandbox.must("export", "--log", "--store", "copy")
                == sandbox.must("export", "--log"))
        #expect(try sandbox.answers(store: "copy") == sandbox.answers())
        #expect(try sandbox.muster("audit", "--store", "copy").status == 0)

        // The copy goes on where the store does.
        let more = tag("more", "p1", "seen", at: "2026-03-05T00:00:00Z")
        try sandbox.must("ingest", input: more)
        try sandbox.must("ingest", "--store", "copy", input: more)
        #expect(try sandbox.must("digest", "--store", "copy") == sandbox.must("digest"))

        let taken = try sandbox.muster("import", "export.ndjson", "--store", "copy")
        #expect(taken.status == 73)
        var broken = exported.split(separator: "\n").map(String.init)
        broken[50] = broken[50].replacing(#""type":"#, with: #""typ":"#)
        let refused = try sandbox.muster(
            "import", "-", "--store", "broken", input: Campaign.text(broken))
        #expect(refused.status == 65)
        #expect(refused.err.contains("line 51: "))
        let left = try FileManager.default.contentsOfDirectory(atPath: sandbox.directory)
        #expect(!left.contains { $0.hasPrefix("broken") }, "\(left)")
    }

    @Test(
        "What was just within the limits of ingest and apply goes through an export",
        arguments: ["numbers", "segment", "cloudevents", "definitions"])
    func limits(kind: String) throws {
        let sandbox = try Sandbox(Campaign.definitions)
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        func plain(_ fields: String) -> String {
            #"{"id":"1","type":"tag.assigned","partner":"p1","time":"2026-03-01T12:00:00Z","tag":"vip",\#(fields)}"#
        }
        switch kind {
        case "numbers":
            // Written out they are several MiB.
            let numbers = Array(repeating: "1e39", count: 200_000).joined(separator: ",")
            try sandbox.must("ingest", input: plain(#""list":[\#(numbers)],"deep":\#(nested(31))"#))
        case "segment":
            try sandbox.must(
                "ingest", "--input", "segment",
                input:
                    #"{"messageId":"1","userId":"p1","timestamp":"2026-03-01T12:00:00Z","type":"track","event":"seen","context":\#(nested(31)),"properties":{"deep":\#(nested(30)),"long":["\#(String(repeating: "x", count: 1_048_300))"]}}"#
            )
        case "cloudevents":
            try sandbox.must(
                "ingest", "--input", "cloudevents",
                input:
                    #"{"specversion":"1.0","id":"1","source":"shop","type":"tag.assigned","subject":"p1","time":"2026-03-01T12:00:00Z","other":\#(nested(31)),"data":{"tag":"vip","id":\#(nested(30))}}"#
            )
        default:
            // A condition begins in the fourth level of its file, and a leaf has three of its own.
            let match =
                String(repeating: #"{"not":"#, count: 94) + #"{"tag":{"any_of":["vip"]}}"#
                + String(repeating: "}", count: 94)
            let segments = (1...20).map { #"{"id":"s\#($0)","match":\#(match)}"# }
            try sandbox.write(
                #"{"segments":[\#(segments.joined(separator: ","))]}"#, to: "deep.json")
            try sandbox.must("apply", "deep.json")
            try sandbox.must("ingest", input: tag("1", "p1", "vip", at: "2026-03-01T12:00:00Z"))
        }
        let exported = try sandbox.must("export")
        try sandbox.write(exported, to: "export.ndjson")
        try sandbox.must("import", "export.ndjson", "--store", "copy")
        #expect(try sandbox.must("digest", "--store", "copy") == sandbox.must("digest"))
        #expect(try sandbox.must("export", "--store", "copy") == exported)
    }

    @Test("What is no export is called what it is, with the command that takes it")
    func otherFiles() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        let event = tag("1", "p1", "vip", at: "2026-03-01T12:00:00Z")
        try sandbox.must("ingest", input: event)
        for (lines, words) in [
            (try sandbox.must("export", "--log"), "export without --log"),
            (event, "muster ingest"),
            ("segments: []\n", "not JSON: expected a value at byte 1"),
        ] {
            let outcome = try sandbox.muster("import", "-", "--store", "copy", input: lines)
            #expect(outcome.status == 65)
            #expect(outcome.err.contains(words), "\(outcome.err)")
            #expect(outcome.err.contains("no store was made"))
        }
    }

    @Test("Anybody can check the chain of hashes of an exported log")
    func chain() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        try sandbox.must("ingest", input: Campaign.text(Campaign.history(seed: 4, count: 2_500)))
        let log = try sandbox.must("export", "--log")
        func check(_ text: String) throws -> Outcome {
            let python = try Running(
                sandbox, ["-c", Self.checker], input: nil, executable: "/usr/bin/python3")
            python.send(text)
            return try python.finish()
        }
        let sound = try check(log)
        #expect(sound.status == 0, "\(sound.err)")
        let words = sound.out.split(separator: " ")
        #expect(Int(words[0]).map { $0 > 2_500 } == true)
        #expect(Int(words[1]).map { $0 >= 2 } == true)
        for kind in ["boundary", "definitions", "derived_event", "event", "program"] {
            #expect(words.contains { $0.hasPrefix(kind) }, "no \(kind) was exported")
        }
        // Another type in the last event.
        var lines = log.split(separator: "\n").map(String.init)
        let last = try #require(lines.lastIndex { $0.contains(#""kind":"event""#) })
        lines[last] = lines[last].replacing(/"bytes":"..../, with: #""bytes":"AgDA"#)
        #expect(try check(Campaign.text(lines)).status != 0)
    }
}
