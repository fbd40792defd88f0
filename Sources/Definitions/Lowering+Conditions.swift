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

    // MARK: Lists of names

    private func listKeys(isMultiple: Bool) -> [String] {
        isMultiple ? ["any_of", "none_of", "all_of"] : ["any_of", "none_of"]
    }

    /// The operator of a list leaf; `all_of` is explained where a partner has one value only.
    private mutating func listOperator(
        _ item: Item, what: String, known: [String], example: String
    ) -> (key: String, value: Item)? {
        if !known.contains("all_of"), case .map(let entries) = item.node.content,
            let entry = entries.first(where: { $0.key == "all_of" })
        {
            fail(
                line: entry.line, column: entry.column, path: "\(item.path).all_of",
                "all_of has no meaning for \(what), of which a partner has one only",
                fix: "use any_of")
            return nil
        }
        return single(
            item, known: known, what: what, fix: "write \(what): {any_of: [\(example)]}")
    }

    private mutating func names(
        _ item: Item, what: String, isMultiple: Bool, leaf: ([Name]) -> Leaf
    ) -> Condition? {
        guard
            let (key, value) = listOperator(
                item, what: what, known: listKeys(isMultiple: isMultiple), example: "…"),
            let names = nameList(value, what: key, element: what)
        else { return nil }
        return combine(key: key, names.map { [$0] }, whole: names) { .leaf(leaf($0)) }
    }

    /// A list of names, sorted and without repeats.
    mutating func nameList(_ item: Item, what: String, element: String) -> [Name]? {
        guard
            let items = list(
                item, what: what, mayBeEmpty: what != "any_of",
                fix: "write a list of at least one \(element): \(what): [\(exampleOf(item))]")
        else { return nil }
        let read = items.map { name($0, what: "a \(element)") }
        let names = read.compactMap { $0 }
        return names.count == read.count ? sorted(names) : nil
    }

    private func exampleOf(_ item: Item) -> String {
        switch item.node.content {
        case .plain(let text), .text(let text): String(text.prefix(40))
        default: "…"
        }
    }

    private func sorted(_ names: [Name]) -> [Name] { Set(names).sorted() }

    /// `any_of` as one leaf, `none_of` as its negation, `all_of` as an `all` of single values; none of
    /// nothing and all of nothing always hold.
    private func combine<Value>(
        key: String, _ singles: [Value], whole: Value, _ condition: (Value) -> Condition
    ) -> Condition {
        switch key {
        case _ where singles.isEmpty: .always
        case "none_of": .not(condition(whole))
        case "all_of" where singles.count > 1: .all(singles.map(condition))
        default: condition(whole)
        }
    }

    private mutating func stages(
        _ item: Item, what: String, _ words: [(String, StageSet)], isMultiple: Bool,
        leaf: (StageSet) -> Leaf
    ) -> Condition? {
        guard
            let (key, value) = listOperator(
                item, what: what, known: listKeys(isMultiple: isMultiple), example: "joined"),
            let stages = stageSet(value, what: key, words)
        else { return nil }
        let singles = words.map(\.1).filter { stages.contains($0) }
        return combine(key: key, singles, whole: stages) { .leaf(leaf($0)) }
    }

    private mutating func stageSet(
        _ item: Item, what: String, _ words: [(String, StageSet)]
    ) -> StageSet? {
        guard
            let items = list(
                item, what: what, mayBeEmpty: what != "any_of",
                fix: "write a list of at least one stage: \(what): [\(exampleOf(item))]")
        else { return nil }
        var stages: StageSet = []
        var isSound = true
        for item in items {
            if let word = word(item, among: words.map(\.0), what: "stage"),
                let stage = words.first(where: { $0.0 == word })?.1
            {
                stages.insert(stage)
            } else {
                isSound = false
            }
        }
        return isSound ? stages : nil
    }

    // MARK: Texts

    private mutating func partnerName(_ item: Item) -> Condition? {
        let what = "partner_name"
        if case .map(let entries) = item.node.content,
            let entry = entries.first(where: { $0.key == "none_of" })
        {
            fail(
                line: entry.line, column: entry.column, path: "\(item.path).none_of",
                "partner_name has no none_of", fix: "write not: {partner_name: {any_of: […]}}")
            return nil
        }
        guard
            let (key, value) = single(
                item, known: Self.textKeys + ["any_of"], what: what,
                fix: "write partner_name: {contains: text}"),
            let test = textTest(key: key, value, what: what)
        else { return nil }
        return .leaf(.partnerName(test))
    }

    private mutating func templateTerm(_ item: Item) -> Condition? {
        let what = "template_term"
        let known = listKeys(isMultiple: true) + Self.textKeys
        guard
            let (key, value) = single(
                item, known: known, what: what, fix: "write template_term: {any_of: [standard]}")
        else { return nil }
        if Self.textKeys.contains(key) {
            return textTest(key: key, value, what: what).map { .leaf(.templateTerm($0)) }
        }
        guard let names = nameList(value, what: key, element: what) else { return nil }
        return combine(key: key, names.map { [$0] }, whole: names) {
            .leaf(.templateTerm(.anyOf($0)))
        }
    }

    /// A text operator or `any_of`.
    private mutating func textTest(key: String, _ item: Item, what: String) -> TextTest? {
        switch key {
        case "equals": return pattern(item, what: key).map { .anyOf([$0]) }
        case "contains": return pattern(item, what: key).map { .contains($0) }
        case "starts_with": return pattern(item, what: key).map { .startsWith($0) }
        case "ends_with": return pattern(item, what: key).map { .endsWith($0) }
        default:
            guard
                let items = list(
                    item, what: key, mayBeEmpty: key != "any_of",
                    fix: "write a list of at least one text: \(key): […]")
            else { return nil }
            let read = items.map { pattern($0, what: "a \(what)") }
            let names = read.compactMap { $0 }
            return names.count == read.count ? .anyOf(sorted(names)) : nil
        }
    }

    private mutating func contractWith(_ item: Item) -> Condition? {
        let what = "contract_with"
        let fix = "write contract_with: {stage: {any_of: [joined]}, template_term: {any_of: […]}}"
        guard
            let fields = fields(
                item, known: ["stage", "template_term", "contract"], what: what, fix: fix)
        else { return nil }
        var test = ContractTest()
        var isSound = errorFree(item, fields)
        guard !fields.entries.isEmpty else {
            fail(item, "contract_with needs one of stage, template_term or contract", fix: fix)
            return nil
        }
        if let stage = fields.given("stage") {
            if let (key, value) = single(
                stage, known: ["any_of"], what: "stage", fix: "write stage: {any_of: [joined]}"),
                let stages = stageSet(value, what: key, Self.contractStages)
            {
                test.stages = stages
            } else {
                isSound = false
            }
        }
        if let term = fields.given("template_term") {
            if let (key, value) = single(
                term, known: listKeys(isMultiple: true) + Self.textKeys, what: "template_term",
                fix: "write template_term: {any_of: [standard]}"),
                let text = textTest(key: key, value, what: "template_term")
            {
                if text != .anyOf([]) {
                    test.term = key == "all_of" ? oneForAll(text) : text
                    test.termNegated = key == "none_of"
                }
            } else {
                isSound = false
            }
        }
        if let contract = fields.given("contract") {
            if let (key, value) = single(
                contract, known: listKeys(isMultiple: true), what: "contract",
                fix: "write contract: {any_of: [default]}"),
                let names = nameList(value, what: key, element: "contract")
            {
                if !names.isEmpty {
                    test.contracts = key == "all_of" && names.count > 1 ? [] : names
                    test.contractNegated = key == "none_of"
                }
            } else {
                isSound = false
            }
        }
        guard isSound else { return nil }
        // What asks nothing of a contract holds for any.
        return .leaf(
            test == ContractTest() ? .contractStage(.allContractStages) : .contractWith(test))
    }

    /// `all_of` on one contract's term: it can be one text alone, never several.
    private func oneForAll(_ test: TextTest) -> TextTest {
        if case .anyOf(let names) = test, names.count > 1 { .anyOf([]) } else { test }
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

    // MARK: Sums and counts

    private mutating func measure(
        _ item: Item, what: String, _ measure: Measure
    ) -> Condition? {
        let fix = "write \(what): {over: {last_days: 30}, greater_than: 0}"
        guard
            let fields = fields(
                item, known: ["over"] + Self.comparisonKeys, what: what, fix: fix)
        else { return nil }
        return counted(item, fields, standard: nil, what: what) { _ in measure }
    }

    /// The window and comparison that every sum and count has, around what is counted.
    private mutating func counted(
        _ item: Item, _ fields: Fields, standard: Comparison?, what: String,
        read: (inout Lowering) -> Measure?
    ) -> Condition? {
        let measure = read(&self)
        let window = window(fields["over"])
        let comparison = comparison(in: fields, standard: standard, what: what)
        guard let measure, let window, let comparison, errorFree(item, fields) else { return nil }
        return .leaf(.measure(measure, over: window, comparison))
    }

    private mutating func email(_ item: Item) -> Condition? {
        let fix = "write email: {activity: opened, over: {last_days: 30}, at_least: 1}"
        guard
            let fields = fields(
                item, known: ["activity", "source", "over"] + Self.comparisonKeys, what: "email",
                fix: fix)
        else { return nil }
        return counted(item, fields, standard: .atLeast(1_000_000), what: "email") { reader in
            let words = EmailActivity.allCases.map(\.word)
            let activity = reader.required("activity", in: fields, what: "email", fix: fix)
                .flatMap { reader.word($0, among: words, what: "activity") }
                .flatMap { word in EmailActivity.allCases.first { $0.word == word } }
            var source: Name?
            if let item = fields["source"] {
                source = reader.name(item, what: "source")
                if source == nil { return nil }
            }
            return activity.map { .email($0, source: source) }
        }
    }

    private mutating func event(_ item: Item) -> Condition? {
        let fix = "write event: {name: signup, over: {last_days: 30}, at_least: 1}"
        guard
            let fields = fields(
                item, known: ["name", "where", "over"] + Self.comparisonKeys, what: "event",
                fix: fix)
        else { return nil }
        return counted(item, fields, standard: .atLeast(1_000_000), what: "event") { reader in
            let name = reader.required("name", in: fields, what: "event", fix: fix)
                .flatMap { reader.name($0, what: "the event's name") }
            let tests = reader.properties(fields["where"])
            guard let name, let tests else { return nil }
            return .custom(name, tests)
        }
    }

    /// The property conditions of `where`; an empty list asks nothing.
    private mutating func properties(_ item: Item?) -> [PropertyTest]? {
        guard let item else { return [] }
        guard case .list(let nodes) = item.node.content else {
            fail(
                item, "where must be a list, but here is \(item.node.kind)",
                fix: "write where: [{name: total, at_least: 100}]")
            return nil
        }
        let read = item.elements(nodes).map {
            attribute($0, use: .leaf, what: "a property condition")
        }
        let tests = read.compactMap { $0 }
        guard tests.count == read.count else { return nil }
        return Set(tests.filter { !$0.asksNothing }).sorted(by: precedes)
    }

    // MARK: Attributes

    static let attributeKeys = [
        "equals", "not_equals", "any_of", "none_of", "contains", "starts_with", "ends_with",
        "greater_than", "at_least", "less_than", "at_most", "between", "exists", "date",
    ]

    /// `{name, OPERATOR: value}` of an attribute or a property.
    private mutating func attribute(
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
                of: Self.attributeKeys, in: fields, what: what, fix: fix),
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
    fileprivate static let always = Condition.all([])
}

extension PropertyTest {
    /// Whether it is `none_of` of nothing, which always holds.
    fileprivate var asksNothing: Bool { isNegated && test == .anyOf([]) }
}

extension StageSet {
    fileprivate static let allContractStages = StageSet(
        ContractStage.allCases.map { StageSet($0) })
}
