import Foundation
import Testing

/// `muster test` from outside (SPEC 9).
struct ScenarioTests {
    private static let examples =
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Tools/example/scenarios").path

    static let files =
        (try? FileManager.default.contentsOfDirectory(atPath: examples))?.sorted() ?? []

    @Test("the bundled scenarios pass", arguments: files)
    func bundled(_ file: String) throws {
        let outcome = try Sandbox().muster("test", "\(Self.examples)/\(file)")
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.err.isEmpty)
        #expect(outcome.lines.count >= 2)
        #expect(outcome.lines.dropLast().allSatisfy { $0.hasPrefix("passed  ") })
        #expect(outcome.lines.last == "\(outcome.lines.count - 1) passed, 0 failed")
    }

    @Test("a store that is fed the same way decides the same sends, ids and all")
    func likeAStore() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        let lines = Campaign.history(seed: 5, count: 300)
        try sandbox.must("ingest", input: Campaign.text(lines))
        try sandbox.must("advance", "--to", "2026-03-05T00:00:00Z")
        let sends = try sandbox.must("sends", "--format", "ndjson").split(separator: "\n")
        try #require(sends.count > 50)
        // A scenario's step is a clock record of its own, so positions in the log are not the same.
        let expected = sends.map { String($0).replacing(#/,"seq":[0-9]+/#, with: "") }
        var members: [String] = []
        for segment in try sandbox.must("segments").split(separator: "\n") {
            let id = String(segment.prefix { $0 != "\t" })
            let ids = try sandbox.must("members", id).split(separator: "\n")
            members.append(#""\#(id)":[\#(ids.map { "\"\($0)\"" }.joined(separator: ","))]"#)
        }
        func scenario(_ sends: [String]) -> String {
            """
            {"scenario":"As in the store","definitions":["program.yaml"],
            "program":{"name":"acme"},"steps":[
            {"at":"2026-03-01T00:00:00Z","events":[\(lines.joined(separator: ",\n"))]},
            {"at":"2026-03-05T00:00:00Z","expect":{"members":{\(members.joined(separator: ","))},
            "sends":[\(sends.joined(separator: ",\n"))]}}]}
            """
        }
        try sandbox.write(scenario(expected), to: "same.json")
        let same = try sandbox.muster("test", "same.json")
        #expect(same.status == 0, "\(same.err.prefix(3000))")
        try sandbox.write(scenario(Array(expected.dropLast())), to: "less.json")
        #expect(try sandbox.muster("test", "less.json").status == 1)
    }

    @Test("--filter chooses scenarios by name")
    func filter() throws {
        let file = "\(Self.examples)/daylight-saving.yaml"
        let outcome = try Sandbox().muster("test", file, "--filter", "25 hours")
        #expect(
            outcome.lines == [
                "passed  Out of summer time, a day of 25 hours", "1 passed, 0 failed",
            ])
    }

    @Test("a filter that no scenario meets is an error, unless a file could not be read")
    func filterMeetsNothing() throws {
        let file = "\(Self.examples)/daylight-saving.yaml"
        let outcome = try Sandbox().muster("test", file, "--filter", "25 hors")
        #expect(outcome.status == 64)
        #expect(outcome.lines == ["0 passed, 0 failed"])
        #expect(outcome.err.hasPrefix("error: no scenario has \"25 hors\" in its name\n  fix: "))
        let missing = try Sandbox().muster("test", file, "missing.yaml", "--filter", "25 hors")
        #expect(missing.status == 66)
        #expect(!missing.err.contains("25 hors"))
    }

    @Test("a definition file that is not there is told with the way to its name")
    func missingDefinitions() throws {
        let outcome = try Sandbox().muster(
            "test", "-",
            input: "scenario: S\ndefinitions: [none.yaml]\nsteps: [{ at: 2026-01-01T00:00:00Z }]\n")
        #expect(outcome.status == 66)
        #expect(
            outcome.err == """
                error: -:2:15: definitions[0]: none.yaml: No such file or directory
                  fix: name a file as seen from the scenario file's directory

                """)
    }

    @Test("an expectation of no members at all is empty, not something other than a mapping")
    func emptyMembers() throws {
        let outcome = try Sandbox().muster(
            "test", "-",
            input: """
                scenario: S
                segments: [{ id: s, match: { tag: { any_of: [t] } } }]
                steps: [{ at: 2026-01-01T00:00:00Z, expect: { members: {} } }]

                """)
        #expect(outcome.status == 65)
        #expect(outcome.err.contains("-:3:56: steps[0].expect.members: members is empty\n"))
    }

    @Test("a scenario can come from standard input, and nothing is written anywhere")
    func standardInput() throws {
        let sandbox = try Sandbox()
        let outcome = try sandbox.muster(
            "test", "-",
            input: """
                {"scenario":"S","segments":[{"id":"s","match":{"tag":{"any_of":["t"]}}}],
                "steps":[{"at":"2026-01-01T00:00:00Z","expect":{"members":{"s":[]}}}]}
                """)
        #expect(outcome.lines == ["passed  S", "1 passed, 0 failed"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: sandbox.directory).isEmpty)
    }

    @Test("definitions that apply would refuse are refused, templates among them")
    func brokenTemplates() throws {
        let sandbox = try Sandbox()
        let template = ##"templates: [{ id: t, subject: "{{#name}}", text: "{{nam}}" }]"##
        try sandbox.write(template, to: "rules.yaml")
        let steps = "steps: [{ at: 2026-01-01T00:00:00Z, expect: { sends: [] } }]"
        for scenario in [
            "definitions: [rules.yaml]\n\(steps)", "\(template)\n\(steps)",
            """
            segments: [{ id: s, match: { tag: { any_of: [t] } } }]
            steps: [{ at: 2026-01-01T00:00:00Z, apply: rules.yaml }]
            """,
        ] {
            try sandbox.write("scenario: S\n\(scenario)", to: "s.yaml")
            let outcome = try sandbox.muster("test", "s.yaml")
            #expect(outcome.status == 65, "\(outcome)")
            #expect(outcome.err.contains("templates[0].subject: "), "\(outcome)")
            #expect(outcome.err.contains("templates[0].text: "), "\(outcome)")
        }
        // What a store's program section may give is not asked for.
        let fits = "templates: [{ id: t, subject: S, text: '{{constants.a}} {{unsubscribe_url}}' }]"
        func outcome(_ program: String) throws -> Outcome {
            try sandbox.muster(
                "test", "-", input: "scenario: S\nprogram: \(program)\n\(fits)\n\(steps)")
        }
        #expect(try outcome("{ timezone: Europe/Berlin }").status == 0)
        let known = try outcome("{ constants: { b: B } }")
        #expect(known.status == 65 && known.err.contains("no constant a"), "\(known)")
    }

    @Test("each expectation sees the sends since the last one, suppressed ones too")
    func sinceTheLast() throws {
        func step(_ hour: Int, _ expect: String) -> String {
            """
              - at: 2026-01-01T0\(hour):00:00Z
                events: [{ type: tag.assigned, partner: p, tag: t }]
                expect: \(expect)

            """
        }
        func outcome(_ steps: String...) throws -> Outcome {
            try Sandbox().muster(
                "test", "-",
                input: """
                    scenario: S
                    templates: [{ id: t, subject: T, text: T }]
                    segments: [{ id: s, match: { tag: { any_of: [t] } } }]
                    automations: [{ id: a, on: { tag_assigned: t }, do: [{ send_email: t }], state: active }]
                    steps:

                    """ + steps.joined())
        }
        let one = "{ sends: [{ partner: p, reason: no_address }] }"
        let two = "{ sends: [{ source: a }, { source: a }] }"
        let members = "{ members: { s: [p] } }"
        #expect(try outcome(step(1, one), step(2, one)).status == 0)
        #expect(try outcome(step(1, one), step(2, two)).status == 1)
        #expect(try outcome(step(1, members), step(2, one)).status == 0)
        #expect(try outcome(step(1, members), step(2, two)).status == 1)
        #expect(try outcome(step(1, "null"), step(2, two)).status == 0)
        // What is looked for too late is told of.
        let sent = "{ sends: [{ source: a, decided_at: '2026-01-01T01:00:00Z' }, { source: a }] }"
        #expect(
            try outcome(step(1, members), step(2, sent)).err.contains(
                "  | a  2026-01-01T01:00:00Z was decided at 2026-01-01T01:00:00Z, before the expectation "
                    + "of steps[0]\n"))
        let wrong = try outcome(step(1, "null"), step(2, one))
        #expect(!wrong.err.contains("before the expectation"))
    }
}

