import Core

/// Conditions over a partner (SPEC 4) to their canonical form.
extension Lowering {
    static let leafKeys = [
        "relationship_stage", "prospecting_stage", "contract_stage", "template_term", "contract",
        "partner", "group", "tag", "partner_name", "contract_with", "last_transition",
        "original_joined", "tagged", "grouped", "revenue", "actions", "clicks", "email", "event",
        "attribute", "segment",
    ]
    static let textKeys = ["equals", "contains", "starts_with", "ends_with"]
    static let relationshipStages = RelationshipStage.allCases.map { ($0.word, StageSet($0)) }
    static let contractStages = ContractStage.allCases.map { ($0.word, StageSet($0)) }

    /// A condition: a mapping of one key.
    mutating func condition(_ item: Item) -> Condition? {
        let known = ["all", "any", "not"] + Self.leafKeys
        let fix = "write for example tag: {any_of: [vip]}"
        switch item.node.content {
        case .list:
            fail(
                item, "a condition must be a mapping, but here is a list",
                fix: "put the list under all: or any:")
            return nil
        case .map(let entries)
        where entries.count > 1 && entries.allSatisfy({ known.contains($0.key) }):
            let words = listed(entries.map(\.key), "and")
            fail(
                item, "a condition has one key, but here are \(words)",
                fix: "join them: all: [\(entries.map { "{\($0.key): …}" }.joined(separator: ", "))]"
            )
            return nil
        default: break
        }
        guard let (key, value) = single(item, known: known, what: "a condition", fix: fix) else {
            return nil
        }
        switch key {
        case "all": return conditions(value, what: key).map { .all($0) }
        case "any": return conditions(value, what: key).map { .any($0) }
        case "not": return condition(value).map { .not($0) }
        default: return leaf(key: key, value)
        }
    }

    private mutating func conditions(_ item: Item, what: String) -> [Condition]? {
        guard
            let items = list(
                item, what: what,
                fix: "write a list of conditions: \(what): [{tag: {any_of: [vip]}}]"
            )
        else { return nil }
        let read = items.map { condition($0) }
        let conditions = read.compactMap { $0 }
        return conditions.count == read.count ? conditions : nil
    }

    private mutating func leaf(key: String, _ item: Item) -> Condition? {
        switch key {
        case "relationship_stage", "prospecting_stage":
            return stages(item, what: key, Self.relationshipStages, isMultiple: false) {
                .relationshipStage($0)
            }
        case "contract_stage":
            return stages(item, what: key, Self.contractStages, isMultiple: true) {
                .contractStage($0)
            }
        case "template_term": return templateTerm(item)
        case "contract": return names(item, what: key, isMultiple: true) { .contract($0) }
        case "partner": return names(item, what: key, isMultiple: false) { .partner($0) }
        case "group": return names(item, what: key, isMultiple: true) { .group($0) }
        case "tag": return names(item, what: key, isMultiple: true) { .tag($0) }
        case "partner_name": return partnerName(item)
        case "contract_with": return contractWith(item)
        case "last_transition": return dateLeaf(item, what: key) { .lastTransition($0) }
        case "original_joined": return dateLeaf(item, what: key) { .originalJoined($0) }
        case "tagged": return since(item, what: key, key: "tag") { .tagged($0, $1) }
        case "grouped": return since(item, what: key, key: "group") { .grouped($0, $1) }
        case "revenue": return measure(item, what: key, .revenue)
        case "actions": return measure(item, what: key, .actions)
        case "clicks": return measure(item, what: key, .clicks)
        case "email": return email(item)
        case "event": return event(item)
        case "attribute":
            return attribute(item, use: .leaf, what: key).map { test in
                test.asksNothing
                    ? .always
                    : signed(.leaf(.attribute(test.name, test.test)), test.isNegated)
            }
        default: return segment(item)
        }
    }

    private func signed(_ condition: Condition, _ isNegated: Bool) -> Condition {
        isNegated ? .not(condition) : condition
    }

    // MARK: Dates

    private mutating func dateLeaf(
        _ item: Item, what: String, leaf: (DateCondition) -> Leaf
    ) -> Condition? {
        guard let date = date(item, use: .leaf, what: what) else { return nil }
        return signed(.leaf(leaf(date.condition)), date.isNegated)
    }

    /// `{tag: ID, DATE CONDITION}`.
    private mutating func since(
        _ item: Item, what: String, key: String, leaf: (Name, DateCondition) -> Leaf
    ) -> Condition? {
        let fix = "write \(what): {\(key): ID, days_ago: 7}"
        if case .map(let entries) = item.node.content,
            let entry = entries.first(where: { $0.key == "is_set" })
        {
            fail(
                line: entry.line, column: entry.column, path: "\(item.path).is_set",
                "is_set has no meaning in \(what)", fix: "use \(key): {any_of: [ID]} or none_of")
            return nil
        }
        let keys = dateKeys(.since)
        guard let fields = fields(item, known: [key] + keys, what: what, fix: fix) else {
            return nil
        }
        let id = required(key, in: fields, what: what, fix: fix)
            .flatMap { name($0, what: "the \(key)") }
        guard
            let (dateKey, value) = exactlyOne(
                of: keys, in: fields, what: "the date condition of \(what)", fix: fix),
            let date = date(key: dateKey, value, use: .since), let id, errorFree(item, fields)
        else { return nil }
        return .leaf(leaf(id, date.condition))
    }

    // MARK: Segments

    private mutating func segment(_ item: Item) -> Condition? {
        let what = "segment"
        guard
            let (key, value) = single(
                item, known: ["any_of", "none_of"], what: what,
                fix: "write segment: {any_of: [ID]}"),
            let items = list(
                value, what: key, mayBeEmpty: key == "none_of",
                fix: "write a list of at least one segment: \(key): [\(exampleOf(value))]")
        else { return nil }
        let read = items.map { item -> Name? in
            guard let id = label(item, what: "a segment's id").map({ Name($0) }) else {
                return nil
            }
            references.append(Reference(kind: .segment, id: id, item: item))
            return id
        }
        let names = sorted(read.compactMap { $0 })
        guard read.allSatisfy({ $0 != nil }) else { return nil }
        let members = names.map { Condition.segment($0) }
        if members.isEmpty { return .always }
        return signed(members.count == 1 ? members[0] : .any(members), key == "none_of")
    }
}

extension Condition {
    /// What holds for everybody.
    static let always = Condition.all([])
}
