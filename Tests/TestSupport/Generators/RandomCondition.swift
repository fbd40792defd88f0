/// Random conditions over every leaf, operator, window and comparison of SPEC 4.
struct RandomCondition {
    var random: SplitMix64
    let kinds: Kinds
    /// The span in which fixed dates are placed, as day numbers.
    let dates: ClosedRange<Int>
    /// Segments that may be named without making a circle.
    let references: [String]
    /// Workflows and automations, for `email: {source}`.
    let sources: [String]

    typealias Member = (key: String, value: JSONValue)

    mutating func condition(depth: Int = 0) -> JSONValue {
        if depth < 3, random.chance(depth == 0 ? 55 : 30) {
            switch random.int(in: 0...4) {
            case 0, 1: return one("all", parts(depth))
            case 2, 3: return one("any", parts(depth))
            default: return one("not", condition(depth: depth + 1))
            }
        }
        return leaf()
    }

    private mutating func parts(_ depth: Int) -> JSONValue {
        .array((0..<random.int(in: 1...3)).map { _ in condition(depth: depth + 1) })
    }

    private mutating func leaf() -> JSONValue {
        var makers: [String] = [
            "relationship_stage", "prospecting_stage", "partner", "last_transition",
            "original_joined",
        ]
        if kinds.contains(.contracts) {
            makers += ["contract_stage", "template_term", "contract", "contract_with"]
        }
        if kinds.contains(.tags) { makers += ["tag", "tagged", "tagged"] }
        if kinds.contains(.groups) { makers += ["group", "grouped"] }
        if kinds.contains(.money) { makers += ["revenue", "revenue", "actions", "actions"] }
        if kinds.contains(.clicks) { makers += ["clicks"] }
        if kinds.contains(.email) { makers += ["email", "email", "email"] }
        if kinds.contains(.custom) { makers += ["event", "event"] }
        if kinds.contains(.attributes) { makers += ["attribute", "attribute", "partner_name"] }
        if kinds.contains(.references), !references.isEmpty { makers += ["segment", "segment"] }
        let key = random.pick(makers)
        return one(key, value(of: key))
    }

    private mutating func value(of key: String) -> JSONValue {
        switch key {
        case "relationship_stage", "prospecting_stage":
            return values(Pool.stages, isMulti: false)
        case "partner": return values(Pool.partners, isMulti: false)
        case "contract_stage": return values(Pool.contractStages, isMulti: true)
        case "contract": return values(Pool.contracts, isMulti: true)
        case "template_term":
            return random.chance(40) ? text(Pool.terms) : values(Pool.terms, isMulti: true)
        case "contract_with": return contractWith()
        case "tag": return values(Pool.tags, isMulti: true)
        case "group": return values(Pool.groups, isMulti: true)
        case "partner_name":
            if random.chance(20) {
                return one("any_of", texts(random.some(of: Pool.names, most: 2)))
            }
            return text(random.chance(50) ? Pool.names : Pool.nameParts)
        case "last_transition", "original_joined": return date(isSetAllowed: true)
        case "tagged": return dated("tag", random.pick(Pool.tags))
        case "grouped": return dated("group", random.pick(Pool.groups))
        case "revenue": return .object(window() + [number(Pool.limits)])
        case "actions", "clicks": return .object(window() + [count()])
        case "email":
            var members: [Member] = [
                (
                    "activity",
                    .string(
                        random.pick(["sent", "sent", "delivered", "opened", "clicked", "bounced"])
                    )
                )
            ]
            if !sources.isEmpty, random.chance(40) {
                members.append(("source", .string(random.pick(sources))))
            }
            members += window()
            if random.chance(60) { members.append(count()) }
            return .object(members)
        case "event":
            var members: [Member] = [("name", .string(random.pick(Pool.customNames)))]
            if random.chance(60) {
                let tests = (0..<random.int(in: 1...2)).map { _ in
                    property(Pool.propertyNames)
                }
                members.append(("where", .array(tests)))
            }
            members += window()
            if random.chance(60) { members.append(count()) }
            return .object(members)
        case "attribute": return property(Pool.attributeNames)
        default:
            let names = random.some(of: references, most: 2)
            return one(random.chance(60) ? "any_of" : "none_of", texts(names))
        }
    }

    private func one(_ key: String, _ value: JSONValue) -> JSONValue {
        .object([(key, value)])
    }

    private func texts(_ texts: [String]) -> JSONValue {
        .array(texts.map(JSONValue.string))
    }

    private func whole(_ value: Int) -> JSONValue {
        .number(String(value))
    }

    private mutating func values(_ pool: [String], isMulti: Bool) -> JSONValue {
        let operators =
            isMulti ? ["any_of", "any_of", "none_of", "all_of"] : ["any_of", "any_of", "none_of"]
        return one(random.pick(operators), texts(random.some(of: pool, most: 3)))
    }

