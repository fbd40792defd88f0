import Foundation
import Testing

/// History, and the clock moved by hand (SPEC 3).
struct ClockTests {
    private let earned =
        #"{"id":"2","type":"action.recorded","partner":"p1","time":"2026-03-01T10:10:00Z","amount":500}"#
        + "\n"

    // MARK: History

    @Test("Nobody is mailed for the past, and going live mails for the present alone")
    func history() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        let past =
            address("1", "p1", at: "2026-03-01T10:00:00Z") + earned
            + tag("3", "p1", "vip", at: "2026-03-01T11:30:00Z")
            + tag("4", "nobody", "vip", at: "2026-03-01T11:31:00Z")
        let imported = try sandbox.must("ingest", "--history", "--summary-json", input: past)
        #expect(imported.contains(#""accepted":4,"duplicates":0,"rejected":0,"sends":0,"#))
        #expect(try sandbox.must("sends", "--status", "pending") == "")
        let suppressed = try sandbox.must("sends", "--format", "ndjson").split(separator: "\n")
        #expect(suppressed.count == 3)
        #expect(
            suppressed.allSatisfy { $0.hasSuffix(#""status":"suppressed","reason":"history"}"#) }
        )
        #expect(
            try sandbox.must("runs").contains("celebrate\t2026-03-01T11:00:00Z\t1\t1\t1\tfalse")
        )
        #expect(try sandbox.must("ingest", "--emit", "sends") == "")

        // The workflow is done with p1; a new assignment is a new trigger.
        let live = try sandbox.must(
            "ingest",
            "--emit",
            "sends",
            input: tag("5", "p1", "vip", at: "2026-03-01T15:00:00Z")
        )
        #expect(live.split(separator: "\n").count == 1)
        #expect(live.contains(#""source":"vip-welcome""#))
        #expect(
            try sandbox.must("sends", "--source", "celebrate").split(separator: "\n").count == 1
        )
    }

    @Test("History that comes into a live store says what it does to others")
    func historyOfLive() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        let first = try sandbox.muster(
            "ingest", "--history", input: tag("1", "p1", "vip", at: "2026-03-01T10:00:00Z"))
        #expect(!first.err.contains("warning"))
        try sandbox.must("ingest", input: tag("2", "p2", "vip", at: "2026-03-01T10:10:00Z"))
        let late = try sandbox.muster(
            "ingest", "--history", input: tag("3", "p3", "vip", at: "2026-03-01T09:00:00Z"))
        #expect(late.status == 0)
        #expect(late.err.contains("warning: the store was live already"), "\(late.err)")
    }

    @Test("Boundaries before the first live record still belong to history")
    func boundaries() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        try sandbox.must(
            "ingest",
            "--history",
            input: address("1", "p1", at: "2026-03-01T10:00:00Z") + earned
        )
        try sandbox.must("advance", "--to", "2026-03-01T13:00:00Z")
        let send = try sandbox.must("sends", "--format", "ndjson")
        #expect(send.contains(#""decided_at":"2026-03-01T11:00:00Z""#))
        #expect(send.contains(#""reason":"history""#))
    }

    // MARK: Advance

    @Test("Advance moves the clock, and tells how many sends came of it")
    func advance() throws {
        let sandbox = try Sandbox(Campaign.definitions, timezone: "America/New_York")
        try sandbox.must("ingest", input: address("1", "p1", at: "2026-03-01T10:00:00Z") + earned)
        let outcome = try sandbox.muster("advance", "--to", "2026-03-01T12:00:00.5-01:00")
        #expect(outcome.status == 0)
        #expect(outcome.out == "")
        #expect(
            outcome.err == "the engine clock stands at 2026-03-01T13:00:00.5Z; sends decided: 1\n"
        )
        #expect(
            try sandbox.muster("advance", "--to", "2026-03-02").err.contains(
                "2026-03-02T05:00:00Z"
            ),
            "a date is its first instant in the program's zone"
        )
    }

    @Test(
        "An instant that has passed does nothing and says so",
        arguments: ["2026-03-01", "2026-03-01T10:10:00Z", "1970-01-01T00:00:00Z"]
    )
    func passed(instant: String) throws {
        let sandbox = try Sandbox(Campaign.definitions)
        try sandbox.must("ingest", input: earned)
        let before = try sandbox.bytes("muster-store/data.mdb")
        let outcome = try sandbox.muster("advance", "--to", instant)
        #expect(outcome.status == 0)
        #expect(outcome.out == "")
        #expect(
            outcome.err
                == "the engine clock stands at 2026-03-01T10:10:00Z already; nothing was done\n"
        )
        #expect(try sandbox.bytes("muster-store/data.mdb") == before)
    }

    @Test("Setting the clock fires no boundary")
    func setting() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        try sandbox.must("advance", "--to", "2026-03-01T13:00:00Z")
        #expect(try sandbox.must("ingest", "--summary-json").contains(#""seq":3,"#))
        #expect(try sandbox.must("runs") == "")
    }

    @Test("Only --force goes beyond the wall clock")
    func force() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        let soon = Campaign.instant(Int(Date().timeIntervalSince1970) + 240)
        try sandbox.must("advance", "--to", soon)
        let later = Campaign.instant(Int(Date().timeIntervalSince1970) + 360)
        #expect(try sandbox.muster("advance", "--to", later).status == 64)
        try sandbox.must("advance", "--to", "2031-01-01", "--force")
        #expect(
            try sandbox.muster("advance", "--to", soon).err
                .contains("stands at 2031-01-01T00:00:00Z already")
        )
    }

    @Test("A date that begins before 1970 is refused where it would be written")
    func beginningOfTime() throws {
        let sandbox = try Sandbox(Campaign.definitions, timezone: "Europe/Berlin")
        let before = try sandbox.bytes("muster-store/data.mdb")
        let outcome = try sandbox.muster("advance", "--to", "1970-01-01")
        #expect(outcome.status == 64)
        #expect(outcome.err.contains("before 1970"), "\(outcome.err)")
        #expect(outcome.err.contains("--to 1970-01-01T00:00:00Z"))
        #expect(try sandbox.bytes("muster-store/data.mdb") == before)
        try sandbox.must("advance", "--to", "1970-01-01T00:00:00Z")
        try sandbox.must("ingest", input: earned)
        #expect(try sandbox.muster("audit").status == 0)

        // The clock is past it now.
        let passed = try sandbox.muster("advance", "--to", "1970-01-01")
        #expect(passed.status == 0)
        #expect(passed.err.contains("nothing was done"))
        for (question, status) in [
            ("members earners --at", Int32(0)), ("members earners --corrected --at", 0),
            ("explain member earners p1 --at", 0), ("partner p1 --at", 1),
            ("forecast earners --to", 1), ("runs --since", 0), ("sends --until", 0),
            ("report --since", 0), ("timezone --since", 0),
            ("simulate --definitions program.yaml --from", 0),
        ] {
            let arguments = question.split(separator: " ").map(String.init) + ["1970-01-01"]
            let outcome = try sandbox.run(arguments)
            #expect(outcome.status == status, "\(question): \(outcome)")
            #expect(!outcome.err.contains("damaged"), "\(question): \(outcome)")
        }
    }

    @Test("The last day of the calendar is a day like any other")
    func endOfTime() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        try sandbox.must("ingest", input: earned)
        for instant in ["10000-01-01", "9999-12-31T23:59:60Z", "9999-12-31T24:00:00Z"] {
            #expect(try sandbox.muster("advance", "--force", "--to", instant).status == 64)
        }
    }
}
