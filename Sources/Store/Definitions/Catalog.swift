public import Core
public import Definitions
import Engine
import LMDB

/// Which definitions there are, and since when: read from the definition records alone.
public struct Catalog: Sendable {
    /// One version of a definition.
    public struct Version: Sendable {
        /// Engine time of the record that made it; ``Instant/unset`` before the clock was set.
        public let at: Instant
        /// The record that made it.
        public let sequence: EventSequence
        /// Counts from 1 for each kind and id; a retirement takes a version too.
        public let version: UInt32
        /// Canonical JSON, or nil where the version is a retirement.
        public let canonical: [UInt8]?
    }

    private var versions: [DefinitionKey: [Version]] = [:]
    private(set) var numbers = DefinitionRegistry()
    /// The last definition record; 0 where there is none.
    private(set) var lastChange: EventSequence = 0

    init(
        _ tables: Tables, upTo last: EventSequence, in transaction: borrowing ReadTransaction
    ) throws {
        for record in try DefinitionHistory.records(tables, upTo: last, in: transaction) {
            numbers.apply(
                record.changes.map {
                    DefinitionChange(
                        kind: $0.kind, id: $0.id, version: $0.version, definition: nil)
                }, at: record.at)
            lastChange = record.sequence
            for change in record.changes {
                versions[DefinitionKey(change.kind, change.id), default: []].append(
                    Version(
                        at: record.at, sequence: record.sequence, version: change.version,
                        canonical: change.canonical))
            }
        }
    }

    /// The kind and id of a workflow or automation by its number.
    ///
    /// - Throws: ``StoreError/damaged(_:)`` where no definition has the number.
    func source(_ number: SourceNumber) throws -> (kind: DefinitionKind, id: Name) {
        guard number < numbers.sources.count else {
            throw StoreError.damaged("no workflow or automation has the number \(number)")
        }
        return numbers.sources[Int(number)]
    }

    /// The id of a template by its number.
    ///
    /// - Throws: ``StoreError/damaged(_:)`` where no definition has the number.
    func templateID(_ number: UInt32) throws -> Name {
        guard number < numbers.templateIDs.count else {
            throw StoreError.damaged("no template has the number \(number)")
        }
        return numbers.templateIDs[Int(number)]
    }

    /// The ids of a kind that were ever defined, in byte order.
    public func ids(_ kind: DefinitionKind) -> [Name] {
        versions.keys.filter { $0.kind == kind }.map(\.id).sorted()
    }

    /// The versions of a definition, oldest first; empty where the id was never defined.
    public func versions(_ kind: DefinitionKind, _ id: Name) -> [Version] {
        versions[DefinitionKey(kind, id)] ?? []
    }

    /// The definitions in force, by kind and then in byte order of ids.
    public func inForce() throws -> [CanonicalDefinition] {
        try DefinitionKind.allCases.flatMap { kind in
            try ids(kind).compactMap { id in
                guard let canonical = versions(kind, id).last?.canonical else { return nil }
                return try storedDefinition(kind: kind, bytes: canonical)
            }
        }
    }

    /// The version of a definition in force at a moment, which may be a retirement; nil before the
    /// first.
    func version(
        _ kind: DefinitionKind, _ id: Name, at moment: LogPlace
    ) -> Version? {
        versions(kind, id).last { moment.includes($0.at, $0.sequence) }
    }

    /// A definition as its last version has it; nil where it was never defined, or is retired.
    func latest(_ kind: DefinitionKind, _ id: Name) throws -> Definition? {
        try versions(kind, id).last?.canonical.map {
            try storedDefinition(kind: kind, bytes: $0).definition
        }
    }

    /// A definition in force at a moment; nil where it is not.
    func definition(
        _ kind: DefinitionKind, _ id: Name, at moment: LogPlace
    ) throws -> Definition? {
        try version(kind, id, at: moment)?.canonical.map {
            try storedDefinition(kind: kind, bytes: $0).definition
        }
    }

    /// The program's settings in force at a moment.
    func settings(at moment: LogPlace) throws -> ProgramSettings {
        if case .program(let settings)? = try definition(.program, "", at: moment) {
            return settings
        }
        return ProgramSettings()
    }

    /// A segment in force at a moment, and all that it names, each once.
    func definitions(
        of segment: Name, at moment: LogPlace
    ) throws -> [Definition] {
        var found: [Definition] = []
        var wanted = [segment]
        var seen: Set<Name> = [segment]
        while let id = wanted.popLast() {
            guard let definition = try definition(.segment, id, at: moment),
                case .segment(let segment) = definition
            else { continue }
            found.append(definition)
            wanted += segment.match.namedSegments.filter { seen.insert($0).inserted }
        }
        return found
    }

    /// The segments in force at a moment, in byte order of ids.
    func segments(at moment: LogPlace) throws -> [Definition] {
        try ids(.segment).compactMap { try definition(.segment, $0, at: moment) }
    }

    /// What has to be recorded so that these definitions are in force.
    ///
    /// - Parameters:
    ///   - definitions: The definitions wanted; those that are in force just so need no change.
    ///   - prune: Whether those in force that the list does not name are retired; the program's
    ///     settings stay.
    /// - Returns: The changes, new and changed definitions in the order of the list, then
    ///   retirements.
    public func changes(to definitions: [CanonicalDefinition], prune: Bool) -> [CanonicalChange] {
        var changes: [CanonicalChange] = []
        var named: Set<DefinitionKey> = []
        for definition in definitions {
            let key = DefinitionKey(definition.definition.kind, definition.definition.id)
            named.insert(key)
            let latest = versions[key]?.last
            guard latest?.canonical != definition.bytes else { continue }
            changes.append(
                CanonicalChange(
                    kind: key.kind, id: key.id, version: (latest?.version ?? 0) + 1,
                    canonical: definition.bytes))
        }
        guard prune else { return changes }
        for kind in DefinitionKind.allCases where kind != .program {
            for id in ids(kind) where !named.contains(DefinitionKey(kind, id)) {
                guard let latest = versions(kind, id).last, latest.canonical != nil else {
                    continue
                }
                changes.append(
                    CanonicalChange(
                        kind: kind, id: id, version: latest.version + 1, canonical: nil))
            }
        }
        return changes
    }
}

extension Store {
    /// The definitions as they are now.
    public func catalog() throws -> Catalog {
        try read { transaction, head in
            try Catalog(tables, upTo: head.sequence, in: transaction)
        }
    }
}