/// How the definitions of a scenario and its own program section go together.
struct ScenarioProgramTests {
    private static let steps = """
        steps:
          - at: 2026-03-01T15:00:00Z
            events: [{ type: partner.joined, partner: p }]
          - { at: 2026-03-02T04:59:59Z, expect: { members: { s: [] } } }
          - { at: 2026-03-02T05:00:00Z, expect: { members: { s: [p] } } }

        """

    private func outcome(file program: String, scenario: String) throws -> Outcome {
        let sandbox = try Sandbox()
        try sandbox.write(
            program + "segments: [{ id: s, match: { original_joined: { days_ago: 1 } } }]\n",
            to: "rules.yaml")
        return try sandbox.muster(
            "test", "-", input: "scenario: S\ndefinitions: [rules.yaml]\n" + scenario + Self.steps)
    }

    @Test("the zone is the definitions', else the scenario's, else UTC")
    func zone() throws {
        let newYork = "program: { timezone: America/New_York }\n"
        let constants = "program: { constants: { link: x } }\n"
        #expect(try outcome(file: newYork, scenario: "").status == 0)
        #expect(try outcome(file: "", scenario: newYork).status == 0)
        #expect(try outcome(file: constants, scenario: newYork).status == 0)
        #expect(try outcome(file: newYork, scenario: newYork).status == 0)
        #expect(try outcome(file: constants, scenario: "").status == 1)
    }

    @Test("a scenario can't contradict its definitions, nor name a zone that there is not")
    func wrong() throws {
        let other = try outcome(
            file: "program: { timezone: UTC }\n", scenario: "program: { timezone: Asia/Tokyo }\n")
        #expect(other.status == 65)
        #expect(other.err.hasPrefix("error: -:3:22: program.timezone: "))
        let unknown = try outcome(file: "", scenario: "program: { timezone: Mars/Olympus }\n")
        #expect(unknown.status == 65)
        #expect(unknown.err.hasPrefix("error: -:3:22: program.timezone: there is no time zone"))
        let currency = try outcome(file: "", scenario: "program: { currency: euro }\n")
        #expect(currency.status == 65)
        #expect(
            currency.err.hasPrefix(
                #"error: -:3:22: program.currency: there can be no store for the currency "euro""#))
        #expect(currency.err.contains("fix: write a code of three capitals, such as USD\n"))
        let ofFile = try outcome(file: "program: { currency: usd }\n", scenario: "")
        #expect(ofFile.status == 65)
        #expect(ofFile.err.hasPrefix("error: rules.yaml:1:22: program.currency: there can be no"))
        let inFile = try outcome(file: "program: { timezone: Mars/Olympus }\n", scenario: "")
        #expect(inFile.status == 65)
        #expect(inFile.err.hasPrefix("error: rules.yaml:1:22: program.timezone: there is no"))
    }
}
