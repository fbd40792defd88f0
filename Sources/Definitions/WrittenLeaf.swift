public import Core
public import Wire

/// A leaf as an operator may write it (SPEC 4): reading it again gives the same leaf.
///
/// Definitions are kept as they were written; this is for explanations, which show leaves in their
/// canonical form: `none_of` as `not` of `any_of`, `last_days` and `today` as `days_ago`.
public func writtenLeaf(_ leaf: Leaf) -> JSONNode {
    switch leaf {
    case .relationshipStage(let stages):
        map([
            (
                "relationship_stage",
                anyOf(
                    RelationshipStage.allCases.filter { stages.contains(StageSet($0)) }.map {
                        .word($0.word)
                    })
            )
        ])
    case .contractStage(let stages): map([("contract_stage", written(stages))])
    case .templateTerm(let test): map([("template_term", written(test))])
    case .contract(let names): map([("contract", anyOf(names))])
    case .contractWith(let test): map([("contract_with", written(test))])
    case .partner(let names): map([("partner", anyOf(names))])
    case .group(let names): map([("group", anyOf(names))])
    case .tag(let names): map([("tag", anyOf(names))])
    case .partnerName(let test): map([("partner_name", written(test))])
    case .lastTransition(let condition): map([("last_transition", map([written(condition)]))])
    case .originalJoined(let condition): map([("original_joined", map([written(condition)]))])
    case .tagged(let tag, let condition):
        map([("tagged", map([("tag", .text(tag)), written(condition)]))])
    case .grouped(let group, let condition):
        map([("grouped", map([("group", .text(group)), written(condition)]))])
    case .measure(let measure, let window, let comparison):
        written(measure, [("over", written(window)), written(comparison)])
    case .attribute(let name, let test):
        map([("attribute", map([("name", .text(name)), written(test)]))])
    }
}

private typealias Entry = (key: String, value: JSONNode)

private func map(_ entries: [Entry]) -> JSONNode {
    JSONNode(
        offset: 0,
        value: .object(
            entries.map { JSONMember(key: Array($0.key.utf8), keyOffset: 0, value: $0.value) }))
}

private func list(_ nodes: [JSONNode]) -> JSONNode { JSONNode(offset: 0, value: .array(nodes)) }

private func anyOf(_ nodes: [JSONNode]) -> JSONNode { map([("any_of", list(nodes))]) }

private func anyOf(_ names: [Name]) -> JSONNode { anyOf(names.map { .text($0) }) }

extension JSONNode {
    fileprivate static func text(_ name: Name) -> JSONNode {
        JSONNode(offset: 0, value: .string(name.bytes))
    }

    fileprivate static func word(_ word: String) -> JSONNode {
        JSONNode(offset: 0, value: .string(Array(word.utf8)))
    }

    fileprivate static func number(_ text: String) -> JSONNode {
        let bytes = Array(text.utf8)
        return JSONNode(offset: 0, value: .number(parseDecimal(bytes.span), text: bytes))
    }

    fileprivate static func day(_ day: Day) -> JSONNode { word(dateText(day)) }

    fileprivate static let yes = JSONNode(offset: 0, value: .bool(true))
}

private func written(_ stages: StageSet) -> JSONNode {
    anyOf(
        ContractStage.allCases.filter { stages.contains(StageSet($0)) }.map { .word($0.word) })
}

private func written(_ test: TextTest) -> JSONNode {
    switch test {
    case .anyOf(let names): anyOf(names)
    case .contains(let part): map([("contains", .text(part))])
    case .startsWith(let part): map([("starts_with", .text(part))])
    case .endsWith(let part): map([("ends_with", .text(part))])
    }
}

private func written(_ test: ContractTest) -> JSONNode {
    var entries: [Entry] = []
    if let stages = test.stages { entries.append(("stage", written(stages))) }
    if let term = test.term {
        if test.termNegated, case .anyOf(let names) = term {
            entries.append(("template_term", map([("none_of", list(names.map { .text($0) }))])))
        } else {
            entries.append(("template_term", written(term)))
        }
    }
    if let contracts = test.contracts {
        let key = test.contractNegated ? "none_of" : "any_of"
        entries.append(("contract", map([(key, list(contracts.map { .text($0) }))])))
    }
    return map(entries)
}

