import Core
import Definitions

/// Reads a definition of the log back from its canonical form.
///
/// - Throws: ``StoreError/damaged(_:)`` where it can't be read: it was when it was written.
func storedDefinition(
    kind: DefinitionKind, bytes: [UInt8]
) throws(StoreError) -> CanonicalDefinition {
    do {
        return try decodeDefinition(kind: kind, bytes: bytes)
    } catch {
        throw .damaged("\(kind.oneOfThem) of the log can't be read: \(error.errors[0])")
    }
}
