/// A segment's condition as SPEC 4 writes it, read from the definitions' JSON.
indirect enum Condition {
    case all([Condition])
    case any([Condition])
    case not(Condition)
    case relationshipStage(ValueTest)
    case contractStage(ValueTest)
    case templateTerm(ValueTest)
    case contract(ValueTest)
    case partner(ValueTest)
    case group(ValueTest)
    case tag(ValueTest)
    case partnerName(ValueTest)
    case contractWith(stage: ValueTest?, term: ValueTest?, contract: ValueTest?)
    case lastTransition(DateTest)
    case originalJoined(DateTest)
    case tagged(String, DateTest)
    case grouped(String, DateTest)
    case revenue(Window, Comparison)
    case actions(Window, Comparison)
    case clicks(Window, Comparison)
    case email(activity: String, source: String?, Window, Comparison)
    case event(name: String, [PropertyTest], Window, Comparison)
    case attribute(PropertyTest)
    case segment(ValueTest)

    init(_ json: JSONValue) {
        let (key, value) = json.single
        switch key {
        case "all": self = .all((value.array ?? []).map(Condition.init))
        case "any": self = .any((value.array ?? []).map(Condition.init))
        case "not": self = .not(Condition(value))
        case "relationship_stage", "prospecting_stage": self = .relationshipStage(ValueTest(value))
        case "contract_stage": self = .contractStage(ValueTest(value))
        case "template_term": self = .templateTerm(ValueTest(value))
        case "contract": self = .contract(ValueTest(value))
        case "partner": self = .partner(ValueTest(value))
        case "group": self = .group(ValueTest(value))
        case "tag": self = .tag(ValueTest(value))
        case "partner_name": self = .partnerName(ValueTest(value))
        case "contract_with":
            self = .contractWith(
                stage: value["stage"].map(ValueTest.init),
                term: value["template_term"].map(ValueTest.init),
                contract: value["contract"].map(ValueTest.init)
            )
        case "last_transition": self = .lastTransition(DateTest(value))
        case "original_joined": self = .originalJoined(DateTest(value))
        case "tagged":
            self = .tagged(value["tag"]?.text ?? "", DateTest(value.without(["tag"])))
        case "grouped":
            self = .grouped(value["group"]?.text ?? "", DateTest(value.without(["group"])))
        case "revenue": self = .revenue(Window(value["over"]), Comparison(value))
        case "actions": self = .actions(Window(value["over"]), Comparison(value))
        case "clicks": self = .clicks(Window(value["over"]), Comparison(value))
        case "email":
            self = .email(
                activity: value["activity"]?.text ?? "",
                source: value["source"]?.text,
                Window(value["over"]),
                Comparison(value, otherwise: .atLeast(Exact(1)))
            )
        case "event":
            self = .event(
                name: value["name"]?.text ?? "",
                (value["where"]?.array ?? []).map(PropertyTest.init),
                Window(value["over"]),
                Comparison(value, otherwise: .atLeast(Exact(1)))
            )
        case "attribute": self = .attribute(PropertyTest(value))
        case "segment": self = .segment(ValueTest(value))
        default: preconditionFailure("unknown condition \(key)")
        }
    }
}

extension JSONValue {
    /// An object less some of its keys.
    func without(_ keys: [String]) -> JSONValue {
        .object((members ?? []).filter { !keys.contains($0.key) })
    }

    /// A length of rolling time: `{days: 2}`, `{hours: 3}`, `{minutes: 5}`; a day is 24 hours.
    var length: Int64 {
        var sum: Int64 = 0
        for (unit, count) in members ?? [] {
            let count = Int64(count.int ?? 0)
            switch unit {
            case "days": sum += count * Instants.day
            case "hours": sum += count * Instants.hour
            case "minutes": sum += count * Instants.minute
            default: preconditionFailure("unknown unit \(unit)")
            }
        }
        return sum
    }

    /// All rolling lengths anywhere below.
    var rollingLengths: [Int64] {
        switch self {
        case .array(let elements): elements.flatMap(\.rollingLengths)
        case .object(let members):
            members.flatMap { key, value in
                ["within", "longer_ago_than"].contains(key) && value.members != nil
                    ? [value.length] : value.rollingLengths
            }
        default: []
        }
    }
}

/// A test of one text.
enum TextTest {
    case equals(String)
    case contains(String)
    case startsWith(String)
    case endsWith(String)

    init?(_ key: String, _ value: JSONValue) {
        guard let text = value.text else { return nil }
        switch key {
        case "equals": self = .equals(text)
        case "contains": self = .contains(text)
        case "starts_with": self = .startsWith(text)
        case "ends_with": self = .endsWith(text)
        default: return nil
        }
    }

    /// `equals` is exact; the others ignore case, and compare the bytes of the case-folded forms.
    func holds(_ value: String) -> Bool {
        let folded = caseFolded(value)
        switch self {
        case .equals(let text):
            return bytewiseEqual(value, text)
        case .contains(let text):
            let part = caseFolded(text)
            guard part.count <= folded.count else { return false }
            return (0...(folded.count - part.count)).contains { start in
                Array(folded[start..<(start + part.count)]) == part
            }
        case .startsWith(let text):
            return folded.starts(with: caseFolded(text))
        case .endsWith(let text):
            return folded.reversed().starts(with: caseFolded(text).reversed())
        }
    }
}

/// A text as Unicode's full case folding would have it, up to the choice of the form: each letter by itself
/// lowered, raised and lowered again, but for the dotless i.
public func caseFolded(_ text: String) -> [UInt8] {
    text.unicodeScalars.flatMap { scalar in
        let letter = String(scalar)
        return Array(
            (scalar.value == 0x131 ? letter : letter.lowercased().uppercased().lowercased()).utf8)
    }
}

