import Foundation
import Testing

/// Help texts and error messages, word for word.
///
/// Each file holds commands with what they print and end with. `UPDATE_GOLDEN=1` rewrites them; the
/// difference is then in the diff of the commit.
struct GoldenTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var commands: [String]
        var testDescription: String { name }

        init(_ name: String, _ commands: [String]) {
            self.name = name
            self.commands = commands
        }
    }

    private static let files = [
        "wrong.yaml": """
        segments:
          - id: dormant
            match:
              all:
                - revenue: { over: { days_ago: -3 }, greater_than: lots }
                - contract_stage: { any_of: [joind] }
                - segmnt: { any_of: [vips] }
          - { id: circle, match: { segment: { any_of: [circle] } } }
        workflows:
          - { id: celebrate, segment: dormants, do: [{ send_email: thanks }], stat: active }
          - { id: mailer, segment: dormant, do: [{ send_mail: thanks }] }
        automations:
          - { id: vip-welcome, on: { tag_asigned: vip }, do: [] }

        """,
        "indent.yaml": "segments:\n  - id: s\n   match: x\n",
        "other.yaml": "program: { name: emca, timezone: UTC, currency: EUR }\n",
        "passing.yaml": """
        - scenario: Whoever gets the tag is a VIP
          definitions: program.yaml
          steps:
            - at: 2026-03-01T12:00:00Z
              events: [{ type: tag.assigned, partner: p1, tag: vip }]
              expect: { members: { vips: [p1] }, sends: [{ partner: p1, reason: no_address }] }
        - scenario: Nobody is one without it
          definitions: program.yaml
          steps: [{ at: 2026-03-01T12:00:00Z, expect: { members: { vips: [] } } }]

        """,
        "failing.yaml": """
        scenario: Everybody is a VIP, and each is mailed
        definitions: program.yaml
        steps:
          - at: 2026-03-01T12:00:00Z
            events:
              - { type: partner.updated, partner: p1, email: p1@example.com }
              - { type: tag.assigned, partner: p1, tag: vip }
              - { type: tag.assigned, partner: p2, tag: vip }
              - { type: partner.joined, partner: p3, template_term: Premium }
            expect:
              members: { vips: [p1, p3, p4], earners: [] }
              sends:
                - { source: vip-welcome, partner: p1, status: pending }
                - { source: vip-welcome, partner: p3, status: pending }
          - at: 2026-03-01T14:00:00Z
            expect: { runs: [{ workflow: celebrate, sent: 1 }], sends: [{ partner: p1 }] }

        """,
        "faulty.yaml": """
        scenario: Much is wrong
        definitions: [program.yaml]
        program: { timezone: UTC }
        step: []
        steps:
          - at: 2026-03-01T12:00:00Z
            events:
              - { type: tag.asigned, partner: p1, tag: vip }
              - { type: action.recorded, partner: p1, amount: -5 }
              - { type: partner.joined, partner: p1, time: 2026-03-02T12:00:00Z }
              - { type: tag.removed, partner: p1, tag: vip, id: one }
              - { type: tag.removed, partner: p2, tag: vip, id: one }
              - partner.joined
          - at: 2026-03-01
          - at: 2026-03-02T11:59:59Z
            apply: { segments: [{ id: vips, match: { tagg: { any_of: [vip] } } }] }
            expect:
              members: { vip: [p1], vips: p1 }
              sends: [{ sorce: celebrate }, {}, { status: lost, decided_at: today, seq: x }]
          - { at: 2026-03-03T12:00:00Z, expect: {} }

        """,
        "lost.yaml":
            "scenario: Lost\ndefinitions: [nowhere.yaml]\nsteps: [{ at: 2026-03-01T12:00:00Z }]\n",
        "broken.json": "{\"segments\": [}",
        "templates.yaml": """
        templates:
          - id: letter
            subject: "Dear {{first_name}}"
            text: |
              You are in {{program.town}}.
              {{#name}}open

        """,
        "wrong.ndjson": """
        {"id":"1","type":"tag.asigned","partner":"p","time":"2026-03-01T12:00:00Z","tag":"x"}
        {"id":"2","type":"action.recorded","partner":"p","time":"2026-03-01T12:00:00Z","amount":-1}
        {"id":"3","type":"tag.assigned","partner":"p","time":"2026-03-01","tag":"x"}
        {"id":"4","type":"tag.assigned","partner":"p","time":"2999-01-01T00:00:00Z","tag":"x"}
        {"id":"good","type":"tag.assigned","partner":"p","time":"2026-03-01T12:00:00Z","tag":"other"}
        not JSON

        """,
    ]

    static let cases = [
        Case("muster", ["", "--help", "--version", "fly", "membrs"]),
        Case(
            "init",
            [
                "init --help", "init", "init --timezone Mars/Olympus --currency USD --store new",
                "init --timezone UTC --currency dollars", "init --timezone UTC --currency USD",
                "init --timezone UTC --currency USD --store a/b",
            ]
        ),
        Case(
            "apply",
            [
                "apply --help", "apply", "apply program.yaml", "apply missing.yaml", "apply folder",
                "apply program.yaml --store nowhere", "apply program.yaml --wait soon",
            ]
        ),
        Case(
            "definitions",
            ["apply wrong.yaml", "apply indent.yaml", "apply other.yaml", "apply broken.json"]
        ),
        Case(
            "ingest",
            [
                "ingest --help", "ingest wrong.ndjson",
                "ingest wrong.ndjson --strict --summary-json",
                "ingest missing.ndjson", "ingest --clock sun", "ingest --rejects a/b",
            ]
        ),
        Case(
            "advance",
            [
                "advance --help", "advance --to 2026-03-01", "advance --to tomorrow",
                "advance --to 2999-01-01", "advance --to 2026-03-01T13:00:00Z",
            ]
        ),
        Case(
            "members",
            [
                "members --help", "members vip", "members unlike-any-other",
                "members vips --at 2027-01-01", "members vips --seq 99", "members vips --seq 1",
                "members vips --at 2026-03-01 --seq 1", "members vips",
            ]
        ),
        Case("segments", ["segments --help", "segments", "segments --store nowhere"]),
        Case("diff", ["diff --help", "diff", "diff program.yaml", "diff wrong.yaml --count"]),
        Case(
            "forecast",
            [
                "forecast --help", "forecast vips", "forecast vips --to 2026-03-01",
                "forecast vip --to 2026-04-01", "forecast vips --to 2026-04-01 --count",
            ]
        ),
        Case("preview", ["preview --help", "preview vip", "preview vips"]),
        Case("partner", ["partner --help", "partner nobody", "partner p1"]),
        Case(
            "explain",
            [
                "explain --help", "explain send --help", "explain member --help",
                "explain workflow --help", "explain member vips p1",
                "explain member core p1 --corrected", "explain member vips nobody",
                "explain member vip p1", "explain member vips p1 --at 2026-03-01",
                "explain member vips p1 --at 2026-03-01T12:00:00Z --known-at 2026-03-01",
                "explain member vips p1 --format csv", "explain send snd_none",
                "explain send snd_none --partner p1", "explain workflow celebrate p1",
                "explain workflow celebrat p1", "explain workflow celebrate p1 --format ndjson",
            ]
        ),
        Case(
            "sends",
            [
                "sends --help", "sends --status lost", "sends --limit many", "sends",
                "sends --format csv",
            ]
        ),
        Case(
            "simulate",
            [
                "simulate --help", "simulate", "simulate --definitions program.yaml",
                "simulate --definitions wrong.yaml --by source",
                "simulate --definitions program.yaml --from 2026-04-01",
                "simulate --definitions program.yaml --from 2026-03-01 --to 2026-02-01",
            ]
        ),
        Case("runs", ["runs --help", "runs"]),
        Case(
            "deliver",
            [
                "deliver --help", "deliver", "deliver --to maildir:out", "deliver --to pigeon",
                "deliver --to smtp://a:b@c", "deliver --to stdout --from nobody",
                "deliver --to stdout --parallel 0", "deliver --to stdout --store nowhere",
                "deliver --to stdout --max-age 100000d", "sends", "deliver --to stdout",
                "deliver --release 99",
            ]
        ),
        Case("stats", ["stats --help", "stats --store nowhere"]),
        Case("report", ["report --help", "report", "report vip-welcome", "report vip-welcom"]),
        Case(
            "send-test",
            [
                "send-test --help", "send-test hello --partner p1 --to me@x.y",
                "send-test hallo --partner p1 --to me@x.y",
                "send-test hello --partner p9 --to me@x.y",
                "send-test hello --partner p1 --to me", "apply templates.yaml",
            ]
        ),
        Case(
            "backup",
            [
                "backup --help", "backup", "backup muster-store", "backup folder",
                "restore --help", "restore folder --store copy --format ndjson",
                "restore folder", "restore nowhere --store other",
            ]
        ),
        Case(
            "export",
            [
                "export --help", "export --store nowhere", "import --help", "import",
                "import missing.ndjson", "import wrong.ndjson --store copy",
                "import wrong.ndjson",
            ]
        ),
        Case("timezone", ["timezone --help", "timezone", "timezone --refresh"]),
        Case("audit", ["audit --help", "audit --format ndjson", "audit --store nowhere"]),
        Case(
            "digest",
            [
                "digest --help", "digest", "digest --dump", "digest --format ndjson",
                "digest --dump --format csv",
            ]
        ),
        Case(
            "templates",
            [
                "templates --help", "templates list --help", "templates show --help", "templates",
                "templates show top-creators", "templates show welcome-kickstart --term Standard",
                "templates show partner-reactivation --intervals 10,10",
                "templates show automate-prospecting --link example.com",
                "templates show partner-reactivation --to nowhere",
                "templates show partner-reactivation --to . --scenario",
                "templates show partner-reactivation --to .",
                "templates show partner-reactivation --to .",
            ]
                + TemplateTests.names.flatMap {
                    ["templates show \($0)", "templates show \($0) --scenario"]
                }
        ),
        Case(
            "test",
            [
                "test --help", "test", "test passing.yaml", "test failing.yaml",
                "test failing.yaml --format ndjson", "test failing.yaml --format csv",
                "test faulty.yaml passing.yaml", "test program.yaml", "test lost.yaml",
                "test missing.yaml",
            ]
        ),
    ]

    @Test("The words are those of the golden file", arguments: cases)
    func golden(_ c: Case) throws {
        let sandbox = try Sandbox(Campaign.definitions)
        for (name, text) in Self.files { try sandbox.write(text, to: name) }
        try FileManager.default.createDirectory(
            atPath: sandbox.path("folder"),
            withIntermediateDirectories: false
        )
        try sandbox.must(
            "ingest",
            input: address("a", "p1", at: "2026-03-01T12:00:00Z")
                + tag("good", "p1", "vip", at: "2026-03-01T12:00:00Z")
        )
        var text = ""
        for command in c.commands {
            let outcome = try sandbox.run(command.split(separator: " ").map(String.init))
            text += "$ muster \(command)\n"
            if !outcome.out.isEmpty { text += "--- stdout\n" + outcome.out }
            if !outcome.err.isEmpty { text += "--- stderr\n" + outcome.err }
            text += "--- status \(outcome.status)\n\n"
        }
        text.replace(/halts; [0-9.]+ s/, with: "halts; … s")
        text.replace(/wall clock \([^)]*\)/, with: "wall clock (…)")
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Golden/\(c.name).txt")
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            try Data(text.utf8).write(to: file)
        }
        let expected = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        #expect(text == expected, "UPDATE_GOLDEN=1 swift test --filter CLITests rewrites it")
    }
}
