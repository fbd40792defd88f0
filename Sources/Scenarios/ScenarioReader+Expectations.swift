import Core
import Definitions

/// Expectations of scenarios.
extension ScenarioReader {
    mutating func expectations(_ item: Lowering.Item) -> [Scenario.Expectation] {
        let fix = "write expect: {members: {SEGMENT: [PARTNER]}, sends: [{partner: …}]}"
        guard
            let fields = lowering.fields(
                item, known: ["members", "sends", "runs"], what: "expect", fix: fix)
        else { return [] }
        guard !fields.entries.isEmpty else {
            lowering.fail(item, "expect says nothing", fix: fix)
            return []
        }
        var expectations: [Scenario.Expectation] = []
        if let members = fields["members"] { expectations += self.members(members) }
        for (key, subject) in [("sends", Subject.sends), ("runs", .runs)] {
            guard let item = fields[key], let items = elements(item, what: key) else { continue }
            let rows = items.compactMap { lowering.row($0, of: subject, what: key) }
            expectations.append(expectation(subject, item, rows))
        }
        return expectations
    }

    private mutating func members(_ item: Lowering.Item) -> [Scenario.Expectation] {
        let fix = "write members: {SEGMENT: [PARTNER]}"
        guard case .map(let entries) = item.node.content else {
            lowering.fail(
                item, "members must be a mapping, but here is \(item.node.kind)", fix: fix)
            return []
        }
        guard !entries.isEmpty else {
            lowering.fail(item, "members is empty", fix: fix)
            return []
        }
        let known = inForce.filter { $0.definition.kind == .segment }.map {
            $0.definition.id.description
        }
        var expectations: [Scenario.Expectation] = []
        for entry in entries {
            let list = item.under(entry.key, entry.value)
            if !known.contains(where: { $0.utf8.elementsEqual(entry.key.utf8) }) {
                lowering.fail(
                    line: entry.line, column: entry.column, path: list.path,
                    "there is no segment \(quoted(entry.key))",
                    fix: nearest(to: entry.key, among: known).map { "did you mean \($0)?" }
                        ?? "use \(listed(known))")
                continue
            }
            guard let items = elements(list, what: "the members of \(entry.key)") else { continue }
            let names = items.compactMap { lowering.name($0, what: "a partner's id") }
            var seen: Set<Name> = []
            let rows = names.filter { seen.insert($0).inserted }.map {
                Row([Row.Field("partner", .text($0))])
            }
            expectations.append(expectation(.members(segment: Name(entry.key)), list, rows))
        }
        return expectations
    }

    private func expectation(
        _ subject: Subject, _ item: Lowering.Item, _ rows: [Row]
    ) -> Scenario.Expectation {
        Scenario.Expectation(
            subject: subject, place: place(of: item), path: item.path, rows: rows)
    }

    /// The items of a list, which may be empty.
    mutating func elements(_ item: Lowering.Item, what: String) -> [Lowering.Item]? {
        guard case .list(let nodes) = item.node.content else {
            lowering.fail(
                item, "\(what) must be a list, but here is \(item.node.kind)",
                fix: "write [] around it, or a dash before each element")
            return nil
        }
        return item.elements(nodes)
    }
}
