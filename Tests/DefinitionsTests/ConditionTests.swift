import Core
import Definitions
import Testing

/// What each form of a condition means.
struct ConditionTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var text: String
        var condition: Condition
        var testDescription: String { text }

        init(_ text: String, _ condition: Condition) {
            self.text = text
            self.condition = condition
        }

        init(_ text: String, _ leaf: Leaf) {
            self.init(text, .leaf(leaf))
        }
    }

    static let x = Condition.leaf(.tag(["x"]))
    static let y = Condition.leaf(.tag(["y"]))
    static let march = Day(number: 20_513)

    static let combinations = [
        Case("{all: [{tag: {any_of: [y]}}, {tag: {any_of: [x]}}]}", .all([y, x])),
        Case("{any: [{tag: {any_of: [x]}}]}", .any([x])),
        Case("{not: {not: {tag: {any_of: [x]}}}}", .not(.not(x))),
    ]

    private static func contract(_ names: [Name]) -> ContractTest {
        var test = ContractTest()
        test.contracts = names
        return test
    }

    static let lists = [
        Case("{tag: {any_of: [y, x, y]}}", .tag(["x", "y"])),
        Case("{tag: {none_of: [x]}}", .not(x)),
        Case("{tag: {all_of: [y, x, x]}}", .all([x, y])),
        Case("{tag: {all_of: [x]}}", x),
        Case("{tag: {none_of: []}}", .all([])),
        Case("{tag: {all_of: []}}", .all([])),
        Case("{contract_stage: {all_of: []}}", .all([])),
        Case("{relationship_stage: {none_of: []}}", .all([])),
        Case("{template_term: {none_of: []}}", .all([])),
        Case("{segment: {none_of: []}}", .all([])),
        Case("{attribute: {name: tier, none_of: []}}", .all([])),
        Case(
            "{event: {name: order, where: [{name: total, none_of: []}]}}",
            .measure(.custom("order", []), over: .allTime, .atLeast(1_000_000))),
        Case(
            "{contract_with: {contract: {any_of: [x]}, template_term: {all_of: []}}}",
            .contractWith(contract(["x"]))),
        Case(
            "{contract_with: {contract: {none_of: []}}}",
            .contractStage(StageSet(ContractStage.allCases.map { StageSet($0) }))),
        Case("{group: {any_of: [x]}}", .group(["x"])),
        Case("{group: {all_of: [a, b]}}", .all([.leaf(.group(["a"])), .leaf(.group(["b"]))])),
        Case("{contract: {none_of: [x]}}", .not(.leaf(.contract(["x"])))),
        Case(
            "{contract: {all_of: [a, b]}}",
            .all([.leaf(.contract(["a"])), .leaf(.contract(["b"]))])),
        Case("{partner: {any_of: [p2, p1]}}", .partner(["p1", "p2"])),
        Case("{partner: {none_of: [p1]}}", .not(.leaf(.partner(["p1"])))),
        Case(
            "{relationship_stage: {any_of: [joined, new]}}",
            .relationshipStage([
                StageSet(RelationshipStage.joined), StageSet(RelationshipStage.new),
            ])),
        Case(
            "{prospecting_stage: {none_of: [in_discussion]}}",
            .not(.leaf(.relationshipStage(StageSet(.inDiscussion))))),
        Case(
            "{contract_stage: {any_of: [awaiting_advertiser_approval]}}",
            .contractStage(StageSet(.awaitingAdvertiserApproval))),
        Case(
            "{contract_stage: {all_of: [expired, joined]}}",
            .all([
                .leaf(.contractStage(StageSet(ContractStage.joined))),
                .leaf(.contractStage(StageSet(ContractStage.expired))),
            ])),
        Case("{template_term: {any_of: [b, a]}}", .templateTerm(.anyOf(["a", "b"]))),
        Case("{template_term: {none_of: [a]}}", .not(.leaf(.templateTerm(.anyOf(["a"]))))),
        Case(
            "{template_term: {all_of: [b, a]}}",
            .all([.leaf(.templateTerm(.anyOf(["a"]))), .leaf(.templateTerm(.anyOf(["b"])))])),
        Case("{template_term: {equals: a}}", .templateTerm(.anyOf(["a"]))),
        Case("{template_term: {contains: a}}", .templateTerm(.contains("a"))),
        Case("{template_term: {starts_with: a}}", .templateTerm(.startsWith("a"))),
        Case("{template_term: {ends_with: a}}", .templateTerm(.endsWith("a"))),
        Case("{partner_name: {equals: Acme}}", .partnerName(.anyOf(["Acme"]))),
        Case("{partner_name: {any_of: [B, A]}}", .partnerName(.anyOf(["A", "B"]))),
        Case("{partner_name: {contains: Ac}}", .partnerName(.contains("Ac"))),
        Case("{partner_name: {starts_with: Ac}}", .partnerName(.startsWith("Ac"))),
        Case("{partner_name: {ends_with: me}}", .partnerName(.endsWith("me"))),
        Case("{segment: {any_of: [a]}}", .segment("a")),
        Case("{segment: {any_of: [b, a]}}", .any([.segment("a"), .segment("b")])),
        Case("{segment: {none_of: [b, a]}}", .not(.any([.segment("a"), .segment("b")]))),
        // What YAML 1.1 would make of these is none of our business.
        Case(
            "{tag: {any_of: [yes, 2026-03-01, 017, true, on, 1_000]}}",
            .tag(["017", "1_000", "2026-03-01", "on", "true", "yes"])),
    ]

    static let contractWith: [Case] = {
        var all = ContractTest()
        all.stages = [StageSet(ContractStage.joined), StageSet(.cancelled)]
        all.term = .anyOf(["a"])
        all.termNegated = true
        all.contracts = ["c"]
        all.contractNegated = true
        var term = ContractTest()
        term.term = .startsWith("gold")
        var contract = ContractTest()
        contract.contracts = ["c", "d"]
        return [
            Case(
                "{contract_with: {stage: {any_of: [joined, cancelled]}, template_term: {none_of: [a]}, contract: {none_of: [c]}}}",
                .contractWith(all)),
            Case(
                "{contract_with: {template_term: {starts_with: gold}}}", .contractWith(term)),
            Case("{contract_with: {contract: {any_of: [d, c]}}}", .contractWith(contract)),
        ]
    }()

    static let dates = [
        Case("{last_transition: today}", .lastTransition(.daysAgo(from: 0, to: 0))),
        Case("{original_joined: {today: true}}", .originalJoined(.daysAgo(from: 0, to: 0))),
        Case("{original_joined: {days_ago: 7}}", .originalJoined(.daysAgo(from: 7, to: 7))),
        Case(
            "{original_joined: {days_ago: {from: 0, to: 30}}}",
            .originalJoined(.daysAgo(from: 0, to: 30))),
        Case("{original_joined: {last_days: 30}}", .originalJoined(.daysAgo(from: 0, to: 30))),
        Case("{original_joined: {last_months: 3}}", .originalJoined(.lastMonths(3))),
        Case(
            "{original_joined: {more_than_days_ago: 9}}", .originalJoined(.moreThanDaysAgo(9))),
        Case(
            "{original_joined: {on: 2026-03-01}}",
            .originalJoined(.dates(from: march, to: march))),
        Case(
            "{original_joined: {before: 2026-03-02}}",
            .originalJoined(.dates(from: nil, to: march))),
        Case(
            "{original_joined: {after: 2026-02-28}}",
            .originalJoined(.dates(from: march, to: nil))),
        Case(
            "{original_joined: {between: [2026-03-01, \"2026-03-02\"]}}",
            .originalJoined(.dates(from: march, to: march.adding(days: 1)))),
        Case("{last_transition: {is_set: true}}", .lastTransition(.isSet)),
        Case("{last_transition: {is_set: false}}", .not(.leaf(.lastTransition(.isSet)))),
        Case("{last_transition: {within: {days: 1}}}", .lastTransition(.within(.day))),
        Case(
            "{last_transition: {within: {days: 1, hours: 2, minutes: 3}}}",
            .lastTransition(.within(.day + 2 * .hour + 3 * .minute))),
        Case(
            "{last_transition: {longer_ago_than: {hours: 36}}}",
            .lastTransition(.longerAgoThan(36 * .hour))),
        Case("{tagged: {tag: vip, days_ago: 0}}", .tagged("vip", .daysAgo(from: 0, to: 0))),
        Case("{tagged: {today: true, tag: vip}}", .tagged("vip", .daysAgo(from: 0, to: 0))),
        Case(
            "{grouped: {group: g, within: {minutes: 90}}}",
            .grouped("g", .within(90 * .minute))),
    ]

    static let windows: [Case] = [
        ("", .allTime), (", over: all_time", .allTime), (", over: ~", .allTime),
        (", over: {is_set: true}", .allTime),
        (", over: today", .date(.daysAgo(from: 0, to: 0))),
        (", over: {days_ago: {from: 1, to: 7}}", .date(.daysAgo(from: 1, to: 7))),
        (", over: {last_months: 1}", .date(.lastMonths(1))),
        (", over: {within: {hours: 24}}", .date(.within(24 * .hour))),
        (", over: {on: 2026-03-01}", .date(.dates(from: march, to: march))),
        (", over: {since: original_joined}", .sinceOriginalJoined),
        (", over: {days_after_joining: {from: 0, to: 60}}", .daysAfterJoining(from: 0, to: 60)),
    ].map { (text: String, window: Window) in
        Case(
            "{revenue: {greater_than: 0\(text)}}",
            .measure(.revenue, over: window, .greaterThan(0)))
    }

    static let comparisons: [Case] = [
        ("greater_than: 0.5", .greaterThan(500_000)),
        ("at_least: 1e3", .atLeast(1_000_000_000)),
        ("less_than: -2", .lessThan(-2_000_000)),
        ("at_most: 0.000001", .atMost(1)),
        ("equals: 5.0", .equals(5_000_000)),
        ("not_equals: 7", .notEquals(7_000_000)),
        ("between: [1, 10]", .between(1_000_000, 10_000_000)),
        (
            "at_most: 999999999999999999.999999",
            .atMost(999_999_999_999_999_999_999_999)
        ),
    ].map { (text: String, comparison: Comparison) in
        Case("{clicks: {\(text)}}", .measure(.clicks, over: .allTime, comparison))
    }

    static let counts = [
        Case("{actions: {equals: 0}}", .measure(.actions, over: .allTime, .equals(0))),
        Case(
            "{email: {activity: opened}}",
            .measure(.email(.opened, source: nil), over: .allTime, .atLeast(1_000_000))),
        Case(
            "{email: {activity: sent, source: welcome, over: {last_days: 7}, equals: 0}}",
            .measure(
                .email(.sent, source: "welcome"), over: .date(.daysAgo(from: 0, to: 7)),
                .equals(0))),
        Case(
            "{event: {name: signup}}",
            .measure(.custom("signup", []), over: .allTime, .atLeast(1_000_000))),
        Case(
            "{event: {name: order, where: [{name: total, at_least: 100}, {name: kind, not_equals: x}, {name: total, at_least: 100.0}], over: {last_days: 1}, at_most: 2}}",
            .measure(
                .custom(
                    "order",
                    [
                        PropertyTest(
                            name: "kind", test: .anyOf([.text("x")]), isNegated: true),
                        PropertyTest(
                            name: "total", test: .number(.atLeast(Decimal(100))),
                            isNegated: false),
                    ]), over: .date(.daysAgo(from: 0, to: 1)), .atMost(2_000_000))),
        Case(
            "{event: {name: order, where: [{name: due, date: {before: 2026-03-02}}]}}",
            .measure(
                .custom(
                    "order",
                    [
                        PropertyTest(
                            name: "due", test: .date(.dates(from: nil, to: march)),
                            isNegated: false)
                    ]), over: .allTime, .atLeast(1_000_000))),
    ]

    static let attributes: [Case] = [
        ("equals: 5", .anyOf([.number(Decimal(5))]), false),
        ("equals: 5.00", .anyOf([.number(Decimal(5))]), false),
        ("equals: \"5\"", .anyOf([.text("5")]), false),
        ("equals: !!str 5", .anyOf([.text("5")]), false),
        ("equals: true", .anyOf([.flag(true)]), false),
        ("equals: 'true'", .anyOf([.text("true")]), false),
        ("equals: yes", .anyOf([.text("yes")]), false),
        ("equals: 2026-03-01", .anyOf([.text("2026-03-01")]), false),
        ("equals: '017'", .anyOf([.text("017")]), false),
        ("equals: 12:30:45", .anyOf([.text("12:30:45")]), false),
        ("equals: 1e3", .anyOf([.number(Decimal(1000))]), false),
        ("equals: \"\"", .anyOf([.text("")]), false),
        ("not_equals: 5", .anyOf([.number(Decimal(5))]), true),
        (
            "any_of: [true, 10, 9, b, a, a]",
            .anyOf([
                .text("a"), .text("b"), .number(Decimal(9)), .number(Decimal(10)), .flag(true),
            ]), false
        ),
        ("none_of: [a]", .anyOf([.text("a")]), true),
        ("contains: 5", .text(.contains("5")), false),
        ("starts_with: x", .text(.startsWith("x")), false),
        ("ends_with: x", .text(.endsWith("x")), false),
        ("greater_than: 1", .number(.greaterThan(Decimal(1))), false),
        ("at_least: 1", .number(.atLeast(Decimal(1))), false),
        ("less_than: 1", .number(.lessThan(Decimal(1))), false),
        ("at_most: -1", .number(.atMost(Decimal(-1))), false),
        ("between: [1, 2]", .number(.between(Decimal(1), Decimal(2))), false),
        ("exists: true", .exists, false),
        ("exists: false", .exists, true),
        ("date: today", .date(.daysAgo(from: 0, to: 0)), false),
        ("date: {last_days: 5}", .date(.daysAgo(from: 0, to: 5)), false),
        ("date: {is_set: false}", .date(.isSet), true),
    ].map { (text: String, test: AttributeTest, isNegated: Bool) in
        let leaf = Condition.leaf(.attribute("size", test))
        return Case("{attribute: {name: size, \(text)}}", isNegated ? .not(leaf) : leaf)
    }

    @Test(
        "a condition means what SPEC 4 says",
        arguments: [
            combinations, lists, contractWith, dates, windows, comparisons, counts, attributes,
        ].flatMap { $0 })
    func means(_ test: Case) throws {
        #expect(try condition(test.text) == test.condition)
    }

    @Test("every stage has its word")
    func stages() throws {
        for stage in RelationshipStage.allCases {
            #expect(
                try condition("{relationship_stage: {any_of: [\(stage.word)]}}")
                    == .leaf(.relationshipStage(StageSet(stage))))
        }
        for stage in ContractStage.allCases {
            #expect(
                try condition("{contract_stage: {any_of: [\(stage.word)]}}")
                    == .leaf(.contractStage(StageSet(stage))))
        }
        for activity in EmailActivity.allCases {
            #expect(
                try condition("{email: {activity: \(activity.word)}}")
                    == .leaf(
                        .measure(
                            .email(activity, source: nil), over: .allTime, .atLeast(1_000_000))))
        }
    }
}
