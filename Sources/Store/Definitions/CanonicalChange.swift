public import Core
import Definitions
import Engine

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

    /// The change with its definition read back from its canonical form.
    func decoded() throws -> DefinitionChange {
        let definition = try canonical.map { bytes in
            let decoded = try storedDefinition(kind: kind, bytes: bytes)
            guard decoded.bytes == bytes, decoded.definition.id == id else {
                throw StoreError.damaged("\(kind.word) \(id) is not in its canonical form")
            }
            return decoded.definition
        }
        return DefinitionChange(kind: kind, id: id, version: version, definition: definition)
    }
}
