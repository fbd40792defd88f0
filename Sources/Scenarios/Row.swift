public import Core
import Engine
import Wire

/// Some fields of a member, a send or a run, under the names that outputs give them (SPEC 5, 7).
public struct Row: Hashable, Sendable {
    /// One field.
    public struct Field: Hashable, Sendable {
        /// The field's name.
        public var name: String
        /// Its value.
        public var value: FieldValue

        /// Makes a field.
        public init(_ name: String, _ value: FieldValue) {
            self.name = name
            self.value = value
        }
    }

    /// The fields, each name once.
    public var fields: [Field]

    /// Makes a row.
    public init(_ fields: [Field]) {
        self.fields = fields
    }

    /// The value of a field; nil where the row does not have it.
    public func value(of name: String) -> FieldValue? {
        fields.first { $0.name == name }?.value
    }

    /// Whether a row agrees with this one in all fields that this one has; null is as if absent.
    func matches(_ row: Row) -> Bool {
        fields.allSatisfy { (row.value(of: $0.name) ?? .null) == $0.value }
    }
}

/// A field's value: equal where the same is meant, however it was written.
public enum FieldValue: Hashable, Sendable {
    case text(Name)
    case number(Int)
    case flag(Bool)
    case instant(Instant)
    case null

    /// The value as people read it.
    public var text: String {
        switch self {
        case .text(let name): name.description
        case .number(let number): String(number)
        case .flag(let flag): flag ? "true" : "false"
        case .instant(let instant): timestampText(instant)
        case .null: "null"
        }
    }
}

extension Subject {
    /// The fields that its rows have, in the order of outputs.
    public var columns: [String] { kinds.map(\.name) }

    /// The fields that tell rows apart where an expectation names none.
    public var mainColumns: [String] {
        switch self {
        case .members: ["partner"]
        case .sends: ["source", "partner", "decided_at"]
        case .runs: ["workflow", "at", "sent"]
        }
    }

    /// How the value of a field is written.
    enum FieldKind {
        case name
        case nameOrNull
        case word([String])
        case wordOrNull([String])
        case number
        case flag
        case instant
    }

    /// Names and kinds of the fields.
    var kinds: [(name: String, kind: FieldKind)] {
        switch self {
        case .members: [("partner", .name)]
        case .sends:
            [
                ("send", .name), ("source", .name), ("kind", .word(["workflow", "automation"])),
                ("partner", .name), ("to", .nameOrNull), ("template", .name),
                ("template_version", .number), ("decided_at", .instant), ("seq", .number),
                (
                    "status",
                    .word(["pending", "suppressed", "delivered", "failed", "expired"])
                ), ("reason", .wordOrNull(SendSuppression.allCases.map(\.word))),
            ]
        case .runs:
            [
                ("workflow", .name), ("at", .instant), ("members", .number),
                ("with_address", .number), ("sent", .number), ("blocked", .flag),
            ]
        }
    }
}
