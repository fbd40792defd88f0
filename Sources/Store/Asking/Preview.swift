public import Core
import Definitions
public import Engine
import LMDB

/// Who would be in a segment now, and what its workflows would meet (SPEC 6).
public struct Preview: Sendable {
    /// One member.
    public struct Row: Sendable {
        /// The partner's id.
        public var partner: Name
        /// When the membership began; now where the changes bring it.
        public var since: Instant
        /// The partner's address; nil without one.
        public var address: Name?
        /// Why the partner gets no mail, if so.
        public var suppression: Suppression?
        /// Workflows that have emailed the partner.
        public var emailedBy: [Name]
    }

    /// In the order of the log.
    public var members: [Row]
    /// How many members have an address, suppressed ones too.
    public var withAddress: Int
    /// How many members are suppressed.
    public var suppressed: Int
    /// Members already emailed, by workflow; those with none left out.
    public var emailed: [(workflow: Name, count: Int)]
    /// The cap of each workflow over the segment that sends email.
    public var caps: [(workflow: Name, cap: Int)]
}

extension Store {
    /// Previews a segment, under the definitions in force or with changes to them; writes nothing.
    ///
    /// - Parameters:
    ///   - segment: The segment's id.
    ///   - changes: Finds the changes, given the definitions in force.
    /// - Returns: The members and what the segment's workflows would meet.
    /// - Throws: ``QuestionError`` where there is no such segment, ``StoreError``, or what `changes`
    ///   throws.
    public func preview(
        _ segment: Name, changes: (Catalog) throws -> [CanonicalChange]
    ) throws -> Preview {
        try read { transaction, head in
            let catalog = try Catalog(tables, upTo: head.sequence, in: transaction)
            var engine = try LoadedEngine(self, in: transaction).engine
            let changes = try changes(catalog)
            if !changes.isEmpty { try engine.tryOut(changes, tables, in: transaction) }
            guard let number = engine.segmentsInForce.first(where: { $0.id == segment })?.number
            else {
                throw QuestionError.unknown(
                    .segment, segment,
                    nearest: nearest(segment, engine.segmentsInForce.map(\.id)))
            }
            let states = StoredStates(tables: tables)
            try engine.admitMembers(of: number) { try states.state(of: $0, in: transaction) }
            return try Preview(number, engine, catalog)
        }
    }
}

extension Preview {
    fileprivate init(_ segment: SegmentNumber, _ engine: Engine, _ catalog: Catalog) throws {
        members = try engine.members[Int(segment)].members.map { number in
            let state = engine.partners[Int(number)]
            let entry = state.memberships.first { $0.segment == segment }
            return Row(
                partner: engine.partnerIDs.name(TextID(number: number)),
                since: entry?.since ?? engine.now,
                address: state.address.map { engine.texts.name($0) },
                suppression: state.suppression,
                emailedBy: try Self.workflows(thatEmailed: state, catalog))
        }
        withAddress = engine.withAddress[Int(segment)]
        suppressed = members.count { $0.suppression != nil }
        var counts: [Name: Int] = [:]
        for workflow in members.flatMap(\.emailedBy) { counts[workflow, default: 0] += 1 }
        emailed = counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        caps = engine.workflows(over: segment).filter(\.sendsEmail).map { ($0.id, $0.cap) }
    }
    /// Those in force and those that no longer are (SPEC 5: what a workflow has done belongs to its id).
    private static func workflows(
        thatEmailed state: PartnerState, _ catalog: Catalog
    ) throws -> [Name] {
        try state.marks.filter { $0.sendCount > 0 }.map { try catalog.source($0.source) }
            .filter { $0.kind == .workflow }.map(\.id).sorted()
    }
}
