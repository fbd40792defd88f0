import Core

/// Date conditions, windows and comparisons (SPEC 4).
extension Lowering {
    /// Where a date condition stands, which decides what it may be.
    enum DateUse {
        /// In `last_transition`, `original_joined`, attributes and properties: everything.
        case leaf
        /// In `tagged` and `grouped`: no `is_set`.
        case since
        /// In `over`: no `is_set: false`.
        case window
    }

    static let dateKeys = [
        "today", "days_ago", "last_days", "last_months", "more_than_days_ago", "on", "before",
        "after", "between", "is_set", "within", "longer_ago_than",
    ]
    static let comparisonKeys = [
        "greater_than", "at_least", "less_than", "at_most", "equals", "not_equals", "between",
    ]
    static let dateFix = "write for example days_ago: {from: 0, to: 30}"
    static let daysMax = 100_000

    /// A date condition that stands alone; negated where it is `is_set: false`.
    mutating func date(
        _ item: Item, use: DateUse, what: String
    ) -> (condition: DateCondition, isNegated: Bool)? {
        switch item.node.content {
        case .plain, .text:
            guard text(item, what: what) == "today" else {
                fail(
                    item, "\(what) must be today or a mapping, but here is \(item.node.kind)",
                    fix: Self.dateFix)
                return nil
            }
            return (.daysAgo(from: 0, to: 0), false)
        default:
            guard
                let (key, value) = single(
                    item, known: dateKeys(use), what: what, fix: Self.dateFix)
            else { return nil }
            return date(key: key, value, use: use)
        }
    }

    /// The keys that a date condition may have in a place.
    func dateKeys(_ use: DateUse) -> [String] {
        use == .since ? Self.dateKeys.filter { $0 != "is_set" } : Self.dateKeys
    }

    /// A date condition by its key.
    mutating func date(
        key: String, _ item: Item, use: DateUse
    ) -> (condition: DateCondition, isNegated: Bool)? {
        if key == "is_set" {
            guard let isSet = flag(item, what: "is_set") else { return nil }
            if use == .window, !isSet {
                fail(
                    item, "is_set: false leaves no day that could count",
                    fix: "leave over out, or write over: all_time")
                return nil
            }
            return (.isSet, !isSet)
        }
        return condition(key: key, item).map { ($0, false) }
    }

    private mutating func condition(key: String, _ item: Item) -> DateCondition? {
        switch key {
        case "today":
            guard
                let isToday = flag(item, what: key, mayBe: "true", fix: "write today: true")
            else { return nil }
            guard isToday else {
                fail(
                    item, "today: false is no date condition",
                    fix: "put the leaf under not:, with today: true")
                return nil
            }
            return .daysAgo(from: 0, to: 0)
        case "days_ago":
            if case .map = item.node.content {
                return range(item, what: key).map { .daysAgo(from: $0.from, to: $0.to) }
            }
            return days(item, what: key).map { .daysAgo(from: $0, to: $0) }
        case "last_days": return days(item, what: key).map { .daysAgo(from: 0, to: $0) }
        case "more_than_days_ago": return days(item, what: key).map { .moreThanDaysAgo($0) }
        case "last_months":
            return wholeNumber(item, in: 0...1200, what: key).map { .lastMonths(Int32($0)) }
        case "on": return day(item, what: key).map { .dates(from: $0, to: $0) }
        case "before":
            return day(item, what: key).map { .dates(from: nil, to: $0.adding(days: -1)) }
        case "after":
            return day(item, what: key).map { .dates(from: $0.adding(days: 1), to: nil) }
        case "between":
            return dates(item)
        case "within": return length(item, what: key).map { .within($0) }
        case "longer_ago_than": return length(item, what: key).map { .longerAgoThan($0) }
        default: return nil
        }
    }

    private mutating func days(_ item: Item, what: String) -> Int32? {
        wholeNumber(item, in: 0...Self.daysMax, what: what).map { Int32($0) }
    }

    /// `{from: a, to: b}` in days, a ≤ b.
    private mutating func range(_ item: Item, what: String) -> (from: Int32, to: Int32)? {
        let fix = "write \(what): {from: 0, to: 30}"
        guard let fields = fields(item, known: ["from", "to"], what: what, fix: fix) else {
            return nil
        }
        let first = required("from", in: fields, what: what, fix: fix)
        let second = required("to", in: fields, what: what, fix: fix)
        let from = first.flatMap { days($0, what: "from") }
        let to = second.flatMap { days($0, what: "to") }
        guard let from, let to, errorFree(item, fields) else { return nil }
        guard from <= to else {
            fail(
                item, "\(what) goes from \(from) to \(to), which no day meets",
                fix: "write \(what): {from: \(to), to: \(from)}")
            return nil
        }
        return (from, to)
    }

    /// Whether every key of a mapping was known.
    func errorFree(_ item: Item, _ fields: Fields) -> Bool {
        guard case .map(let entries) = item.node.content else { return false }
        return entries.count == fields.entries.count
    }

