public import Core

/// A definition's change in canonical form, ready to be recorded.
public struct CanonicalChange: Sendable, Equatable {
    /// What kind of definition it is.
    public var kind: DefinitionKind
    /// The id, unique within its kind.
    public var id: Name
    /// Counts from 1 for each kind and id; a retirement takes a version too.
    public var version: UInt32
    /// Nil retires the id.
    public var canonical: [UInt8]?

    /// Makes a change.
    public init(kind: DefinitionKind, id: Name, version: UInt32, canonical: [UInt8]?) {
        self.kind = kind
        self.id = id
        self.version = version
        self.canonical = canonical
    }

    var stored: StoredChange {
        StoredChange(kind: kind, id: id, version: version, canonical: canonical)
    }
}
