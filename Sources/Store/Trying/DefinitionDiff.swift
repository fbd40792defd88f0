public import Core
import Definitions
import Engine
import LMDB
public import Wire

/// What a definition's change does to what is in force.
public enum ChangeEffect: Sendable {
    /// The id was not in force.
    case added
    case changed
    case retired

    /// The word in messages and outputs.
    public var word: String {
        switch self {
        case .added: "added"
        case .changed: "changed"
        case .retired: "retired"
        }
    }
}

extension Catalog {
    /// What a change would do to what is in force.
    public func effect(of change: CanonicalChange) -> ChangeEffect {
        if change.canonical == nil { return .retired }
        return versions(change.kind, change.id).last?.canonical == nil ? .added : .changed
    }
}

/// What `apply` would do (SPEC 5).
public struct DefinitionDiff: Sendable {
    /// One definition's change.
    public struct Change: Sendable {
        /// What it does to what is in force.
        public var effect: ChangeEffect
        /// What kind of definition it is.
        public var kind: DefinitionKind
        /// The id, unique within its kind.
        public var id: Name
        /// The version that the change would take.
        public var version: UInt32
        /// Where a changed definition differs from what is in force.
        public var values: [JSONDifference]
    }

    /// One partner that a segment would win or lose.
    public struct Movement: Sendable {
        /// The segment's id.
        public var segment: Name
        /// The partner's id.
        public var partner: Name
        /// Whether the segment would win the partner; else it would lose it.
        public var isWon: Bool
    }

    /// What a segment would win and lose in all.
    public struct Total: Sendable {
        /// The segment's id.
        public var segment: Name
        /// How many partners it would win.
        public var won: Int
        /// How many partners it would lose.
        public var lost: Int
        /// How many would be in it.
        public var members: Int
    }

    /// In the order in which they would be recorded.
    public var changes: [Change]
    /// By segment, in byte order of ids; in each those won and then those lost, in the order of the log.
    public var movements: [Movement]
    /// Segments that are changed themselves or would win or lose somebody, in byte order of ids.
    public var totals: [Total]
}

extension Store {
    /// Finds out what applying changes would do; writes nothing.
    ///
    /// - Parameter changes: Finds the changes, given the definitions in force.
    /// - Returns: What would change, and whom that would move.
    /// - Throws: ``StoreError``, or what `changes` throws.
    public func diff(
        changes: (Catalog) throws -> [CanonicalChange]
    ) throws -> DefinitionDiff {
        try read { transaction, head in
            let catalog = try Catalog(tables, upTo: head.sequence, in: transaction)
            let changes = try changes(catalog)
            var diff = DefinitionDiff(
                changes: try changes.map { try DefinitionDiff.Change($0, catalog) },
                movements: [], totals: [])
            guard !changes.isEmpty else { return diff }
            var engine = try LoadedEngine(self, in: transaction).engine
            try engine.tryOut(changes, tables, in: transaction)
            diff.takeMovements(of: engine)
            return diff
        }
    }
}

extension DefinitionDiff.Change {
    fileprivate init(_ change: CanonicalChange, _ catalog: Catalog) throws {
        effect = catalog.effect(of: change)
        kind = change.kind
        id = change.id
        version = change.version
        values = []
        if let old = catalog.versions(kind, id).last?.canonical, let new = change.canonical {
            values = jsonDifferences(try parseJSON(old.span), try parseJSON(new.span))
        }
    }
}

extension DefinitionDiff {
    /// Takes over what the definitions moved; they move a partner once in each segment at most.
    fileprivate mutating func takeMovements(of engine: Engine) {
        let changed = changes.filter { $0.kind == .segment }.map(\.id)
        let moved = Dictionary(grouping: engine.effects.transitions) { transition in
            engine.registry.segmentIDs[Int(transition.segment)]
        }
        for segment in Set(changed).union(moved.keys).sorted() {
            let transitions = (moved[segment] ?? []).sorted { $0.partner < $1.partner }
            let won = transitions.filter(\.entered)
            let lost = transitions.filter { !$0.entered }
            movements += (won + lost).map { transition in
                Movement(
                    segment: segment,
                    partner: engine.partnerIDs.name(TextID(number: transition.partner)),
                    isWon: transition.entered)
            }
            let number = engine.registry.number(.segment, segment)
            totals.append(
                Total(
                    segment: segment, won: won.count, lost: lost.count,
                    members: number.map { engine.members[Int($0)].count } ?? 0))
        }
    }
}
