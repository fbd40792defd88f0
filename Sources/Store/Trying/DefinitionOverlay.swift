import Core
import Definitions
import Engine

/// Which definitions are in force where some from files stand over those of the log.
///
/// The ids that the files name have the files' content, whatever the log says of them; all others
/// follow the log, or with `prune` are retired. What names a definition that is not in force is
/// withheld until it is: a file's segment may name one that the log defines only later.
struct DefinitionOverlay {
    private let files: [DefinitionKey: CanonicalDefinition]
    private let prune: Bool
    /// What the log has in force.
    private var logged: [DefinitionKey: CanonicalDefinition] = [:]
    private var inForce: [DefinitionKey: CanonicalDefinition] = [:]
    private var versions: [DefinitionKey: UInt32] = [:]
    /// Whether the files stand over the log.
    private(set) var isOver = false

    init(_ definitions: [CanonicalDefinition], prune: Bool) {
        files = Dictionary(
            definitions.map { (DefinitionKey($0.definition.kind, $0.definition.id), $0) },
            uniquingKeysWith: { $1 })
        self.prune = prune
    }

    /// Takes in the changes of a definition record.
    mutating func take(_ changes: [CanonicalChange]) throws {
        for change in changes {
            logged[DefinitionKey(change.kind, change.id)] = try change.canonical.map {
                try storedDefinition(kind: change.kind, bytes: $0)
            }
        }
    }

    /// Lets the files stand over the log from here on.
    mutating func putOver() {
        isOver = true
    }

    /// What has to change so that the right definitions are in force; the next call takes it as done.
    mutating func changes() -> [DefinitionChange] {
        let wanted = supported(wanted)
        var changes: [DefinitionChange] = []
        for key in Set(inForce.keys).union(wanted.keys).sorted()
        where inForce[key]?.bytes != wanted[key]?.bytes {
            versions[key, default: 0] += 1
            changes.append(
                DefinitionChange(
                    kind: key.kind, id: key.id, version: versions[key] ?? 1,
                    definition: wanted[key]?.definition))
        }
        inForce = wanted
        return changes
    }

    /// The files' definitions that wait for what they name.
    var withheld: [DefinitionKey] {
        isOver ? files.keys.filter { inForce[$0] == nil }.sorted() : []
    }

    private var wanted: [DefinitionKey: CanonicalDefinition] {
        guard isOver else { return logged }
        let others = prune ? logged.filter { $0.key.kind == .program } : logged
        return others.merging(files) { $1 }
    }

    /// Those of the definitions that name only others of them, in the end none: what names something
    /// that is missing, and a circle of files' and log's segments, is left out.
    private func supported(
        _ wanted: [DefinitionKey: CanonicalDefinition]
    ) -> [DefinitionKey: CanonicalDefinition] {
        var supported: [DefinitionKey: CanonicalDefinition] = [:]
        var waiting = wanted
        while true {
            let ready = waiting.filter { _, definition in
                definition.definition.references.allSatisfy { supported[$0] != nil }
            }
            if ready.isEmpty { return supported }
            supported.merge(ready) { $1 }
            waiting = waiting.filter { ready[$0.key] == nil }
        }
    }
}
