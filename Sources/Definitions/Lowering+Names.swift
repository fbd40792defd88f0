import Core

/// Conditions that ask for one of a list of names or stages (SPEC 4).
extension Lowering {
    func listKeys(isMultiple: Bool) -> [String] {
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

    mutating func names(
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

    func exampleOf(_ item: Item) -> String {
        switch item.node.content {
        case .plain(let text), .text(let text): String(text.prefix(40))
        default: "…"
        }
    }

    func sorted(_ names: [Name]) -> [Name] { Set(names).sorted() }

    /// `any_of` as one leaf, `none_of` as its negation, `all_of` as an `all` of single values; none of
    /// nothing and all of nothing always hold.
    func combine<Value>(
        key: String, _ singles: [Value], whole: Value, _ condition: (Value) -> Condition
    ) -> Condition {
        switch key {
        case _ where singles.isEmpty: .always
        case "none_of": .not(condition(whole))
        case "all_of" where singles.count > 1: .all(singles.map(condition))
        default: condition(whole)
        }
    }

    mutating func stages(
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

    mutating func stageSet(
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
}
