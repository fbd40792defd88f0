/// A definition's kind and id, unique in a program.
public struct DefinitionKey: Hashable, Comparable, Sendable {
    /// What kind of definition it is.
    public var kind: DefinitionKind
    /// The id, unique within its kind.
    public var id: Name

    /// Makes a key.
    public init(_ kind: DefinitionKind, _ id: Name) {
        self.kind = kind
        self.id = id
    }

    /// Whether the left key comes first: by kind, then in byte order of ids.
    public static func < (left: DefinitionKey, right: DefinitionKey) -> Bool {
        (left.kind.rawValue, left.id) < (right.kind.rawValue, right.id)
    }
}

extension Definition {
    /// The definitions that this one names, without which it can't be in force (SPEC 5).
    public var references: [DefinitionKey] {
        switch self {
        case .program, .template: []
        case .segment(let segment): segment.match.namedSegments.map { DefinitionKey(.segment, $0) }
        case .workflow(let workflow):
            [DefinitionKey(.segment, workflow.segment)] + workflow.actions.compactMap(\.reference)
        case .automation(let automation):
            automation.trigger.references + automation.actions.compactMap(\.reference)
        }
    }
}

extension Action {
    fileprivate var reference: DefinitionKey? {
        if case .sendEmail(let template) = self { DefinitionKey(.template, template) } else { nil }
    }
}

extension Trigger {
    fileprivate var references: [DefinitionKey] {
        switch self {
        case .tagAssigned: []
        case .segmentEntered(let segment), .segmentLeft(let segment):
            [DefinitionKey(.segment, segment)]
        }
    }
}
