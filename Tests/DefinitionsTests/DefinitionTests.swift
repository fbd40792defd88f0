import Core
import Definitions
import Testing

/// Whole files: their definitions, canonical bytes, and what one file says about another.
struct DefinitionTests {
    static let example = """
        program: { name: acme, timezone: America/New_York, currency: USD }   # also: constants
        templates:
          - { id: first-sale, subject: "Well done, {{name}}", text: "…", html: "…" }
          - { id: vip, subject: "Welcome", text: "…" }
        segments:
          - id: first-sale-30
            name: First action within 30 days of joining
            match:
              all:
                - original_joined: { days_ago: { from: 0, to: 30 } }
                - revenue: { over: { days_ago: { from: 0, to: 30 } }, greater_than: 0 }
                - contract_stage: { any_of: [joined] }
        workflows:
          - { id: celebrate, name: Celebrate a first sale, segment: first-sale-30, do: [{ send_email: first-sale }], state: active }
        automations:
          - { id: vip-welcome, name: VIP Welcome, on: { tag_assigned: vip }, do: [{ send_email: vip }], state: active }
        """

    @Test("the example of SPEC 5 reads as what it says, in order")
    func specExample() throws {
        let files = try read(Self.example)
        let thirty = DateCondition.daysAgo(from: 0, to: 30)
        let expected: [Definition] = [
            .template(
                Template(
                    id: "first-sale", name: "first-sale", subject: "Well done, {{name}}",
                    text: "…", html: "…")),
            .template(Template(id: "vip", name: "vip", subject: "Welcome", text: "…", html: nil)),
            .segment(
                Segment(
                    id: "first-sale-30", name: "First action within 30 days of joining",
                    match: .all([
                        .leaf(.originalJoined(thirty)),
                        .leaf(.measure(.revenue, over: .date(thirty), .greaterThan(0))),
                        .leaf(.contractStage(StageSet(ContractStage.joined))),
                    ]))),
            .workflow(
                Workflow(
                    id: "celebrate", name: "Celebrate a first sale", segment: "first-sale-30",
                    actions: [.sendEmail(template: "first-sale")], state: .active,
                    repeats: .never, cap: 10_000)),
            .automation(
                Automation(
                    id: "vip-welcome", name: "VIP Welcome", trigger: .tagAssigned("vip"),
                    actions: [.sendEmail(template: "vip")], state: .active, maxAge: 24 * .hour)),
            .program(
                ProgramSettings(name: "acme", timezone: "America/New_York", currency: "USD")),
        ]
        #expect(files.definitions.map(\.definition) == expected)
        #expect(files.places[2] == Place(file: "rules.yaml", line: 6, column: 9))
    }

