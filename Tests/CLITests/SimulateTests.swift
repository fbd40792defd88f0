import Foundation
import Testing

/// `simulate`: sends added and gone, each with the reason why the other side did not decide it (SPEC 6).
struct SimulateTests {
    /// A log, other definitions, and the differences worked out by hand.
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var definitions: String
        var events: [String]
        var draft: String
        /// Change, source, partner, time of day and reason of each.
        var expected: [String]

        init(
            _ name: String, _ definitions: String, _ events: [String], draft: String,
            _ expected: [String]
        ) {
            testDescription = name
            self.definitions = definitions
            self.events = events
            self.draft = draft
            self.expected = expected
        }
    }

    private static let templates =
        "templates: [{ id: hi, subject: Hi, text: Hi }, "
        + "{ id: yo, subject: Yo, text: Yo }]\n"
    private static let vips = "segments: [{ id: vips, match: { tag: { any_of: [vip] } } }]\n"
    private static let golds = "segments: [{ id: vips, match: { tag: { any_of: [gold] } } }]\n"

    private static func workflow(_ id: String, _ rest: String) -> String {
        "workflows: [{ id: \(id), segment: vips, do: [{ send_email: hi }], \(rest) }]\n"
    }

    private static func automation(_ id: String, on trigger: String, _ rest: String) -> String {
        "automations: [{ id: \(id), on: { \(trigger) }, do: [{ send_email: hi }], \(rest) }]\n"
    }

    private static let amy = [
        address("1", "amy", at: "2026-03-01T10:00:00Z"),
        tag("2", "amy", "vip", at: "2026-03-01T10:10:00Z"),
    ]

    private static func chain(_ count: Int, state: String) -> String {
        (1...count).map {
            "  - { id: c\($0), on: { tag_assigned: t\($0) }, do: [{ add_tag: t\($0 + 1) }], "
                + "state: \(state) }\n"
        }.joined()
    }

    static let cases = [
        Case(
            "a workflow that is not there", templates + vips, amy,
            draft: workflow("new", "state: active"),
            ["added new amy 11:00 workflow_not_defined"]),
        Case(
            "a paused workflow", templates + vips + workflow("w", "state: active"), amy,
            draft: workflow("w", "state: paused"), ["gone w amy 11:00 workflow_not_active: paused"]),
        Case(
            "an automation that is a draft",
            templates + automation("a", on: "tag_assigned: vip", "state: draft"), amy,
            draft: automation("a", on: "tag_assigned: vip", "state: active"),
            ["added a amy 10:10 automation_not_active: draft"]),
        Case(
            "another template", templates + vips + workflow("w", "state: active"), amy,
            draft: "workflows: [{ id: w, segment: vips, do: [{ send_email: yo }], state: active }]",
            ["gone w amy 11:00 no_such_action: hi", "added w amy 11:00 no_such_action: yo"]),
        Case(
            "another segment, and time that passes",
            templates + vips + workflow("w", "state: active"),
            amy + [tag("3", "amy", "gold", at: "2026-03-01T12:30:00Z")], draft: golds,
            [
                "gone w amy 11:00 not_member: vips",
                "added w amy 13:00 already_acted: 2026-03-01T11:00:00Z",
            ]),
        Case(
            "a lower cap", templates + vips + workflow("w", "state: active"),
            amy + [
                address("3", "bob", at: "2026-03-01T10:20:00Z"),
                tag("4", "bob", "vip", at: "2026-03-01T10:20:00Z"),
                tag("5", "bob", "seen", at: "2026-03-01T11:30:00Z"),
            ], draft: workflow("w", "state: active, cap: 1"),
            [
                "gone w amy 11:00 run_blocked: 2 with an address, cap 1",
                "gone w bob 11:00 run_blocked: 2 with an address, cap 1",
            ]),
        Case(
            "a trigger that is too old",
            templates + automation("a", on: "tag_assigned: vip", "state: active"),
            amy + [tag("3", "amy", "vip", at: "2026-03-01T08:00:00Z")],
            draft: automation(
                "a", on: "tag_assigned: vip", "state: active, max_age: { hours: 1 }"),
            [
                "gone a amy 10:10 other_status: suppressed, stale_trigger",
                "added a amy 10:10 other_status: pending",
            ]),
        Case(
            "another tag", templates + automation("a", on: "tag_assigned: vip", "state: active"),
            amy + [tag("3", "amy", "gold", at: "2026-03-01T12:00:00Z")],
            draft: automation("a", on: "tag_assigned: gold", "state: active"),
            [
                "gone a amy 10:10 not_assigned: gold",
                "added a amy 12:00 not_assigned: vip",
            ]),
        Case(
            "entering at another time",
            templates + vips + automation("a", on: "segment_entered: vips", "state: active"),
            [tag("0", "amy", "gold", at: "2026-03-01T09:00:00Z")] + amy,
            draft:
                "segments: [{ id: vips, match: { tag: { any_of: [gold, vip] } } }]",
            [
                "added a amy 09:00 not_member: vips",
                "gone a amy 10:10 already_member: vips, since 2026-03-01T09:00:00Z",
            ]),
        Case(
            "not leaving",
            templates + vips + automation("a", on: "segment_left: vips", "state: active"),
            amy + [
                #"{"id":"3","type":"tag.removed","partner":"amy","tag":"vip","#
                    + #""time":"2026-03-01T12:00:00Z"}"# + "\n"
            ], draft: "segments: [{ id: vips, match: { not: { tag: { any_of: [x] } } } }]",
            ["gone a amy 12:00 still_member: vips"]),
        Case(
            "fewer times",
            templates + """
                automations:
                  - { id: a, on: { tag_assigned: vip }, do: [{ add_tag: up }], state: active }
                  - { id: b, on: { tag_assigned: vip }, do: [{ add_tag: up }], state: active }
                  - { id: c, on: { tag_assigned: up }, do: [{ send_email: hi }], state: active }

                """, amy,
            draft:
                "automations: [{ id: b, on: { tag_assigned: vip }, do: [{ add_tag: up }] }]",
            ["gone c amy 10:10 fewer_times"]),
        Case(
            "a chain that grows too long",
            templates + "automations:\n" + chain(7, state: "active")
                + "  - { id: z, on: { tag_assigned: t8 }, do: [{ send_email: hi }], state: active }\n",
            [
                address("1", "amy", at: "2026-03-01T10:00:00Z"),
                tag("2", "amy", "t1", at: "2026-03-01T10:10:00Z"),
            ],
            draft: """
                automations:
                  - { id: c7, on: { tag_assigned: t7 }, do: [{ add_tag: u }], state: active }
                  - { id: c8, on: { tag_assigned: u }, do: [{ add_tag: t8 }], state: active }

                """, ["gone z amy 10:10 too_deep"]),
        Case(
            "entering by the very run that comes too late",
            templates + """
                segments:
                  - { id: all, match: { not: { tag: { any_of: [x] } } } }
                  - { id: vips, match: { tag: { any_of: [vip] } } }
                workflows:
                  - { id: w, segment: vips, do: [{ send_email: hi }], state: active }
                  - { id: a, segment: all, do: [{ add_tag: vip }], state: draft }

                """, amy,
            draft: """
                segments:
                  - { id: vips, match: { tag: { any_of: [late] } } }
                workflows:
                  - { id: a, segment: all, do: [{ add_tag: late }], state: active }

                """,
            [
                "gone w amy 11:00 entered_after_run: vips",
                "added w amy 12:00 already_acted: 2026-03-01T11:00:00Z",
            ]),
    ]

    struct Row: Decodable {
        var change: String, source: String, partner: String, decided_at: String, because: String
        var send: String, seq: Int

        var words: String {
            "\(change) \(source) \(partner) \(decided_at.dropFirst(11).prefix(5)) \(because)"
        }
    }

    private func rows(_ text: String) throws -> [Row] {
        try text.split(separator: "\n").map {
            try JSONDecoder().decode(Row.self, from: Data($0.utf8))
        }
    }

    @Test("Each kind of difference with its reason", arguments: cases)
    func reasons(_ c: Case) throws {
        let sandbox = try Sandbox(c.definitions)
        try sandbox.must("ingest", input: c.events.joined())
        try sandbox.must("advance", "--to", "2026-03-01T14:00:01Z")
        try sandbox.write(c.draft, to: "draft.yaml")
        let before = try sandbox.bytes("muster-store/data.mdb")
        let found = try rows(
            try sandbox.must("simulate", "--definitions", "draft.yaml", "--format", "ndjson"))
        #expect(found.map(\.words) == c.expected)
        #expect(try sandbox.bytes("muster-store/data.mdb") == before)

        // Sends that are gone are those of the store, as it shows them.
        let sends = try sandbox.must("sends", "--format", "ndjson")
        for row in found where row.change == "gone" {
            #expect(sends.contains(#"{"send":"\#(row.send)","#))
        }
        // What is in force makes no difference, and what never comes into force none either.
        #expect(try sandbox.must("simulate", "--definitions", "program.yaml") == "")
        #expect(
            try sandbox.must(
                "simulate", "--definitions", "draft.yaml", "--from", "2026-03-01T14:00:01Z") == "")
    }

    /// One workflow and one automation, and a draft that changes both.
    private func campaign() throws -> Sandbox {
        let sandbox = try Sandbox(
            Self.templates + Self.vips + Self.workflow("w", "state: active")
                + Self.automation("a", on: "tag_assigned: vip", "state: active"))
        let bob = [
            address("3", "bob", at: "2026-03-01T12:00:00Z"),
            tag("4", "bob", "vip", at: "2026-03-01T12:10:00Z"),
            tag("5", "bob", "gold", at: "2026-03-01T12:10:00Z"),
        ]
        try sandbox.must("ingest", input: (Self.amy + bob).joined())
        try sandbox.must("advance", "--to", "2026-03-01T14:00:00Z")
        try sandbox.write(
            Self.golds + Self.automation("b", on: "tag_assigned: vip", "state: active"),
            to: "draft.yaml")
        return sandbox
    }

    @Test("From an instant, up to an instant, pruned, filtered and added up")
    func options() throws {
        let sandbox = try campaign()
        func simulate(_ options: String...) throws -> Outcome {
            try sandbox.run(
                ["simulate", "--definitions", "draft.yaml", "--format", "ndjson"] + options)
        }
        let all = [
            "added b amy 10:10 automation_not_defined", "gone w amy 11:00 not_member: vips",
            "added b bob 12:10 automation_not_defined",
        ]
        let whole = try simulate()
        #expect(try rows(whole.out).map(\.words) == all)
        #expect(
            whole.err == """
                automation b: 2 added, 0 gone
                workflow w: 0 added, 1 gone
                sends: 2 added, 1 gone

                """)
        // What brought an added send about is a record of the log: that of the tag, or of the clock.
        #expect(try rows(whole.out).map(\.seq) == [4, 5, 7])
        // What is decided at the instant itself is decided under them.
        for (from, gone) in [
            ("10:10:00", 0), ("10:10:00.000001", 1), ("11:00:00", 1), ("11:00:00.000001", 2),
        ] {
            #expect(
                try rows(try simulate("--from", "2026-03-01T\(from)Z").out).map(\.words)
                    == Array(all.dropFirst(gone)), "from \(from)")
        }
        #expect(
            try rows(try simulate("--to", "2026-03-01T11:00:00Z").out).map(\.words)
                == Array(all.dropLast()))
        #expect(
            try rows(try simulate("--to", "2026-03-01T10:59:59Z").out).map(\.words)
                == Array(all.dropLast(2)))
        #expect(try rows(try simulate("--limit", "1").out).map(\.words) == Array(all.prefix(1)))
        #expect(
            try rows(try simulate("--since", "2026-03-01T11:00:00Z").out).map(\.words)
                == Array(all.dropFirst()))
        #expect(
            try rows(try simulate("--until", "2026-03-01T11:00:00Z").out).map(\.words)
                == Array(all.prefix(1)))
        #expect(
            try simulate("--by", "source").out == """
                {"source":"b","kind":"automation","added":2,"gone":0}
                {"source":"w","kind":"workflow","added":0,"gone":1}

                """)
        #expect(
            try simulate("--by", "partner").out == """
                {"partner":"amy","added":1,"gone":1}
                {"partner":"bob","added":1,"gone":0}

                """)
        try sandbox.write(Self.templates, to: "bare.yaml")
        let bare = try sandbox.must(
            "simulate", "--definitions", "bare.yaml", "--prune", "--format", "ndjson")
        #expect(
            try rows(bare).map(\.words) == [
                "gone a amy 10:10 automation_not_defined", "gone w amy 11:00 workflow_not_defined",
                "gone a bob 12:10 automation_not_defined", "gone w bob 13:00 workflow_not_defined",
            ])
    }

    @Test("Blocked runs that come or go are counted, and what has to wait is named")
    func summary() throws {
        let sandbox = try campaign()
        try sandbox.write(Self.workflow("w", "state: active, cap: 1"), to: "cap.yaml")
        #expect(
            try sandbox.muster("simulate", "--definitions", "cap.yaml").err == """
                workflow w: 0 added, 1 gone
                sends: 0 added, 1 gone
                w: 2 more runs blocked, 0 fewer

                """)
        // A segment that names one which the log has only later.
        try sandbox.write(
            "segments: [{ id: late, match: { tag: { any_of: [x] } } }]", to: "late.yaml")
        try sandbox.must("apply", "late.yaml")
        try sandbox.write(
            """
            segments:
              - { id: vips, match: { segment: { none_of: [late] } } }

            """, to: "wait.yaml")
        let waiting = try sandbox.muster("simulate", "--definitions", "wait.yaml")
        #expect(waiting.status == 0)
        #expect(
            waiting.err.contains(
                "segment vips had to wait at first: what it names was not in force\n"))
    }

    @Test("What can't be simulated says why")
    func errors() throws {
        let sandbox = try campaign()
        try sandbox.write("segments: [{ id: x, match: { segmnt: 1 } }]", to: "wrong.yaml")
        #expect(try sandbox.muster("simulate").status == 64)
        #expect(try sandbox.muster("simulate", "--definitions", "wrong.yaml").status == 65)
        #expect(try sandbox.muster("simulate", "--definitions", "missing.yaml").status == 66)
        let future = try sandbox.muster(
            "simulate", "--definitions", "draft.yaml", "--from", "2026-03-01T14:00:01Z")
        #expect(future.status == 1)
        #expect(
            try sandbox.muster(
                "simulate", "--definitions", "draft.yaml", "--from", "2026-03-01", "--to",
                "2026-02-01"
            ).status == 64)
    }
}