/// A test of the values a partner has of one thing.
enum ValueTest {
    case anyOf([String])
    case noneOf([String])
    case allOf([String])
    case text(TextTest)

    init(_ json: JSONValue) {
        let (key, value) = json.single
        switch key {
        case "any_of": self = .anyOf(value.texts)
        case "none_of": self = .noneOf(value.texts)
        case "all_of": self = .allOf(value.texts)
        default:
            guard let test = TextTest(key, value) else {
                preconditionFailure("unknown operator \(key)")
            }
            self = .text(test)
        }
    }

    func holds(_ values: [String]) -> Bool {
        func has(_ wanted: String) -> Bool { values.contains { bytewiseEqual($0, wanted) } }
        switch self {
        case .anyOf(let wanted): return wanted.contains(where: has)
        case .noneOf(let wanted): return !wanted.contains(where: has)
        case .allOf(let wanted): return wanted.allSatisfy(has)
        case .text(let test): return values.contains(where: test.holds)
        }
    }
}

/// A test of a number.
enum Comparison {
    case greaterThan(Exact)
    case atLeast(Exact)
    case lessThan(Exact)
    case atMost(Exact)
    case equals(Exact)
    case notEquals(Exact)
    case between(Exact, Exact)

    /// The one comparison among an object's keys.
    init(_ json: JSONValue, otherwise: Comparison? = nil) {
        for (key, value) in json.members ?? [] {
            guard let comparison = Comparison(key, value) else { continue }
            self = comparison
            return
        }
        guard let otherwise else { preconditionFailure("no comparison in \(json.written)") }
        self = otherwise
    }

    init?(_ key: String, _ value: JSONValue) {
        func number(_ value: JSONValue) -> Exact? {
            value.number ?? value.text.flatMap { Exact($0) }
        }
        if key == "between" {
            guard let ends = value.array, ends.count == 2, let low = number(ends[0]),
                let high = number(ends[1])
            else { return nil }
            self = .between(low, high)
            return
        }
        guard let limit = number(value) else { return nil }
        switch key {
        case "greater_than": self = .greaterThan(limit)
        case "at_least": self = .atLeast(limit)
        case "less_than": self = .lessThan(limit)
        case "at_most": self = .atMost(limit)
        case "equals": self = .equals(limit)
        case "not_equals": self = .notEquals(limit)
        default: return nil
        }
    }

    func holds(_ value: Exact) -> Bool {
        switch self {
        case .greaterThan(let limit): value > limit
        case .atLeast(let limit): value >= limit
        case .lessThan(let limit): value < limit
        case .atMost(let limit): value <= limit
        case .equals(let limit): value == limit
        case .notEquals(let limit): value != limit
        case .between(let low, let high): low <= value && value <= high
        }
    }
}

/// A test of one attribute, or of one property of a custom event.
struct PropertyTest {
    enum Operator {
        case equals(JSONValue)
        case notEquals(JSONValue)
        case anyOf([JSONValue])
        case noneOf([JSONValue])
        case text(TextTest)
        case comparison(Comparison)
        case exists(Bool)
        case date(DateTest)
    }

    var name: String
    var test: Operator

    init(_ json: JSONValue) {
        name = json["name"]?.text ?? ""
        let (key, value) = json.without(["name"]).single
        switch key {
        case "equals": test = .equals(value)
        case "not_equals": test = .notEquals(value)
        case "any_of": test = .anyOf(value.array ?? [])
        case "none_of": test = .noneOf(value.array ?? [])
        case "exists": test = .exists(value.bool ?? true)
        case "date": test = .date(DateTest(value))
        default:
            if let text = TextTest(key, value) {
                test = .text(text)
            } else if let comparison = Comparison(key, value) {
                test = .comparison(comparison)
            } else {
                preconditionFailure("unknown operator \(key)")
            }
        }
    }

    /// Whether the value passes; it is nil where there is none.
    func holds(_ value: JSONValue?, at moment: Moment) -> Bool {
        switch test {
        case .equals(let wanted): return PropertyTest.same(value, wanted)
        case .notEquals(let wanted): return !PropertyTest.same(value, wanted)
        case .anyOf(let wanted): return wanted.contains { PropertyTest.same(value, $0) }
        case .noneOf(let wanted): return !wanted.contains { PropertyTest.same(value, $0) }
        case .text(let text): return value?.text.map(text.holds) ?? false
        case .comparison(let comparison): return value?.number.map(comparison.holds) ?? false
        case .exists(let wanted): return (value != nil) == wanted
        case .date(let date): return date.holds(value?.dated(moment.calendar), at: moment)
        }
    }

    private static func same(_ value: JSONValue?, _ wanted: JSONValue) -> Bool {
        switch (value, wanted) {
        case (.string(let left), .string(let right)): bytewiseEqual(left, right)
        case (.number, .number): value?.number == wanted.number
        case (.bool(let left), .bool(let right)): left == right
        default: false
        }
    }
}

extension JSONValue {
    /// The date that a string names: a date-only text counts from its first local instant.
    func dated(_ calendar: LocalCalendar) -> Dated? {
        guard let text else { return nil }
        if let date = Civil.parse(text) {
            return Dated(instant: calendar.firstInstant(of: date), date: date)
        }
        guard let instant = Instants.parse(text) else { return nil }
        return Dated(instant: instant, date: calendar.date(of: instant))
    }
}
