import Core

/// Conditions on sums and counts over a window (SPEC 4).
extension Lowering {
    mutating func measure(
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

    mutating func email(_ item: Item) -> Condition? {
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

    mutating func event(_ item: Item) -> Condition? {
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
}