private func written(_ condition: DateCondition) -> Entry {
    switch condition {
    case .daysAgo(let from, let to) where from == to: ("days_ago", .number("\(from)"))
    case .daysAgo(let from, let to): ("days_ago", range(from, to))
    case .lastMonths(let months): ("last_months", .number("\(months)"))
    case .moreThanDaysAgo(let days): ("more_than_days_ago", .number("\(days)"))
    case .dates(let from?, let to?) where from == to: ("on", .day(from))
    case .dates(let from?, let to?): ("between", list([.day(from), .day(to)]))
    case .dates(nil, let to?): ("before", .day(to.adding(days: 1)))
    case .dates(let from?, nil): ("after", .day(from.adding(days: -1)))
    case .dates(nil, nil), .isSet: ("is_set", .yes)
    case .within(let length): ("within", written(length: length))
    case .longerAgoThan(let length): ("longer_ago_than", written(length: length))
    }
}

private func range(_ from: Int32, _ to: Int32) -> JSONNode {
    map([("from", .number("\(from)")), ("to", .number("\(to)"))])
}

/// Lengths are whole minutes.
private func written(length: Int64) -> JSONNode {
    if length % .day == 0 { return map([("days", .number("\(length / .day)"))]) }
    if length % .hour == 0 { return map([("hours", .number("\(length / .hour)"))]) }
    return map([("minutes", .number("\(length / .minute)"))])
}

private func written(_ window: Window) -> JSONNode {
    switch window {
    case .allTime: .word("all_time")
    case .date(let condition): map([written(condition)])
    case .sinceOriginalJoined: map([("since", .word("original_joined"))])
    case .daysAfterJoining(let from, let to): map([("days_after_joining", range(from, to))])
    }
}

private func written(_ comparison: Comparison) -> Entry {
    func number(_ millionths: Int128) -> JSONNode { .number(millionthsText(millionths)) }
    return switch comparison {
    case .greaterThan(let bound): ("greater_than", number(bound))
    case .atLeast(let bound): ("at_least", number(bound))
    case .lessThan(let bound): ("less_than", number(bound))
    case .atMost(let bound): ("at_most", number(bound))
    case .equals(let bound): ("equals", number(bound))
    case .notEquals(let bound): ("not_equals", number(bound))
    case .between(let low, let high): ("between", list([number(low), number(high)]))
    }
}

private func written(_ measure: Measure, _ entries: [Entry]) -> JSONNode {
    switch measure {
    case .revenue: return map([("revenue", map(entries))])
    case .actions: return map([("actions", map(entries))])
    case .clicks: return map([("clicks", map(entries))])
    case .email(let activity, let source):
        let named = source.map { [("source", JSONNode.text($0))] } ?? []
        return map([("email", map([("activity", .word(activity.word))] + named + entries))])
    case .custom(let name, let tests):
        var own: [Entry] = [("name", .text(name))]
        if !tests.isEmpty {
            own.append(
                (
                    "where",
                    list(
                        tests.map { test in
                            map([
                                ("name", .text(test.name)),
                                test.isNegated ? negated(test.test) : written(test.test),
                            ])
                        })
                ))
        }
        return map([("event", map(own + entries))])
    }
}

private func written(_ value: ConstantValue) -> JSONNode {
    switch value {
    case .text(let name): .text(name)
    case .number(let number): .number(number.description)
    case .flag(let flag): JSONNode(offset: 0, value: .bool(flag))
    }
}

private func written(_ test: AttributeTest) -> Entry {
    switch test {
    case .anyOf(let values): return ("any_of", list(values.map { written($0) }))
    case .text(.anyOf(let names)): return ("any_of", list(names.map { .text($0) }))
    case .text(.contains(let part)): return ("contains", .text(part))
    case .text(.startsWith(let part)): return ("starts_with", .text(part))
    case .text(.endsWith(let part)): return ("ends_with", .text(part))
    case .number(.greaterThan(let bound)): return ("greater_than", .number(bound.description))
    case .number(.atLeast(let bound)): return ("at_least", .number(bound.description))
    case .number(.lessThan(let bound)): return ("less_than", .number(bound.description))
    case .number(.atMost(let bound)): return ("at_most", .number(bound.description))
    case .number(.between(let low, let high)):
        return ("between", list([.number(low.description), .number(high.description)]))
    case .exists: return ("exists", .yes)
    case .date(let condition): return ("date", map([written(condition)]))
    }
}

/// The negative form of a test: only `any_of`, `exists` and a set date have one.
private func negated(_ test: AttributeTest) -> Entry {
    switch test {
    case .anyOf(let values): ("none_of", list(values.map { written($0) }))
    case .exists: ("exists", JSONNode(offset: 0, value: .bool(false)))
    default: ("date", map([("is_set", JSONNode(offset: 0, value: .bool(false)))]))
    }
}
