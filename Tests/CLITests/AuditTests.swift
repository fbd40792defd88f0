import Foundation
import Testing

/// `audit` from the command line (SPEC 6): what it says, what it ends with, and that it hinders nobody.
struct AuditTests {
    /// Replaces bytes of the data file by others of the same length.
    private func replace(_ old: String, by new: String, in sandbox: Sandbox) throws {
        var data = try sandbox.bytes("muster-store/data.mdb")
        var count = 0
        while let range = data.range(of: Data(old.utf8)) {
            data.replaceSubrange(range, with: Data(new.utf8))
            count += 1
        }
        try #require(count > 0, "the data file does not hold \(old)")
        try sandbox.write(Array(data), to: "muster-store/data.mdb")
    }

    private func object(_ outcome: Outcome) throws -> [String: Any] {
        try #require(outcome.lines.count == 1)
        let row = try JSONSerialization.jsonObject(with: Data(outcome.out.utf8))
        return try #require(row as? [String: Any])
    }

    @Test("A sound store agrees, and is left as it is")
    func sound() throws {
        let sandbox = try Sandbox(Campaign.definitions, timezone: "Europe/Berlin")
        try sandbox.must("ingest", input: Campaign.text(Campaign.history(seed: 8, count: 400)))
        let before = try sandbox.bytes("muster-store/data.mdb")
        let outcome = try sandbox.muster("audit")
        #expect(outcome.status == 0 && outcome.out == "")
        #expect(outcome.err.hasPrefix("all agrees: "))
        let row = try object(try sandbox.muster("audit", "--format", "ndjson"))
        #expect(row["agrees"] as? Bool == true)
        let sends = try sandbox.must("sends").split(separator: "\n").count
        #expect(row["sends"] as? Int == sends && sends > 50)
        #expect(row["runs"] as? Int == (try sandbox.must("runs").split(separator: "\n").count))
        #expect(try sandbox.bytes("muster-store/data.mdb") == before)
    }

    @Test("An altered definition is found where it first makes a difference")
    func alteredDefinition() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        try sandbox.must(
            "ingest",
            input: address("1", "p1", at: "2026-03-01T10:00:00Z")
                + #"{"id":"2","type":"action.recorded","partner":"p1","time":"2026-03-01T10:30:00Z","amount":150}"#
        )
        try replace(#""greater_than":100"#, by: #""greater_than":900"#, in: sandbox)
        let outcome = try sandbox.muster("audit", "--format", "ndjson")
        #expect(outcome.status == 1)
        let row = try object(outcome)
        #expect(row["agrees"] as? Bool == false)
        #expect(row["seq"] as? Int == 4 && row["what"] as? String == "transition")
        #expect(row["partner"] as? String == "p1")
        #expect(row["at"] as? String == "2026-03-01T10:30:00Z")
        let text = try sandbox.muster("audit")
        #expect(text.status == 1)
        #expect(text.lines.first == "seq\t4")
    }

    @Test("A changed address is found, and its being put back")
    func alteredRows() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        try sandbox.must(
            "ingest",
            input: address("1", "p1", at: "2026-03-01T10:00:00Z")
                + tag("2", "p1", "vip", at: "2026-03-01T10:30:00Z"))
        let sound = try sandbox.bytes("muster-store/data.mdb")
        // The event, the text table and the send hold it: the event comes first.
        try replace("p1@example.com", by: "p1@example.org", in: sandbox)
        let row = try object(try sandbox.muster("audit", "--format", "ndjson"))
        #expect(row["agrees"] as? Bool == false)
        #expect((row["seq"] as? Int).map { $0 <= 4 } == true)
        try sandbox.write(Array(sound), to: "muster-store/data.mdb")
        #expect(try sandbox.muster("audit").status == 0)
    }

    @Test("A first record that can't be read is a difference, too")
    func firstRecord() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        try replace("\u{4}acme\u{3}USD", by: "\u{7f}acme\u{3}USD", in: sandbox)
        let row = try object(try sandbox.muster("audit", "--format", "ndjson"))
        #expect(row["seq"] as? Int == 1 && row["what"] as? String == "record")
        #expect(try sandbox.muster("segments").status == 74)
    }

    @Test("Audits agree while an ingest goes on and definitions change")
    func whileIngesting() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        try sandbox.write(
            "segments: [{ id: all, match: { tag: { none_of: [x] } } }]", to: "more.yaml")
        let ingest = try sandbox.start("ingest", "--emit", "acks")
        let lines = Campaign.history(seed: 9, count: 3_000)
        var seen: [Int] = []
        for start in stride(from: 0, to: lines.count, by: 300) {
            ingest.send(Campaign.text(lines[start..<(start + 300)]))
            _ = try ingest.line()
            let row = try object(try sandbox.muster("audit", "--format", "ndjson"))
            #expect(row["agrees"] as? Bool == true)
            seen.append(try #require(row["seq"] as? Int))
            if start == 1_500 { try sandbox.must("apply", "more.yaml") }
        }
        #expect(try ingest.finish().status == 0)
        #expect(Set(seen).count > 5)
        #expect(try sandbox.muster("audit").status == 0)
    }
}
