import Definitions
import Testing

/// Each kind of fault with its place, message and fix.
struct ErrorTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var text: String
        var place: String
        var path: String
        var message: String
        var fix: String
        var testDescription: String { message }

        /// A fault in a whole file; `place` is line and column.
        init(_ text: String, _ place: String, _ path: String, _ message: String, fix: String) {
            self.text = text
            self.place = place
            self.path = path
            self.message = message
            self.fix = fix
        }

        /// A fault in the condition of a segment, which begins in line 3, column 10.
        init(match: String, _ column: Int, _ path: String, _ message: String, fix: String) {
            self.init(
                "segments:\n- id: s\n  match: \(match)\n", "3:\(column)",
                path.isEmpty ? "segments[0].match" : "segments[0].match.\(path)", message, fix: fix)
        }
    }

    private static let headerFix =
        "write it in ASCII: a host as xn--…, all else with % and two hexadecimal digits a byte"

    private static let numberFix =
        "write it in quotes for the text, or for the number in digits, such as 1000 or 0.5"

    static let syntax = [
        Case(
            "", "1:1", "", "there are no definitions here",
            fix: "write for example segments: [{id: …, match: …}]"),
        Case(
            "# nothing\n", "1:1", "", "there are no definitions here",
            fix: "write for example segments: [{id: …, match: …}]"),
        Case(
            "- a\n", "1:1", "", "a definition file must be a mapping, but here is a list",
            fix: "write for example segments: [{id: …, match: …}]"),
        Case(
            "segments:\n  - id: s\n   match: x\n", "3:4", "",
            "not valid YAML: did not find expected '-' indicator, while parsing a block collection that begins in line 2",
            fix: "check indentation, quotes and brackets up to here"),
        Case(
            "segments: []\n---\nsegments: []\n", "2:1", "", "a second YAML document begins here",
            fix: "put each document into a file of its own, or join them under one set of keys"),
        Case(
            "segments:\n- id: a\n  match: {}\n  id: b\n", "4:3", "segments[0]",
            "the key \"id\" is given twice, first in line 2",
            fix: "keep one of them; several values make a list under one key"),
        Case(
            "program: {\"name\": a, name: b}\n", "1:22", "program",
            "the key \"name\" is given twice, first in line 1",
            fix: "keep one of them; several values make a list under one key"),
        Case(
            "program:\n  name: a\n  'name': b\n  \"name\": c\nsegments: []\nsegments: []\n", "3:3",
            "program", "the key \"name\" is given twice, first in line 2",
            fix: "keep one of them; several values make a list under one key"),
        Case(
            "segments: []\n!!str segments: []\n", "2:1", "",
            "the key \"segments\" is given twice, first in line 1",
            fix: "keep one of them; several values make a list under one key"),
        Case(
            "segments: []\nprogram: {&name name: a, name: b}\n", "2:11", "",
            "the key \"name\", first given here, is given again in the same mapping",
            fix: "keep one of them; several values make a list under one key"),
        Case(
            "segments: *none\n", "1:11", "", "not valid YAML: found undefined alias",
            fix: "define the anchor above, or put a text that begins with * in quotes"),
        Case(
            "segments: !!set {a}\n", "1:11", "",
            "the YAML tag \"tag:yaml.org,2002:set\" has no meaning here",
            fix: "leave the tag out; quotes make a value a text"),
        Case(
            "? [a]\n: b\n", "1:3", "", "a key that is a list or a mapping",
            fix: "write a text as the key; a value that begins with { or [ goes in quotes"),
        Case(
            "{\"segments\": [}", "1:15", "", "not valid JSON: expected a value",
            fix: "check quotes, commas and brackets here; JSON has no comments"),
        Case(
            "{\n \"é\": 1, \"é\": 2}", "2:10", "",
            "the key \"é\" is given twice, first in line 2",
            fix: "keep one of them; several values make a list under one key"),
        Case(
            "{\"segments\": [{\"id\": \"s\",\n\"match\": {\"tag\": 1, \"tag\": 2}, \"id\": 1}]}",
            "2:21", "segments[0].match", "the key \"tag\" is given twice, first in line 2",
            fix: "keep one of them; several values make a list under one key"),
    ]

    static let objects = [
        Case(
            "segment: []\n", "1:1", "segment", "unknown key \"segment\" in a definition file",
            fix: "did you mean segments?"),
        Case(
            "segments: {id: s}\n", "1:11", "segments",
            "segments must be a list, but here is a mapping",
            fix: "begin each segment with a dash: - id: …"),
        Case(
            "segments:\n- match: {tag: {any_of: [x]}}\n", "2:3", "segments[0]",
            "a segment needs id", fix: "write {id: vips, match: {tag: {any_of: [vip]}}}"),
        Case(
            "segments:\n- id: s\n", "2:3", "segments[0]", "a segment needs match",
            fix: "write {id: vips, match: {tag: {any_of: [vip]}}}"),
        Case(
            "templates: [{id: \"\", subject: s, text: t}]\n", "1:18", "templates[0].id",
            "the id is empty", fix: "write at least one character"),
        Case(
            "templates: [{id: \"a\\tb\", subject: s, text: t}]\n", "1:18", "templates[0].id",
            "the id contains the control character U+0009",
            fix: "leave it out, line breaks and tabs included"),
        Case(
            "templates: [{id: \(String(repeating: "ä", count: 51)), subject: s, text: t}]\n",
            "1:18", "templates[0].id", "the id has 51 characters, at most 50 are allowed",
            fix: "shorten it; a description may be longer"),
        Case(
            "{\"templates\": [{\"id\": 5, \"subject\": \"s\", \"text\": \"t\"}]}", "1:23",
            "templates[0].id", "the id must be a text, but here is the number 5",
            fix: "put it in quotes: \"5\""),
        Case(
            "templates: [{id: t, text: t}]\n", "1:13", "templates[0]", "a template needs subject",
            fix: "write {id: welcome, subject: …, text: …}"),
        Case(
            "templates: [{id: t, subject: s}]\n", "1:13", "templates[0]",
            "a template needs text, html or both", fix: "add text: with what to say"),
        Case(
            "templates: [{id: t, subject: \"a\\nb\", text: t}]\n", "1:30", "templates[0].subject",
            "the subject contains the control character U+000A",
            fix: "leave it out, line breaks and tabs included"),
        Case(
            "automations: [{id: a, on: {tag_assigned: x}, do: []}]\n", "1:50",
            "automations[0].do", "do is empty", fix: "write do: [{send_email: TEMPLATE}]"),
        Case(
            "automations: [{id: a, on: {tag_assigned: x}, do: {add_tag: x}}]\n", "1:50",
            "automations[0].do", "do must be a list, but here is a mapping",
            fix: "write do: [{send_email: TEMPLATE}]"),
        Case(
            "automations: [{id: a, on: {tag_asigned: x}, do: [{add_tag: x}]}]\n", "1:28",
            "automations[0].on.tag_asigned", "unknown key \"tag_asigned\" in on",
            fix: "did you mean tag_assigned?"),
        Case(
            "automations: [{id: a, on: {tag_assigned: x}, do: [{add_tag: x}], stat: on}]\n",
            "1:66", "automations[0].stat", "unknown key \"stat\" in an automation",
            fix: "did you mean state?"),
        Case(
            "automations: [{id: a, on: {tag_assigned: x}, do: [{add_tag: x}], state: on}]\n",
            "1:73", "automations[0].state", "unknown state \"on\"",
            fix: "use draft, active or paused"),
        Case(
            "automations: [{id: a, on: {tag_assigned: x}, do: [{add_tag: x}], max_age: {hours: -1}}]\n",
            "1:83", "automations[0].max_age.hours",
            "hours must be a whole number from 0 to 2400000, but here is \"-1\"",
            fix: "write a whole number in that range"),
        Case(
            "automations: [{id: a, on: {tag_assigned: x}, do: [accept_aplication]}]\n", "1:51",
            "automations[0].do[0]",
            "an action must be a mapping, but here is \"accept_aplication\"",
            fix: "did you mean accept_application?"),
        Case(
            "automations: [{id: a, on: {tag_assigned: x}, do: [{accept_application: false}]}]\n",
            "1:72", "automations[0].do[0].accept_application",
            "accept_application: false does nothing", fix: "leave the action out"),
        Case(
            "segments: [{id: s, match: {tag: {any_of: [x]}}}]\nworkflows: [{id: w, segment: s, do: [accept_application], cap: -1}]\n",
            "2:64", "workflows[0].cap",
            "cap must be a whole number from 0 to 1000000000, but here is \"-1\"",
            fix: "write a whole number in that range"),
        Case(
            "segments: [{id: s, match: {tag: {any_of: [x]}}}]\nworkflows: [{id: w, segment: s, do: [accept_application], repeat: always}]\n",
            "2:67", "workflows[0].repeat", "unknown repeat \"always\"",
            fix: "use never or on_reentry"),
        Case(
            "segments: [{id: vips, match: {tag: {any_of: [x]}}}]\nworkflows: [{id: w, segment: vip, do: [accept_application]}]\n",
            "2:30", "workflows[0].segment", "there is no segment \"vip\"",
            fix: "did you mean vips?"),
        Case(
            "program: {unsubscribe_base: example.com}\n", "1:29", "program.unsubscribe_base",
            "unsubscribe_base must be a web address, but here is \"example.com\"",
            fix: "write for example https://example.com/unsubscribe"),
        Case(
            "program: {unsubscribe_base: 'https://ü.example/x'}\n", "1:29",
            "program.unsubscribe_base",
            "unsubscribe_base stands in a header of each mail, which can't hold \"ü\"",
            fix: headerFix),
        Case(
            "program: {unsubscribe_base: 'https://u.example/<x>'}\n", "1:29",
            "program.unsubscribe_base",
            "unsubscribe_base stands in a header of each mail, which can't hold \"<\"",
            fix: headerFix),
        Case(
            "program: {unsubscribe_base: 'https://u.example/\(String(repeating: "a", count: 783))'}\n",
            "1:29", "program.unsubscribe_base",
            "unsubscribe_base has 801 bytes, and a header of each mail has room for 800",
            fix: "write a shorter address"),
        Case(
            "program: {unsubscribe_base: 'https://'}\n", "1:29", "program.unsubscribe_base",
            "unsubscribe_base \"https://\" names no host",
            fix: "write for example https://example.com/unsubscribe"),
        Case(
            "program: {unsubscribe_base: 'https://u.example/#/off'}\n", "1:29",
            "program.unsubscribe_base",
            "unsubscribe_base must do without #: no server gets to see what stands behind it, and there the "
                + "send's id would", fix: "write an address without #"),
        Case(
            "program: {unsubscribe_base: 'https://u.example/off?a=1&b=2'}\n", "1:29",
            "program.unsubscribe_base",
            "unsubscribe_base \"https://u.example/off?a=1&b=2\" has no place for the send's id",
            fix: "let it end with the name of a parameter, such as &send="),
        Case(
            "{\"program\": {\"constants\": {\"rate\": 5}}}", "1:36", "program.constants.rate",
            "the constant \"rate\" must be a text, but here is the number 5",
            fix: "put it in quotes: \"5\""),
    ]

    static let conditions = [
        Case(
            match: "[{tag: {any_of: [x]}}]", 10, "",
            "a condition must be a mapping, but here is a list",
            fix: "put the list under all: or any:"),
        Case(
            match: "{tag: {any_of: [x]}, group: {any_of: [y]}}", 10, "",
            "a condition has one key, but here are tag and group",
            fix: "join them: all: [{tag: …}, {group: …}]"),
        Case(
            match: "{tags: {any_of: [x]}}", 11, "tags", "unknown key \"tags\" in a condition",
            fix: "did you mean tag?"),
        Case(
            match: "{<<: {tag: {any_of: [x]}}}", 11, "<<", "unknown key \"<<\" in a condition",
            fix: "write the keys out: merge keys are not supported"),
        Case(
            match: "{all: []}", 16, "all", "all is empty",
            fix: "write a list of conditions: all: [{tag: {any_of: [vip]}}]"),
        Case(
            match: "{any: [{tag: {any_of: [x]}}, {all: []}]}", 45, "any[1].all", "all is empty",
            fix: "write a list of conditions: all: [{tag: {any_of: [vip]}}]"),
        Case(
            match: "{tag: {any_of: vip}}", 25, "tag.any_of",
            "any_of must be a list, but here is \"vip\"",
            fix: "write a list of at least one tag: any_of: [vip]"),
        Case(
            match: "{tag: {any_of: [x], none_of: [y]}}", 39, "tag.none_of",
            "tag takes one key, but here are any_of and none_of",
            fix: "write tag: {any_of: […]}"),
        Case(
            match: "{relationship_stage: {all_of: [joined]}}", 32, "relationship_stage.all_of",
            "all_of has no meaning for relationship_stage, of which a partner has one only",
            fix: "use any_of"),
        Case(
            match: "{relationship_stage: {any_of: [joind]}}", 41, "relationship_stage.any_of[0]",
            "unknown stage \"joind\"", fix: "did you mean joined?"),
        Case(
            match: "{partner_name: {none_of: [x]}}", 26, "partner_name.none_of",
            "partner_name has no none_of", fix: "write not: {partner_name: {any_of: […]}}"),
        Case(
            match: "{contract_with: {}}", 26, "contract_with",
            "contract_with needs one of stage, template_term or contract",
            fix:
                "write contract_with: {stage: {any_of: [joined]}, template_term: {any_of: […]}}"),
        Case(
            match: "{original_joined: {days_ago: {from: 5, to: 1}}}", 39,
            "original_joined.days_ago", "days_ago goes from 5 to 1, which no day meets",
            fix: "write days_ago: {from: 1, to: 5}"),
        Case(
            match: "{original_joined: {days_ago: {from: 5}}}", 39, "original_joined.days_ago",
            "days_ago needs to", fix: "write days_ago: {from: 0, to: 30}"),
        Case(
            match: "{original_joined: {days_ago: 1.5}}", 39, "original_joined.days_ago",
            "days_ago must be a whole number from 0 to 100000, but here is \"1.5\"",
            fix: "write a whole number in that range"),
        Case(
            match: "{original_joined: {days_ago: \"5\"}}", 39, "original_joined.days_ago",
            "days_ago must be a number, but here is the text \"5\"",
            fix: "write 5 without quotes"),
        Case(
            match: "{original_joined: {last_days: 017}}", 40, "original_joined.last_days",
            "last_days must be a number, but here is \"017\"",
            fix: "write digits, such as 1000 or 0.5: no separators, no leading zeros or +"),
        Case(
            match: "{original_joined: {last_months: 1201}}", 42, "original_joined.last_months",
            "last_months must be a whole number from 0 to 1200, but here is \"1201\"",
            fix: "write a whole number in that range"),
        Case(
            match: "{original_joined: {on: 2026-02-29}}", 33, "original_joined.on",
            "on must be a date, but here is \"2026-02-29\"",
            fix: "write year, month and day of a date that exists, such as 2026-03-01"),
        Case(
            match: "{original_joined: {before: 2026-03-01T00:00:00Z}}", 37,
            "original_joined.before",
            "before must be a date, but here is \"2026-03-01T00:00:00Z\"",
            fix: "write the date alone: 2026-03-01"),
        Case(
            match: "{original_joined: {between: [2026-03-02, 2026-03-01]}}", 38,
            "original_joined.between", "between ends before it begins",
            fix: "write the earlier date first"),
        Case(
            match: "{original_joined: yesterday}", 28, "original_joined",
            "original_joined must be today or a mapping, but here is \"yesterday\"",
            fix: "write for example days_ago: {from: 0, to: 30}"),
        Case(
            match: "{last_transition: {today: false}}", 36, "last_transition.today",
            "today: false is no date condition",
            fix: "put the leaf under not:, with today: true"),
        Case(
            match: "{tagged: {tag: a, today}}", 33, "tagged.today",
            "today must be true, but here is nothing", fix: "write today: true"),
        Case(
            match: "{last_transition: {longer_ago_than: {days: 100000, hours: 1}}}", 46,
            "last_transition.longer_ago_than", "longer_ago_than is longer than 100000 days",
            fix: "write at most 100000 days in all"),
        Case(
            match: "{last_transition: {within: {weeks: 1}}}", 38, "last_transition.within.weeks",
            "unknown key \"weeks\" in within", fix: "use days, hours or minutes"),
        Case(
            match: "{last_transition: {within: {}}}", 37, "last_transition.within",
            "within needs one of days, hours or minutes",
            fix: "write within: {days: 7}, or hours or minutes"),
        Case(
            match: "{tagged: {tag: x, is_set: true}}", 28, "tagged.is_set",
            "is_set has no meaning in tagged", fix: "use tag: {any_of: [ID]} or none_of"),
        Case(
            match: "{tagged: {tag: x}}", 19, "tagged",
            "the date condition of tagged needs one of today, days_ago, last_days, last_months, more_than_days_ago, on, before, after, between, within or longer_ago_than",
            fix: "write tagged: {tag: ID, days_ago: 7}"),
        Case(
            match: "{tagged: {days_ago: 1}}", 19, "tagged", "tagged needs tag",
            fix: "write tagged: {tag: ID, days_ago: 7}"),
        Case(
            match: "{revenue: {over: {last_days: 30}}}", 20, "revenue",
            "revenue needs one of greater_than, at_least, less_than, at_most, equals, not_equals or between",
            fix: "write for example at_least: 1; between: [1, 10] gives two ends"),
        Case(
            match: "{revenue: {over: today, at_least: 1, at_most: 5}}", 56, "revenue.at_most",
            "revenue takes one comparison, but here are at_least and at_most",
            fix: "write for example at_least: 1; between: [1, 10] gives two ends"),
        Case(
            match: "{revenue: {at_least: 1_000}}", 31, "revenue.at_least",
            "the number to compare with must be a number, but here is \"1_000\"",
            fix: "write digits, such as 1000 or 0.5: no separators, no leading zeros or +"),
        Case(
            match: "{revenue: {at_least: 0.0000001}}", 31, "revenue.at_least",
            "the number to compare with has more than 6 decimal places or is too large",
            fix: "write a number below 10^18 with at most 6 decimal places"),
        Case(
            match: "{revenue: {at_least: 1e18}}", 31, "revenue.at_least",
            "the number to compare with has more than 6 decimal places or is too large",
            fix: "write a number below 10^18 with at most 6 decimal places"),
        Case(
            match: "{revenue: {between: [2, 1]}}", 30, "revenue.between",
            "between ends below its beginning", fix: "write the smaller number first"),
        Case(
            match: "{revenue: {between: [1]}}", 30, "revenue.between",
            "between takes 2 numbers, but here are 1", fix: "write between: [1, 10]"),
        Case(
            match: "{revenue: {over: {is_set: false}, at_least: 1}}", 36, "revenue.over.is_set",
            "is_set: false leaves no day that could count",
            fix: "leave over out, or write over: all_time"),
        Case(
            match: "{revenue: {over: alltime, at_least: 1}}", 27, "revenue.over",
            "over must be all_time, today or a mapping, but here is \"alltime\"",
            fix: "did you mean all_time?"),
        Case(
            match: "{revenue: {over: {since: joined}, at_least: 1}}", 35, "revenue.over.since",
            "unknown start of a window \"joined\"", fix: "use original_joined"),
        Case(
            match: "{revenue: {over: {days_after_joining: {from: -1, to: 2}}, at_least: 1}}", 55,
            "revenue.over.days_after_joining.from",
            "from must be a whole number from 0 to 100000, but here is \"-1\"",
            fix: "write a whole number in that range"),
        Case(
            match: "{email: {over: today}}", 18, "email", "email needs activity",
            fix: "write email: {activity: opened, over: {last_days: 30}, at_least: 1}"),
        Case(
            match: "{email: {activity: read}}", 29, "email.activity", "unknown activity \"read\"",
            fix: "use sent, delivered, opened, clicked or bounced"),
        Case(
            match: "{event: {name: e, where: {name: a, equals: 1}}}", 35, "event.where",
            "where must be a list, but here is a mapping",
            fix: "write where: [{name: total, at_least: 100}]"),
        Case(
            match: "{attribute: {name: a, equals: null}}", 40, "attribute.equals",
            "equals is null, and nothing equals null",
            fix: "write exists: false; the text null needs quotes"),
        Case(
            match: "{original_joined: {within: {days: 0, hours: 0}}}", 37,
            "original_joined.within", "within is no time at all",
            fix: "write within: {days: 7}, or hours or minutes"),
        Case(
            match: "{attribute: {name: a, equals: True}}", 40, "attribute.equals",
            "equals is True, which can mean a text or not",
            fix: "write true, or \"True\" in quotes for the text"),
        Case(
            match: "{attribute: {name: a, any_of: [b, .5]}}", 44, "attribute.any_of[1]",
            "a value of any_of is .5, which can mean a text or a number", fix: numberFix),
        Case(
            match: "{event: {name: e, where: [{name: a, not_equals: 0x1F}]}}", 58,
            "event.where[0].not_equals",
            "not_equals is 0x1F, which can mean a text or a number", fix: numberFix),
        Case(
            match: "{attribute: {name: a, exists: yes}}", 40, "attribute.exists",
            "exists must be true or false, but here is \"yes\"",
            fix: "write true or false, without quotes"),
        Case(
            match: "{attribute: {name: a, at_least: x}}", 42, "attribute.at_least",
            "the number to compare with must be a number, but here is \"x\"",
            fix: "write digits, such as 1000 or 0.5: no separators, no leading zeros or +"),
        Case(
            match: "{attribute: {name: a, contains: \"\"}}", 42, "attribute.contains",
            "contains is empty", fix: "write at least one character"),
        Case(
            match: "{attribute: {name: a, equals: 1, any_of: [2]}}", 51, "attribute.any_of",
            "attribute takes one operator, but here are equals and any_of",
            fix: "write {name: NAME, equals: VALUE}; between: [1, 10] gives two ends"),
    ]

    @Test(
        "a fault is told with its place, what is wrong and what would be right",
        arguments: syntax + objects + conditions)
    func told(_ test: Case) {
        let file = test.text.hasPrefix("{") ? "rules.json" : "rules.yaml"
        let errors = errors(test.text, file: file)
        #expect(
            errors.map(\.description) == [
                "\(file):\(test.place): \(test.path.isEmpty ? "" : test.path + ": ")\(test.message)"
            ])
        #expect(errors.first?.fix == test.fix)
    }

    @Test(
        "a bare scalar that only some YAML takes for a number is refused where a text may stand",
        arguments: [
            ".5", "5.", "+5", "-.5", "010", "00", "-007", "1_000", "1_0.5", "5.e3", "+1e5",
            "1E99999999999", "0x1F", "-0xf_f", "0b101", "0o17", ".inf", "-.INF", "+.inf", ".nan",
            ".NaN",
        ])
    func looseNumbers(_ text: String) {
        func match(_ value: String) -> String {
            "segments: [{id: s, match: {attribute: {name: a, equals: \(value)}}}]"
        }
        #expect(
            errors(match(text)).map(\.message) == [
                "equals is \(text), which can mean a text or a number"
            ])
        #expect(errors(match("'\(text)'")).isEmpty)
    }

    @Test(
        "what no YAML takes for a number is a text, and so are its times to base 60",
        arguments: [
            "2026-03-01", "1.2.3", "12:30", "12:30:45", "5%", "5 000", "0x", "0xfg", "0b2", "0o8",
            "_1", "e5", "1e", "1e+", ".", "+", "--5", "+-5", ".infinity", "inf", "nan", "0x1F.5",
        ])
    func texts(_ text: String) throws {
        let bare = try condition("{attribute: {name: a, equals: \(text)}}")
        #expect(try bare == condition("{attribute: {name: a, equals: '\(text)'}}"))
    }

    @Test("a file with very many keys given twice is refused all the same")
    func manyRepeatedKeys() {
        let keys = (0..<100).map { "  k\($0): a\n  k\($0): b\n" }.joined()
        #expect(errors("program:\n" + keys).count == 1)
    }

    @Test("every fault of a file is told, in its order")
    func allFaults() {
        let found = errors(
            """
            segments:
            - id: a
              match:
                all:
                - tag: {any_of: []}
                - revenue: {over: {last_days: x}, atleast: 5}
                - {}
              nmae: A
            - id: a
              match: {tag: {any_of: [x]}}
            workflows:
            - {id: w, segment: none, do: [{send_email: none}, {add_tg: x}]}
            """)
        #expect(
            found.map { "\($0.line):\($0.column) \($0.path)" } == [
                "5:21 segments[0].match.all[0].tag.any_of",
                "6:35 segments[0].match.all[1].revenue.over.last_days",
                "6:39 segments[0].match.all[1].revenue.atleast",
                "7:7 segments[0].match.all[2]",
                "8:3 segments[0].nmae",
                "9:7 segments[1].id",
                "12:20 workflows[0].segment",
                "12:44 workflows[0].do[0].send_email",
                "12:52 workflows[0].do[1].add_tg",
            ])
    }

    @Test("aliases that unfold without end are refused")
    func billionLaughs() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...12 {
            let items = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(items)]\n"
        }
        let found = errors(text)
        #expect(found.count == 1)
        #expect(found.first?.message.hasPrefix("the aliases in this file unfold to more") == true)
    }

    @Test("nesting beyond the limit is refused, not followed", arguments: [120, 900, 100_000])
    func deep(depth: Int) {
        let lists = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        #expect(errors("segments: " + lists).count == 1)
        #expect(errors("{\"segments\": " + lists + "}").count == 1)
    }

    @Test("bytes that are no text are refused where they stand")
    func badBytes() {
        let source = DefinitionSource(file: "x.yaml", bytes: Array("a: é\nb: ".utf8) + [0xFF])
        do {
            _ = try readDefinitions([source])
            Issue.record("the bytes were read")
        } catch {
            #expect(
                error.errors.map(\.description)
                    == ["x.yaml:2:4: the file is not valid UTF-8 here"])
        }
        #expect(errors("segments:\n- \u{7}").first?.line == 2)
    }
}
