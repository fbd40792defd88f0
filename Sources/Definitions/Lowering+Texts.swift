import Core

/// Conditions on texts, and on what holds of one contract together (SPEC 4).
extension Lowering {
    mutating func partnerName(_ item: Item) -> Condition? {
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

    mutating func templateTerm(_ item: Item) -> Condition? {
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
    mutating func textTest(key: String, _ item: Item, what: String) -> TextTest? {
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

    mutating func contractWith(_ item: Item) -> Condition? {
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
}

extension StageSet {
    fileprivate static let allContractStages = StageSet(
        ContractStage.allCases.map { StageSet($0) })
}
