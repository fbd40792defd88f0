import Foundation
import Testing

/// `timezone` (SPEC 1): the rules are data, and new ones are in force from now on.
struct TimeZoneTests {
    private static let definitions = """
        templates: [{ id: hi, subject: Hi, text: Hi }]
        segments:
          - { id: fresh, match: { tagged: { tag: vip, last_days: 1 } } }
        automations:
          - { id: gone, on: { segment_left: fresh }, do: [{ send_email: hi }], state: active }

        """

    /// A sandbox in whose tz databases `Test/Zone` has the rules of other zones.
    private func sandbox(_ zones: String...) throws -> Sandbox {
        let sandbox = try Sandbox()
        for zone in zones {
            let folder = sandbox.path("tz-\(zone.replacing("/", with: "-"))/Test")
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
            // The database's names may be links.
            let rules = try Data(contentsOf: URL(fileURLWithPath: "/usr/share/zoneinfo/\(zone)"))
            try rules.write(to: URL(fileURLWithPath: "\(folder)/Zone"))
        }
        return sandbox
    }

    private func run(_ sandbox: Sandbox, _ zone: String, _ arguments: String...) throws -> Outcome {
        try sandbox.run(
            arguments,
            environment: ["TZDIR": sandbox.path("tz-\(zone.replacing("/", with: "-"))")])
    }

