import Core
import Definitions
import Wire

/// Instants and expected rows of scenarios.
extension Lowering {
    /// An instant as events carry it.
    mutating func instant(_ item: Item, what: String) -> Instant? {
        guard let text = line(item, what: what) else { return nil }
        if let instant = try? parseTimestamp(Array(text.utf8).span) { return instant }
        fail(
            item, "\(what) must be an instant, but here is \(quoted(text))",
            fix: "write date, time and offset, such as 2026-03-11T16:00:00Z")
        return nil
    }

    /// Some fields of a row of a subject, at least one.
    mutating func row(_ item: Item, of subject: Subject, what: String) -> Row? {
        let fix = "write some of \(listed(subject.columns, "and"))"
        guard
            let fields = fields(
                item, known: subject.columns, what: "an element of \(what)", fix: fix)
        else { return nil }
        var row = Row([])
        for (name, kind) in subject.kinds {
            guard let item = fields.given(name),
                let value = value(item, kind: kind, what: name)
            else { continue }
            row.fields.append(Row.Field(name, value))
        }
        if fields.entries.isEmpty { fail(item, "an element of \(what) says nothing", fix: fix) }
        return row
    }

    private mutating func value(
        _ item: Item, kind: Subject.FieldKind, what: String
    ) -> FieldValue? {
        switch kind {
        case .nameOrNull where item.node.content == .null: .null
        case .wordOrNull where item.node.content == .null: .null
        case .name, .nameOrNull: name(item, what: what).map { .text($0) }
        case .word(let words), .wordOrNull(let words):
            word(item, among: words, what: what).map { .text(Name($0)) }
        case .number: wholeNumber(item, in: 0...1_000_000_000_000, what: what).map { .number($0) }
        case .flag: flag(item, what: what).map { .flag($0) }
        case .instant: instant(item, what: what).map { .instant($0) }
        }
    }
}
