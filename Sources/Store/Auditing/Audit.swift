public import Core
import Engine
import LMDB
import Wire

/// What an audit compared and found the same.
public struct AuditReport: Sendable, Equatable {
    /// The last record; everything up to it was compared.
    public var sequence: EventSequence
    /// The engine clock there; nil where it was never set.
    public var now: Instant?
    /// Members entering or leaving segments.
    public var transitions: Int
    /// Sends, suppressed ones too.
    public var sends: Int
    /// Workflow runs that acted on somebody or were blocked.
    public var runs: Int
    /// Triggers at depth 8 that were recorded and not done.
    public var halts: Int
}

extension Store {
    /// Replays the log from nothing into an engine in memory, and compares everything stored with what
    /// that leads to (SPEC 6): the chain of hashes, the engine's own records, transitions, sends, runs,
    /// halts, stored sets, ids, and the flushed working state; and the checksums of all rows.
    ///
    /// The head is fixed at the beginning, so a writer may go on; the store is not changed. Memory is that
    /// of the engine's state and one stretch of the log.
    ///
    /// - Parameter progress: Is given the last record compared, and the last there is.
    /// - Returns: What was compared, where all is the same.
    /// - Throws: The first ``Divergence`` by sequence, or ``StoreError`` where the store can't be read.
    public func audit(
        progress: (_ sequence: EventSequence, _ last: EventSequence) -> Void
    ) throws -> AuditReport {
        var audit = try Audit(self)
        return try audit.run(progress)
    }
}

/// One audit under way.
private struct Audit {
    private let store: Store
    private let tables: Tables
    /// Fixed at the beginning, and so at the end of a batch.
    private let head: Head
    private var engine: Engine
    private var replay: Replay
    private var blocks = BlockAudit()
    private var decisions = DecisionAudit()
    private var indexes = IndexAudit()
    private var checkpoints: CheckpointAudit
    private var state: StateAudit?

    /// Records fed in one transaction: a long one would pin old pages while others write.
    private static let recordsPerRead: UInt64 = 32_768

    init(_ store: Store) throws {
        self.store = store
        tables = store.tables
        try Self.naming(1) {
            try StoreError.translating(writing: false) { try store.environment.checkPages() }
        }
        (head, state) = try Self.naming(1) {
            try store.read { transaction, head in
                (head, try StateAudit(store.tables, transaction))
            }
        }
        let last = head.sequence
        checkpoints = try Self.naming(last) { try CheckpointAudit(store, upTo: last) }
        engine = Engine(programName: store.program.name, zone: store.program.zone)
        replay = Replay(tables: tables)
    }

    mutating func run(
        _ progress: (EventSequence, EventSequence) -> Void
    ) throws -> AuditReport {
        if let fault = checkpoints.fault { throw fault }
        var fed: EventSequence = 0
        while fed < head.sequence {
            var stop = min(fed + Self.recordsPerRead, head.sequence)
            if let next = checkpoints.nextSequence, next > fed { stop = min(stop, next) }
            if let state, state.sequence > fed { stop = min(stop, state.sequence) }
            let divergence = try Self.naming(fed + 1) {
                try store.read { transaction, newest in
                    try check(upTo: stop, newest, transaction)
                }
            }
            if let divergence { throw divergence }
            engine.effects.removeAll()
            engine.changedPartners.removeAll()
            fed = stop
            progress(fed, head.sequence)
        }
        try replay.finish()
        let divergence = try Self.naming(head.sequence) {
            try store.read { try checkEnds($1, $0) }
        }
        if let divergence { throw divergence }
        try Self.naming(head.sequence) { try store.checkRows() }
        return AuditReport(
            sequence: head.sequence, now: head.now == .unset ? nil : head.now,
            transitions: decisions.transitions, sends: Int(decisions.sends.count),
            runs: Int(decisions.runs.count), halts: Int(decisions.halts.count))
    }

    /// Gives damage that has no place of its own one.
    private static func naming<Result>(
        _ sequence: EventSequence, _ body: () throws -> Result
    ) throws -> Result {
        do {
            return try body()
        } catch StoreError.damaged(let message) {
            throw Divergence(
                .record, sequence, expected: "a store that can be read from here on",
                found: message)
        }
    }

    // MARK: A stretch of the log