    @Test("what is not given has its default")
    func defaults() throws {
        let files = try read(
            """
            segments: [{id: s, match: {tag: {any_of: [x]}}}]
            workflows:
              - {id: w, segment: s, do: [{add_tag: seen}, {remove_tag: 5}, accept_application]}
            automations:
              - {id: a, on: {segment_entered: s}, do: [accept_application: {template_term: {any_of: [b, a, b]}}]}
              - {id: b, on: {segment_left: s}, do: [accept_application: ], max_age: {days: 1, minutes: 1}, state: paused}
            """)
        #expect(
            files.definitions.dropFirst().map(\.definition) == [
                .workflow(
                    Workflow(
                        id: "w", name: "w", segment: "s",
                        actions: [
                            .addTag("seen"), .removeTag("5"), .acceptApplication(terms: nil),
                        ], state: .draft, repeats: .onReentry, cap: 10_000)),
                .automation(
                    Automation(
                        id: "a", name: "a", trigger: .segmentEntered("s"),
                        actions: [.acceptApplication(terms: ["a", "b"])], state: .draft,
                        maxAge: 24 * .hour)),
                .automation(
                    Automation(
                        id: "b", name: "b", trigger: .segmentLeft("s"),
                        actions: [.acceptApplication(terms: nil)], state: .paused,
                        maxAge: .day + .minute)),
            ])
        #expect(
            files.definitions.last?.text
                == #"{"do":[{"accept_application":true}],"id":"b","max_age":{"days":1,"minutes":1},"on":{"segment_left":"s"},"state":"paused"}"#
        )
    }

    @Test("YAML and JSON, key order, comments and quotes make no difference to the bytes")
    func sameBytes() throws {
        let yaml = """
            # A comment.
            segments:
            - match:
                all:
                - attribute: {equals: 5.0, name: size}
                - tag: {any_of: [yes, 'no', 2026-03-01]}
                - revenue: {greater_than: 1e3, over: {on: 2026-03-01}}
                - last_transition: {is_set: false}
              description:
              "id": "é"
              name: >-
                Two
                words
            """
        let json = #"""
            {"segments": [{"id": "\u00e9", "name": "Two words", "match": {"all": [
              {"attribute": {"name": "size", "equals": 5}},
              {"tag": {"any_of": ["yes", "no", "2026-03-01"]}},
              {"revenue": {"over": {"on": "2026-03-01"}, "greater_than": 1000.00}},
              {"last_transition": {"is_set": false}}]}}]}
            """#
        let first = try read(yaml).definitions
        let second = try read(json, file: "rules").definitions
        #expect(first == second)
        #expect(
            first.first?.text
                == #"{"id":"é","match":{"all":[{"attribute":{"equals":5,"name":"size"}},{"tag":{"any_of":["yes","no","2026-03-01"]}},{"revenue":{"greater_than":1000,"over":{"on":"2026-03-01"}}},{"last_transition":{"is_set":false}}]},"name":"Two words"}"#
        )
    }

    @Test("canonical bytes read back as the same definition and the same bytes")
    func roundTrip() throws {
        var definitions = try read(Self.example).definitions
        let conditions = [
            ConditionTests.lists, ConditionTests.contractWith, ConditionTests.dates,
            ConditionTests.windows, ConditionTests.comparisons, ConditionTests.counts,
            ConditionTests.attributes, ConditionTests.combinations,
        ].flatMap { $0 }
        for (number, test) in conditions.enumerated() {
            definitions += try read(
                "segments: [{id: s\(number), description: d, match: \(test.text)}, {id: a, match: {tag: {any_of: [a]}}}, {id: b, match: {tag: {any_of: [b]}}}]"
            ).definitions
        }
        for definition in definitions {
            let again = try decodeDefinition(
                kind: definition.definition.kind, bytes: definition.bytes)
            #expect(again == definition)
        }
    }

    @Test("a record that is no definition is refused")
    func badRecord() {
        #expect(throws: DefinitionErrors.self) {
            try decodeDefinition(kind: .segment, bytes: Array(#"{"id":"x"}"#.utf8))
        }
        #expect(throws: DefinitionErrors.self) {
            try decodeDefinition(kind: .segment, bytes: Array("{".utf8))
        }
    }

    @Test("anchors and aliases stand for what they name")
    func aliases() throws {
        let files = try read(
            """
            segments:
            - {id: a, match: &m {tag: {any_of: [x]}}}
            - {id: b, match: {not: *m}}
            """)
        #expect(
            files.definitions.last?.text == #"{"id":"b","match":{"not":{"tag":{"any_of":["x"]}}}}"#)
    }

    @Test("constants are texts whatever they look like")
    func constants() throws {
        let files = try read(
            """
            program:
              constants: {rate: 0.10, go: on, "a": "b"}
              unsubscribe_base: https://example.com/u
            """)
        let settings = ProgramSettings(
            constants: [
                .init(name: "a", value: "b"), .init(name: "go", value: "on"),
                .init(name: "rate", value: "0.10"),
            ], unsubscribeBase: "https://example.com/u")
        #expect(files.definitions.map(\.definition) == [.program(settings)])
        #expect(files.program?.settings == settings)
    }

    @Test("the program must be the store's where it is given")
    func programCheck() throws {
        let files = try read("program:\n  name: acme\n  currency: EUR\n")
        let check = try #require(files.program)
        #expect(check.errors(name: "acme", timezone: "UTC", currency: "EUR").isEmpty)
        let errors = check.errors(name: "other", timezone: "UTC", currency: "USD")
        #expect(errors.map(\.path) == ["program.name", "program.currency"])
        #expect(errors.map(\.line) == [2, 3])
        #expect(
            errors.last?.message == #"the program's currency is "EUR", but the store's is "USD""#)
    }

    // MARK: Several files

    func readAll(
        _ texts: [String], inForce: [CanonicalDefinition] = [], prune: Bool = false
    ) -> [String] {
        let sources = texts.enumerated().map {
            DefinitionSource(file: "\($0).yaml", bytes: Array($1.utf8))
        }
        do {
            _ = try readDefinitions(sources, inForce: inForce, prune: prune)
            return []
        } catch {
            return error.errors.map(\.description)
        }
    }

    @Test("an id given twice names both places")
    func duplicates() {
        let one = "segments:\n- {id: s, match: {tag: {any_of: [x]}}}\n"
        let workflow = "workflows:\n- {id: s, segment: s, do: [accept_application]}\n"
        #expect(
            readAll([one, workflow, "\n" + one.replacing("x", with: "y")]) == [
                #"2.yaml:3:8: segments[0].id: the segment "s" is given twice, first in 0.yaml:2:8"#
            ])
        // Bundles may share what they say in the same way; within one file it is a slip.
        #expect(readAll([one, workflow, "\n" + one]) == [])
        #expect(readAll([one + one.dropFirst("segments:\n".count)]).count == 1)
        #expect(
            errors(one + one.dropFirst("segments:\n".count)).first?.fix
                == "rename one of the two, or remove it")
        #expect(readAll(["program: {name: a}", "program: {name: a}"]) == [])
        #expect(readAll(["program: {name: a}", "program: {name: b}"]).count == 1)
    }

    @Test("references may go to other files and to what is in force, unless it is pruned")
    func references() throws {
        let base =
            "segments:\n- {id: s, match: {tag: {any_of: [x]}}}\ntemplates: [{id: t, subject: s, text: t}]"
        let use = """
            workflows: [{id: w, segment: s, do: [{send_email: t}]}]
            automations: [{id: a, on: {segment_left: s}, do: [{add_tag: x}]}]
            segments: [{id: u, match: {segment: {none_of: [s]}}}]
            """
        #expect(readAll([use, base]) == [])
        let inForce = try read(base).definitions
        #expect(readAll([use], inForce: inForce) == [])
        let pruned = readAll([use], inForce: inForce, prune: true)
        #expect(pruned.count == 4)
        #expect(
            pruned.first
                == #"0.yaml:1:30: workflows[0].segment: the segment "s" is in force, but no file defines it, "#
                + "and --prune would retire it")
        #expect(
            errors(use, inForce: inForce, prune: true).first?.fix
                == "define it in one of the files too, or leave --prune out")
        #expect(
            readAll([use]) == [
                #"0.yaml:1:30: workflows[0].segment: there is no segment "s""#,
                #"0.yaml:1:51: workflows[0].do[0].send_email: there is no template "t""#,
                #"0.yaml:2:42: automations[0].on.segment_left: there is no segment "s""#,
                #"0.yaml:3:48: segments[0].match.segment.none_of[0]: there is no segment "s""#,
            ])
    }

    @Test("no segment is told to name itself")
    func ownName() {
        let fixes = errors(
            """
            segments:
            - {id: vips, match: {segment: {any_of: [vip]}}}
            - {id: rest, match: {segment: {none_of: [vip]}}}
            """
        ).map(\.fix)
        #expect(
            fixes == [
                "define the segment in one of the files, or name one that exists",
                "did you mean vips?",
            ])
    }

    @Test("a thousand segments may stand one on the other, and no more")
    func chains() throws {
        func chain(_ count: Int) -> String {
            let first = "segments:\n- {id: s0, match: {tag: {any_of: [x]}}}\n"
            return (1..<count).reversed().reduce(first) { text, number in
                text + "- {id: s\(number), match: {segment: {any_of: [s\(number - 1)]}}}\n"
            }
        }
        #expect(readAll([chain(1_000)]) == [])
        #expect(
            readAll([chain(1_003)]) == [
                #"0.yaml:5:8: segments[3].id: with the segment "s1000" more than 1000 segments stand one on the other"#
            ])
        // Nor by what is put under those in force, or on them.
        let inForce = try read(chain(1_000)).definitions
        let under =
            "segments: [{id: s0, match: {segment: {any_of: [x]}}}, {id: x, match: {tag: {any_of: [x]}}}]"
        #expect(
            readAll([under], inForce: inForce).map { $0.contains(#"with the segment "s0" more"#) }
                == [true])
        let on = "segments: [{id: y, match: {segment: {any_of: [s1, s999]}}}]"
        #expect(
            readAll([on], inForce: inForce).map { $0.contains(#"with the segment "y" more"#) }
                == [true])
        #expect(readAll([on.replacing("s999", with: "s998")], inForce: inForce) == [])
    }

    @Test("a YAML file may begin with a flow mapping")
    func flow() throws {
        let rules = "{segments: [{id: s, match: {tag: {any_of: [a]}}}]}"
        #expect(try read(rules, file: "rules.yml").definitions.count == 1)
        #expect(errors(rules, file: "-").first?.message.hasPrefix("not valid JSON") == true)
        #expect(
            errors("{segments: [}", file: "r.yaml").first?.message.hasPrefix("not valid YAML")
                == true)
    }

    @Test("settings may be as low as nothing, and the program may be described")
    func lowest() throws {
        let rules = """
            program: { description: Our partners }
            segments: [{id: s, match: {tag: {any_of: [x]}}}]
            workflows: [{id: w, segment: s, do: [{add_tag: y}], cap: 0}]
            automations: [{id: a, on: {tag_assigned: x}, do: [{add_tag: y}], max_age: {hours: 0}}]
            """
        let definitions = try read(rules).definitions.map(\.definition)
        for case .workflow(let workflow) in definitions { #expect(workflow.cap == 0) }
        for case .automation(let automation) in definitions { #expect(automation.maxAge == 0) }
        #expect(definitions.count == 4)
    }

    @Test("circles among segments are named, those through segments in force too")
    func circles() throws {
        let a = "segments: [{id: a, match: {segment: {any_of: [b]}}}]"
        let b = "segments: [{id: b, match: {not: {segment: {any_of: [c, a]}}}}]"
        let c = "segments: [{id: c, match: {tag: {any_of: [x]}}}]"
        let own = "segments: [{id: c, match: {segment: {any_of: [c]}}}]"
        #expect(
            readAll([a, b, c]) == [
                #"0.yaml:1:47: segments[0].match.segment.any_of[0]: segments name each other in a circle: "a" → "b" → "a""#
            ])
        #expect(readAll([own]).first?.hasSuffix(#"in a circle: "c" → "c""#) == true)
        let inForce = try read(
            "segments: [{id: b, match: {segment: {any_of: [a]}}}, {id: a, match: {tag: {any_of: [x]}}}]"
        ).definitions
        #expect(
            readAll([a], inForce: inForce).map { $0.hasSuffix(#""a" → "b" → "a""#) } == [true])
        #expect(
            readAll([a, c], inForce: try read(c.replacing("id: c", with: "id: b")).definitions)
                == [])
    }

    @Test("a fault of syntax in one file hides nothing wrong in another, and invents nothing")
    func manyFaults() {
        let errors = readAll([
            "segments: [",
            "workflows: [{id: w, segment: elsewhere, do: []}]",
            "segments: [{id: s, match: {tags: {any_of: [x]}}}, {id: t, match: {tag: {}}}]",
        ])
        #expect(errors.map { String($0.prefix(6)) } == ["0.yaml", "1.yaml", "2.yaml", "2.yaml"])
    }

    @Test("definitions inside another file are read like whole files")
    func inline() throws {
        let root = try readNode(
            DefinitionSource(
                file: "s.yaml",
                bytes: Array("definitions:\n  segments: [{id: s, match: {tag: {any_of: []}}}]".utf8)
            ))
        let inner = try #require(root.value(of: "definitions"))
        let document = DefinitionDocument(file: "s.yaml", root: inner, path: "definitions")
        do {
            _ = try readDefinitions(documents: [document])
            Issue.record("an empty list was read")
        } catch {
            #expect(
                error.errors.map(\.description) == [
                    "s.yaml:2:44: definitions.segments[0].match.tag.any_of: any_of is empty"
                ])
        }
    }
}
