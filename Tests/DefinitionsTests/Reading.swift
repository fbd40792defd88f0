import Core
import Definitions

/// Reads one file.
func read(
    _ text: String, file: String = "rules.yaml", inForce: [CanonicalDefinition] = [],
    prune: Bool = false
) throws(DefinitionErrors) -> DefinitionFiles {
    try readDefinitions(
        [DefinitionSource(file: file, bytes: Array(text.utf8))], inForce: inForce, prune: prune)
}

/// The errors of one file, none where it is right.
func errors(
    _ text: String, file: String = "rules.yaml", inForce: [CanonicalDefinition] = [],
    prune: Bool = false
) -> [DefinitionError] {
    do {
        _ = try read(text, file: file, inForce: inForce, prune: prune)
        return []
    } catch {
        return error.errors
    }
}

/// The condition that a flow mapping such as `{tag: {any_of: [vip]}}` means.
func condition(_ text: String) throws -> Condition {
    let files = try read(
        "segments:\n- id: s\n  match: \(text)\n- {id: a, match: {tag: {any_of: [a]}}}\n- {id: b, match: {tag: {any_of: [b]}}}\n"
    )
    for case .segment(let segment) in files.definitions.map(\.definition) where segment.id == "s" {
        return segment.match
    }
    throw Missing()
}

struct Missing: Error {}

extension CanonicalDefinition {
    var text: String { String(decoding: bytes, as: UTF8.self) }
}