    /// Feeds the records up to a sequence and compares what follows from them.
    ///
    /// - Returns: The first difference by sequence.
    private mutating func check(
        upTo last: EventSequence, _ newest: Head, _ transaction: borrowing ReadTransaction
    ) throws -> Divergence? {
        var found: [Divergence] = []
        var stop = last
        if let damage = try blocks.check(upTo: last, newest, tables, transaction) {
            found.append(damage.divergence)
            // The damaged record may lie behind `last`.
            stop = damage.records.upperBound
            if damage.divergence.subject == .record {
                stop = damage.divergence.sequence - 1
            } else {
                // What comes before the block is fed first: the search looks from there.
                let before = damage.records.lowerBound - 1
                if let divergence = try feed(upTo: before, transaction) {
                    found.append(divergence)
                }
                let soundness = RecordSoundness(head: newest, tables: tables, engine: engine)
                if let fault = try soundness.firstFault(in: damage.records, transaction) {
                    found.append(fault)
                    stop = min(stop, fault.sequence - 1)
                }
            }
        }
        if let divergence = try feed(upTo: stop, transaction) { found.append(divergence) }
        found += [
            try decisions.check(engine, tables, transaction),
            try indexes.check(engine, tables, transaction),
        ].compactMap { $0 }
        if found.isEmpty {
            if let divergence = try checkpoints.check(engine, tables, transaction) {
                found.append(divergence)
            }
            if let state, state.sequence == engine.sequence, let divergence = state.check(&engine) {
                found.append(divergence)
            }
        }
        return found.min { $0.precedes($1) }
    }

    private mutating func feed(
        upTo last: EventSequence, _ transaction: borrowing ReadTransaction
    ) throws -> Divergence? {
        do {
            try replay.run(&engine, upTo: last, in: transaction) { sequence, record in
                try indexes.add(sequence, record)
            }
            return nil
        } catch let divergence as Divergence {
            return divergence
        }
    }

    // MARK: The end

    /// Compares the counts in the head, and sees that no table goes on behind it.
    ///
    /// - Parameters:
    ///   - newest: The head that belongs to the snapshot, which a writer may have moved.
    ///   - transaction: The snapshot.
    /// - Returns: The first difference.
    /// - Throws: What reading throws.
    private func checkEnds(
        _ newest: Head, _ transaction: borrowing ReadTransaction
    ) throws -> Divergence? {
        let counts: [(String, expected: UInt64, found: UInt64)] = [
            ("partners", UInt64(engine.partnerIDs.count), head.partners),
            ("sends", decisions.sends.count, head.sends),
            ("runs", decisions.runs.count, head.runs),
            ("halts", decisions.halts.count, head.halts),
        ]
        for (name, expected, found) in counts where expected != found {
            return Divergence(
                .head, head.sequence, at: engine.now, expected: "\(expected) \(name)",
                found: "\(found)")
        }
        guard engine.sequence == head.sequence, engine.now == head.now else {
            return Divergence(
                .head, head.sequence, at: engine.now,
                expected: "the clock at \(RecordWords.timestamp(engine.now))",
                found: RecordWords.timestamp(head.now))
        }
        let ends: [(Divergence.Subject, Environment.Table, count: UInt64)] = [
            (.record, tables.log, newest.sequence + 1), (.send, tables.sends, newest.sends),
            (.run, tables.runs, newest.runs), (.halt, tables.halts, newest.halts),
            (.block, tables.blocks, newest.sequence / BlockHash.recordsPerBlock),
            (
                .fingerprint, tables.fingerprints,
                newest.sequence / IDIndex.sequencesPerChunk
            ),
        ]
        for (subject, table, count) in ends {
            let isThere = try transaction.cursor(table) { try $0.seek(Key.number(count)) }
            guard isThere else { continue }
            return Divergence(
                subject, newest.sequence, at: newest.now, expected: "nothing behind the head",
                found: "a row with number \(count) or more")
        }
        let beside = DeliveryAudit(tables: tables, head: newest)
        if let divergence = try beside.check(transaction) { return divergence }
        // Another writer may have defined more segments since.
        guard newest == head else { return nil }
        let segments = SegmentNumber(engine.registry.segmentIDs.count)
        let unknown = Key.moment(segments, .unset, 0, part: 0)
        for table in [tables.transitions, tables.checkpoints] {
            if try transaction.cursor(table, { try $0.seek(unknown) }) {
                return Divergence(
                    .transition, head.sequence, at: head.now,
                    expected: "\(segments) segments", found: "rows of another one")
            }
        }
        return nil
    }
}