    private mutating func text(_ pool: [String]) -> JSONValue {
        let key = random.pick(["equals", "contains", "starts_with", "ends_with"])
        return one(key, .string(random.pick(pool)))
    }

    private mutating func contractWith() -> JSONValue {
        var members: [Member] = []
        if random.chance(70) {
            let stages = ["joined", "awaiting_advertiser_approval", "expired"]
            members.append(("stage", one("any_of", texts(random.some(of: stages, most: 2)))))
        }
        if random.chance(50) {
            members.append(("template_term", value(of: "template_term")))
        }
        if random.chance(40) || members.isEmpty {
            members.append(("contract", values(Pool.contracts, isMulti: false)))
        }
        // One contract has one term, so `all_of` says little there.
        return .object(members)
    }

    private mutating func dated(_ key: String, _ id: String) -> JSONValue {
        var condition = date(isSetAllowed: false)
        if condition.text == "today" { condition = one("days_ago", whole(0)) }
        return .object([(key, .string(id))] + (condition.members ?? []))
    }

    /// A date condition.
    private mutating func date(isSetAllowed: Bool) -> JSONValue {
        func fixed(_ random: inout SplitMix64) -> JSONValue {
            .string(Civil.text(random.int(in: dates)))
        }
        switch random.int(in: 0...(isSetAllowed ? 14 : 13)) {
        case 0: return .string("today")
        case 1, 2: return one("days_ago", whole(random.pick(Pool.days)))
        case 3:
            let from = random.pick(Pool.days)
            return one(
                "days_ago",
                .object([("from", whole(from)), ("to", whole(from + random.pick(Pool.days)))])
            )
        case 4, 5: return one("last_days", whole(random.pick(Pool.days)))
        case 6: return one("last_months", whole(random.int(in: 0...6)))
        case 7: return one("more_than_days_ago", whole(random.pick(Pool.days)))
        case 8: return one(random.pick(["on", "before", "after"]), fixed(&random))
        case 9: return one(random.pick(["before", "after"]), fixed(&random))
        case 10:
            let first = random.int(in: dates)
            let last = random.int(in: first...dates.upperBound)
            return one(
                "between",
                .array([.string(Civil.text(first)), .string(Civil.text(last))])
            )
        case 11, 12, 13:
            guard kinds.contains(.rolling) else {
                return one("days_ago", whole(random.pick(Pool.days)))
            }
            let length = random.pick(Pool.lengths)
            return one(
                random.pick(["within", "longer_ago_than"]),
                one(length.unit, whole(length.count))
            )
        default: return one("is_set", .bool(random.chance(50)))
        }
    }

    /// `over`, or nothing at all for all time.
    private mutating func window() -> [Member] {
        switch random.int(in: 0...9) {
        case 0: return []
        case 1: return [("over", .string("all_time"))]
        case 2: return [("over", one("since", .string("original_joined")))]
        case 3:
            let from = random.pick(Pool.days)
            let days: [Member] = [
                ("from", whole(from)), ("to", whole(from + random.pick(Pool.days))),
            ]
            return [("over", one("days_after_joining", .object(days)))]
        default: return [("over", date(isSetAllowed: false))]
        }
    }

    private mutating func count() -> Member {
        number(Pool.counts.map(String.init))
    }

    private mutating func number(_ pool: [String]) -> Member {
        if random.chance(20) {
            let ends = [random.pick(pool), random.pick(pool)].sorted {
                (Exact($0) ?? .zero) < (Exact($1) ?? .zero)
            }
            return ("between", .array(ends.map(JSONValue.number)))
        }
        let operators = [
            "greater_than", "at_least", "less_than", "at_most", "equals", "not_equals",
        ]
        return (random.pick(operators), .number(random.pick(pool)))
    }

    private mutating func propertyValue() -> JSONValue {
        switch random.int(in: 0...3) {
        case 0: .number(random.pick(Pool.limits))
        case 1: .bool(random.chance(50))
        default: .string(random.pick(Pool.attributeTexts))
        }
    }

    private mutating func property(_ names: [String]) -> JSONValue {
        let test: Member
        switch random.int(in: 0...8) {
        case 0, 1: test = ("equals", propertyValue())
        case 2: test = ("not_equals", propertyValue())
        case 3:
            test = (
                random.chance(50) ? "any_of" : "none_of",
                .array([propertyValue(), propertyValue()])
            )
        case 4:
            let text = text(Pool.attributeTexts + ["old", "O"]).single
            test = (text.key, text.value)
        case 5:
            // `equals` and `not_equals` have been dealt with above.
            let keys = ["greater_than", "at_least", "less_than", "at_most"]
            test = (random.pick(keys), .number(random.pick(Pool.limits)))
        case 6: test = ("exists", .bool(random.chance(50)))
        case 7: test = ("between", .array([.number("0.3"), .number("100")]))
        default: test = ("date", date(isSetAllowed: true))
        }
        return .object([("name", .string(random.pick(names))), test])
    }
}