    private mutating func dates(_ item: Item) -> DateCondition? {
        let fix = "write between: [2026-03-01, 2026-03-31]"
        guard let items = list(item, what: "between", fix: fix) else { return nil }
        guard items.count == 2 else {
            fail(item, "between takes 2 dates, but here are \(items.count)", fix: fix)
            return nil
        }
        let first = day(items[0], what: "the first date")
        let last = day(items[1], what: "the last date")
        guard let first, let last else { return nil }
        guard first <= last else {
            fail(
                item, "between ends before it begins", fix: "write the earlier date first")
            return nil
        }
        return .dates(from: first, to: last)
    }

    /// A length of time in microseconds: days of 24 hours, hours, minutes, or several of them added; at least
    /// the shortest.
    mutating func length(_ item: Item, what: String, from shortest: Int64 = 1) -> Int64? {
        let fix = "write \(what): {days: 7}, or hours or minutes"
        let units: [(key: String, length: Int64)] = [
            ("days", .day), ("hours", .hour), ("minutes", .minute),
        ]
        guard let fields = fields(item, known: units.map(\.key), what: what, fix: fix) else {
            return nil
        }
        guard !fields.entries.isEmpty else {
            fail(item, "\(what) needs one of days, hours or minutes", fix: fix)
            return nil
        }
        let longest = Int64(Self.daysMax) * .day
        var total: Int64 = 0
        var isSound = errorFree(item, fields)
        for unit in units {
            guard let value = fields.given(unit.key) else { continue }
            if let count = wholeNumber(value, in: 0...Int(longest / unit.length), what: unit.key) {
                total += Int64(count) * unit.length
            } else {
                isSound = false
            }
        }
        guard isSound else { return nil }
        guard total >= shortest else {
            fail(item, "\(what) is no time at all", fix: fix)
            return nil
        }
        guard total <= longest else {
            fail(
                item, "\(what) is longer than \(Self.daysMax) days",
                fix: "write at most \(Self.daysMax) days in all")
            return nil
        }
        return total
    }

    /// A window, which is all time where it is not given.
    mutating func window(_ item: Item?) -> Window? {
        guard let item else { return .allTime }
        let what = "over"
        switch item.node.content {
        case .plain, .text:
            guard let word = text(item, what: what) else { return nil }
            if word == "all_time" { return .allTime }
            if word == "today" { return .date(.daysAgo(from: 0, to: 0)) }
            let near = nearest(to: word, among: ["all_time", "today"])
            fail(
                item, "\(what) must be all_time, today or a mapping, but here is \(quoted(word))",
                fix: near.map { "did you mean \($0)?" } ?? "write over: {last_days: 30}")
            return nil
        default: break
        }
        let known = Self.dateKeys + ["since", "days_after_joining"]
        guard
            let (key, value) = single(
                item, known: known, what: what, fix: "write over: {last_days: 30}")
        else { return nil }
        switch key {
        case "since":
            guard word(value, among: ["original_joined"], what: "start of a window") != nil else {
                return nil
            }
            return .sinceOriginalJoined
        case "days_after_joining":
            return range(value, what: key).map { .daysAfterJoining(from: $0.from, to: $0.to) }
        default:
            guard let date = date(key: key, value, use: .window) else { return nil }
            return date.condition == .isSet ? .allTime : .date(date.condition)
        }
    }

    /// The one comparison of a sum or count, in millionths; `standard` where none is given, unless
    /// that is nil.
    mutating func comparison(
        in fields: Fields, standard: Comparison?, what: String
    ) -> Comparison? {
        if let standard, fields.given(among: Self.comparisonKeys).isEmpty { return standard }
        guard
            let (key, value) = exactlyOne(
                of: Self.comparisonKeys, in: fields, what: what, noun: "comparison",
                fix: "write for example at_least: 1; between: [1, 10] gives two ends")
        else { return nil }
        if key == "between" {
            guard let (low, high) = pair(value, read: { $0.threshold($1) }) else { return nil }
            return .between(low, high)
        }
        guard let bound = threshold(value) else { return nil }
        switch key {
        case "greater_than": return .greaterThan(bound)
        case "at_least": return .atLeast(bound)
        case "less_than": return .lessThan(bound)
        case "at_most": return .atMost(bound)
        case "equals": return .equals(bound)
        default: return .notEquals(bound)
        }
    }

    private mutating func threshold(_ item: Item) -> Int128? {
        guard let decimal = number(item, what: "the number to compare with") else { return nil }
        let limit: Int128 = 999_999_999_999_999_999_999_999
        guard let millionths = decimal.millionths(limit: limit) else {
            fail(
                item, "the number to compare with has more than 6 decimal places or is too large",
                fix: "write a number below 10^18 with at most 6 decimal places")
            return nil
        }
        return millionths
    }

    /// `[a, b]` with a ≤ b.
    mutating func pair<Bound: Comparable>(
        _ item: Item, read: (inout Lowering, Item) -> Bound?
    ) -> (Bound, Bound)? {
        let fix = "write between: [1, 10]"
        guard let items = list(item, what: "between", fix: fix) else { return nil }
        guard items.count == 2 else {
            fail(item, "between takes 2 numbers, but here are \(items.count)", fix: fix)
            return nil
        }
        let first = read(&self, items[0])
        let second = read(&self, items[1])
        guard let first, let second else { return nil }
        guard first <= second else {
            fail(item, "between ends below its beginning", fix: "write the smaller number first")
            return nil
        }
        return (first, second)
    }
}
