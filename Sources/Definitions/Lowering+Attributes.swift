import Core

/// Conditions on attributes, and on the properties of events (SPEC 4).
extension Lowering {
    static let attributeKeys = [
        "equals", "not_equals", "any_of", "none_of", "contains", "starts_with", "ends_with",
        "greater_than", "at_least", "less_than", "at_most", "between", "exists", "date",
    ]

    /// `{name, OPERATOR: value}` of an attribute or a property.
    mutating func attribute(
        _ item: Item, use: DateUse, what: String
    ) -> PropertyTest? {
        let fix = "write {name: NAME, equals: VALUE}"
        guard
            let fields = fields(
                item, known: ["name"] + Self.attributeKeys, what: what, fix: fix)
        else { return nil }
        let name = required("name", in: fields, what: what, fix: fix)
            .flatMap { pattern($0, what: "name") }
        guard
            let (key, value) = exactlyOne(
                of: Self.attributeKeys, in: fields, what: what, noun: "operator",
                fix: fix + "; between: [1, 10] gives two ends"),
            let (test, isNegated) = attributeTest(key: key, value, use: use), let name,
            errorFree(item, fields)
        else { return nil }
        return PropertyTest(name: name, test: test, isNegated: isNegated)
    }

    private mutating func attributeTest(
        key: String, _ item: Item, use: DateUse
    ) -> (AttributeTest, isNegated: Bool)? {
        switch key {
        case "equals", "not_equals":
            return value(item, what: key).map { (.anyOf([$0]), key == "not_equals") }
        case "any_of", "none_of":
            guard
                let items = list(
                    item, what: key, mayBeEmpty: key == "none_of",
                    fix: "write a list of at least one value: \(key): […]")
            else { return nil }
            let read = items.map { value($0, what: "a value of \(key)") }
            let values = read.compactMap { $0 }
            guard values.count == read.count else { return nil }
            return (.anyOf(Set(values).sorted(by: precedes)), key == "none_of")
        case "contains", "starts_with", "ends_with":
            return textTest(key: key, item, what: key).map { (.text($0), false) }
        case "exists": return flag(item, what: key).map { (.exists, !$0) }
        case "date":
            return date(item, use: use, what: key).map { (.date($0.condition), $0.isNegated) }
        case "between":
            let read = { (reader: inout Lowering, item: Item) in
                reader.number(item, what: "the number to compare with")
            }
            return pair(item, read: read).map { (.number(.between($0, $1)), false) }
        default:
            guard let bound = number(item, what: "the number to compare with") else { return nil }
            switch key {
            case "greater_than": return (.number(.greaterThan(bound)), false)
            case "at_least": return (.number(.atLeast(bound)), false)
            case "less_than": return (.number(.lessThan(bound)), false)
            default: return (.number(.atMost(bound)), false)
            }
        }
    }
}

extension PropertyTest {
    /// Whether it is `none_of` of nothing, which always holds.
    var asksNothing: Bool { isNegated && test == .anyOf([]) }
}
