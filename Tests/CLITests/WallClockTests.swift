import Foundation
import Testing

/// `--clock wall`: hours pass without input, and nothing else moves the clock (SPEC 3).
struct WallClockTests {
    private let definitions = """
        templates: [{ id: bye, subject: Bye, text: Bye }]
        segments:
          - { id: recent, match: { tagged: { tag: seen, within: { minutes: 1 } } } }
          - { id: vips, match: { tag: { any_of: [vip] } } }
        automations:
          - { id: gone, on: { segment_left: recent }, do: [{ send_email: bye }], state: active }

        """

    private func now(_ offset: Int) -> Int { Int(Date().timeIntervalSince1970) + offset }

    @Test("A window closes and mails while the pipe is silent; a replay agrees")
    func silence() throws {
        let sandbox = try Sandbox(definitions)
        let ingest = try sandbox.start("ingest", "--clock", "wall", "--emit", "sends")
        let seen = now(-57)
        ingest.send(
            address("1", "p1", at: Campaign.instant(seen))
                + tag("2", "p1", "seen", at: Campaign.instant(seen))
        )
        try eventually("the partner is in") { try sandbox.must("members", "recent") == "p1\n" }
        let line = try #require(try ingest.line(within: 15))
        #expect(Int(Date().timeIntervalSince1970) >= seen + 60)
        #expect(line.contains(#""decided_at":"\#(Campaign.instant(seen + 60))""#))
        #expect(try sandbox.must("members", "recent", "--count") == "0\n")
        let outcome = try ingest.finish()
        #expect(outcome.out == "")
        #expect(outcome.status == 0)

        // The log alone leads to the same: commands that load it afterwards find nothing amiss.
        let answers = try sandbox.answers()
        try sandbox.must("advance", "--to", Campaign.instant(now(0)))
        try sandbox.write(
            "segments: [{ id: all, match: { tag: { none_of: [] } } }]",
            to: "more.yaml"
        )
        #expect(try sandbox.answers() == answers)
        #expect(
            try sandbox.must(
                "members",
                "recent",
                "--at",
                Campaign.instant(seen + 60)
            ) == ""
        )
    }

    @Test("What is defined beside a silent ingest comes into force now")
    func present() throws {
        let sandbox = try Sandbox(definitions)
        try sandbox.must(
            "ingest",
            input: address("1", "p1", at: "2026-03-01T15:00:00Z")
                + tag("2", "p1", "vip", at: "2026-03-01T15:00:00Z"))
        let ingest = try sandbox.start("ingest", "--clock", "wall", "--emit", "sends")
        try eventually("the clock has moved") {
            try !sandbox.must("stats", "--format", "ndjson").contains("2026-03-01")
        }
        try sandbox.write(
            """
            templates: [{ id: hi, subject: Hi, text: Hi }]
            segments: [{ id: fresh, match: { tagged: { tag: vip, days_ago: 0 } } }]
            workflows: [{ id: w, segment: fresh, do: [{ send_email: hi }], state: active }]
            """, to: "late.yaml")
        try sandbox.must("apply", "late.yaml")
        let outcome = try ingest.finish()
        #expect(outcome.status == 0 && outcome.out == "", "tagged long ago: \(outcome.out)")
    }

    @Test("A silent ingest lets another write as long as it takes while nothing is due")
    func patient() throws {
        let sandbox = try Sandbox(definitions)
        try sandbox.must("ingest", input: address("1", "p1", at: "2026-03-01T15:00:00Z"))
        let file = Descriptor(open(sandbox.path("muster-store/writer.lock"), O_RDWR | O_CLOEXEC))
        #expect(flock(file.number, LOCK_EX) == 0)
        let ingest = try sandbox.start("ingest", "--clock", "wall", "--wait", "0", "--emit", "acks")
        #expect(ingest.isSilent(for: 2))
        file.close()
        let line = try #require(try ingest.line(within: 15))
        #expect(line == #"{"committed":4,"lines":0}"#)
        #expect(try ingest.finish().status == 0)
    }

    @Test("Every commit that moves the log is acknowledged, also while the pipe is silent")
    func acknowledged() throws {
        let sandbox = try Sandbox(definitions)
        let ingest = try sandbox.start("ingest", "--clock", "wall", "--emit", "acks")
        let first = try #require(try ingest.line(within: 15))
        #expect(first == #"{"committed":3,"lines":0}"#, "the wall clock sets the engine's")
        ingest.send(
            address("1", "p1", at: Campaign.instant(now(-57)))
                + tag("2", "p1", "seen", at: Campaign.instant(now(-57))))
        let taken = try #require(try ingest.line(within: 15))
        #expect(taken.hasSuffix(#","lines":2}"#), "\(taken)")
        let silent = try #require(try ingest.line(within: 15))
        #expect(silent.hasSuffix(#","lines":2}"#), "\(silent)")
        #expect(try sandbox.must("members", "recent", "--count") == "0\n")
        let end = try ingest.finish()
        #expect(end.status == 0)
        // When the input ends the clock is moved a last time.
        #expect(end.lines.count == 1)
        let head = try #require(
            try sandbox.must("export", "--log").split(separator: "\n").last?
                .firstMatch(of: /"last_seq":(\d+)/)?.1)
        #expect(end.out == "{\"committed\":\(head),\"lines\":2}\n")
    }

    @Test("Events ahead of the wall clock don't move the clock, nor do old ones")
    func ahead() throws {
        let sandbox = try Sandbox(definitions)
        let before = now(0)
        let outcome = try sandbox.run(
            ["ingest", "--clock", "wall", "--summary-json"],
            input: tag("1", "p1", "vip", at: Campaign.instant(now(240)))
                + tag("2", "p2", "vip", at: "2020-01-01T00:00:00Z")
        )
        let after = now(1)
        #expect(outcome.status == 0)
        struct Summary: Decodable { var now: String }
        let clock = try JSONDecoder().decode(Summary.self, from: Data(outcome.out.utf8)).now
        #expect(clock.prefix(19) >= Campaign.instant(before).prefix(19))
        #expect(clock.prefix(19) <= Campaign.instant(after).prefix(19))
        let since = try sandbox.must("members", "vips", "--format", "ndjson")
        #expect(!since.contains("2020"))
        #expect(!since.contains(Campaign.instant(before + 240).dropLast()))
    }

    @Test("An empty input under the wall clock sets the clock")
    func empty() throws {
        let sandbox = try Sandbox(definitions)
        let summary = try sandbox.must("ingest", "--clock", "wall", "--summary-json")
        #expect(!summary.contains(#""now":null"#))
        #expect(summary.contains(#""seq":3"#))
    }

    @Test("What came late of an outage is decided at its own instant")
    func outage() throws {
        let sandbox = try Sandbox(definitions)
        let seen = now(-3_600)
        try sandbox.must(
            "ingest",
            input: address("1", "p1", at: Campaign.instant(seen))
                + tag("2", "p1", "seen", at: Campaign.instant(seen))
        )
        let printed = try sandbox.must("ingest", "--clock", "wall", "--emit", "sends")
        #expect(printed.contains(#""decided_at":"\#(Campaign.instant(seen + 60))""#))
    }
}