    @Test("Offset changes are listed from now on, or from any day")
    func list() throws {
        let sandbox = try Sandbox(Self.definitions, timezone: "America/New_York")
        #expect(
            try sandbox.must("timezone").split(separator: "\n").first
                == "America/New_York\t\t-04:56:02")
        try sandbox.must("ingest", input: address("1", "p", at: "2026-01-01T00:00:00Z"))
        #expect(
            try sandbox.must("timezone", "--limit", "3")
                == """
                America/New_York\t2025-11-02T06:00:00Z\t-05:00
                America/New_York\t2026-03-08T07:00:00Z\t-04:00
                America/New_York\t2026-11-01T06:00:00Z\t-05:00

                """)
        let year = try sandbox.must(
            "timezone", "--since", "2030-01-01", "--until", "2031-01-01", "--format", "ndjson")
        #expect(year.split(separator: "\n").count == 2)
        #expect(
            try sandbox.must("timezone", "--since", "2026-03-08", "--limit", "1")
                == "America/New_York\t2026-03-08T07:00:00Z\t-04:00\n")
    }

    @Test("A list that was cut says so; a part asked for, and what a program reads, is whole")
    func wholeList() throws {
        let sandbox = try Sandbox(Self.definitions, timezone: "America/New_York")
        try sandbox.must("ingest", input: address("1", "p", at: "2026-01-01T00:00:00Z"))
        // Two changes a year to 2100, and the offset in force before them.
        let short = try sandbox.muster("timezone")
        #expect(short.lines.count == 4)
        #expect(short.err == "and 147 more: see them with --limit 151 or --since DATE\n")
        for arguments in [
            ["--limit", "151"], ["--format", "ndjson"], ["--format", "csv"],
            ["--until", "2101-01-01"],
        ] {
            let whole = try sandbox.run(["timezone"] + arguments)
            let lines = whole.out.utf8.count { $0 == UInt8(ascii: "\n") }
            #expect(lines == (arguments.last == "csv" ? 152 : 151), "\(arguments)")
            #expect(whole.err == "")
        }
        let since = try sandbox.muster("timezone", "--since", "2026-03-12")
        #expect(since.lines.count == 149 && since.err == "")
        #expect(try sandbox.muster("timezone", "--limit", "3").err == "")
    }

    @Test("New rules move midnight from now on, set nothing off, and a replay agrees")
    func refresh() throws {
        let sandbox = try sandbox("UTC", "Asia/Kathmandu")
        let made = try run(
            sandbox, "UTC", "init", "--timezone", "Test/Zone", "--currency", "USD")
        #expect(made.status == 0)
        try sandbox.write(Self.definitions, to: "program.yaml")
        try sandbox.must("apply", "program.yaml")
        try sandbox.must(
            "ingest",
            input: address("1", "p1", at: "2026-03-01T10:00:00Z")
                + tag("2", "p1", "vip", at: "2026-03-01T10:00:00Z"))
        try sandbox.must("advance", "--to", "2026-03-02T20:00:00Z")
        #expect(try sandbox.must("members", "fresh") == "p1\n")
        let same = try run(sandbox, "UTC", "timezone", "--refresh")
        #expect(same.status == 0 && same.err.hasPrefix("nothing to change"))
        let head = try sandbox.must("export")

        let changed = try run(sandbox, "Asia/Kathmandu", "timezone", "--refresh")
        #expect(changed.status == 0, "\(changed.err)")
        #expect(changed.err.contains("in force from 2026-03-02T20:00:00Z on, record 6"))
        #expect(changed.err.contains("new: 2026-03-02T20:00:00Z to +05:45"))
        // It is the third of March there: the day after tomorrow of the tag is over.
        #expect(try sandbox.must("members", "fresh") == "")
        #expect(try sandbox.must("sends") == "")
        #expect(try sandbox.must("members", "fresh", "--at", "2026-03-02T19:59:59Z") == "p1\n")
        #expect(try sandbox.must("timezone").hasPrefix("Test/Zone\t2026-03-02T20:00:00Z\t+05:45"))
        #expect(try sandbox.must("export").hasPrefix(head))
        // Dates in questions are days of the new rules: 2026-03-04 begins at 18:15 UTC.
        try sandbox.must(
            "ingest", input: tag("3", "p1", "vip", at: "2026-03-03T10:00:00Z"))
        try sandbox.must("advance", "--to", "2026-03-05T00:00:00Z")
        #expect(
            try sandbox.must("digest", "--dump").hasPrefix(
                "member\tfresh\tp1\t2026-03-01T10:00:00Z\t2026-03-02T20:00:00Z\n"
                    + "member\tfresh\tp1\t2026-03-03T10:00:00Z\t2026-03-04T18:15:00Z\n"))
        #expect(try sandbox.must("members", "fresh", "--at", "2026-03-05") == "")
        #expect(try sandbox.must("members", "fresh", "--at", "2026-03-04T18:14:59Z") == "p1\n")
        #expect(try sandbox.muster("audit").status == 0)
        try sandbox.write(try sandbox.must("export"), to: "export.ndjson")
        try sandbox.must("import", "export.ndjson", "--store", "copy")
        #expect(try sandbox.must("digest", "--store", "copy") == sandbox.must("digest"))
        #expect(try sandbox.must("timezone", "--store", "copy") == sandbox.must("timezone"))
    }

    @Test("A zone file that is none is named, in words")
    func badZoneFile() throws {
        let sandbox = try sandbox("UTC")
        let made = try run(sandbox, "UTC", "init", "--timezone", "Test/Zone", "--currency", "USD")
        #expect(made.status == 0)
        try sandbox.write("no zone", to: "tz-UTC/Test/Zone")
        let outcome = try run(sandbox, "UTC", "timezone", "--refresh")
        #expect(outcome.status == 74)
        #expect(
            outcome.err.contains(
                "tz-UTC/Test/Zone is no time zone file: expected TZif, the mark of a time zone "
                    + "file at byte 1"),
            "\(outcome.err)")
        #expect(outcome.err.contains("tzdata"))
    }

    @Test("A writer that runs takes over what another refreshed")
    func otherWriter() throws {
        let sandbox = try sandbox("UTC", "Asia/Kathmandu")
        #expect(
            try run(sandbox, "UTC", "init", "--timezone", "Test/Zone", "--currency", "USD").status
                == 0)
        try sandbox.write(Self.definitions, to: "program.yaml")
        try sandbox.must("apply", "program.yaml")
        let ingest = try sandbox.start("ingest", "--emit", "acks")
        ingest.send(address("1", "p1", at: "2026-03-01T10:00:00Z"))
        _ = try ingest.line()
        #expect(try run(sandbox, "Asia/Kathmandu", "timezone", "--refresh").status == 0)
        ingest.send(tag("2", "p1", "vip", at: "2026-03-01T10:30:00Z"))
        ingest.send(address("3", "p1", at: "2026-03-04T10:30:00Z"))
        #expect(try ingest.finish().status == 0)
        #expect(
            try sandbox.must("digest", "--dump").hasPrefix(
                "member\tfresh\tp1\t2026-03-01T10:30:00Z\t2026-03-02T18:15:00Z\n"))
        #expect(try sandbox.must("sends").contains("2026-03-02T18:15:00Z"))
        #expect(try sandbox.muster("audit").status == 0)
    }
}
