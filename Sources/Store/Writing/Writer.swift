public import Core
import Definitions
public import Engine
import LMDB
public import Wire

/// The one that writes a store: takes in records batch by batch, and stores each batch with all that
/// follows from it in one transaction (SPEC 8, promises 2 and 3).
///
/// ```swift
/// try writer.begin(waitSeconds: 10)
/// let outcome = try writer.ingest(event, in: buffer, clock: .event, isHistory: false)
/// let commit = try writer.commit()
/// ```
///
/// After an error in `commit` the writer is of no more use: what it holds in memory is ahead of the
/// store.
public final class Writer {
    /// The store that is written.
    public let store: Store
    /// The engine, at the last record taken in.
    public internal(set) var engine: Engine
    private let lock: WriteLock
    private var head: Head
    var hash: BlockHash
    var ids: IDIndex?
    /// Transitions since the last checkpoint, by segment number.
    private var sinceCheckpoint: [Int]
    var pending = PendingRecords()
    /// Numbers of the sends whose results have become records of this batch.
    var resultsTaken: [UInt64] = []
    /// The number of the last send printed, where it is to be stored with the next commit.
    private var emittedToStore: UInt64?

    /// Records between two flushes of the working state: bounds the tail that opening replays.
    private static let recordsPerFlush: UInt64 = 262_144

    /// What `ingest` did with an event (SPEC 2.1).
    public enum Outcome: Sendable, Equatable {
        case accepted
        case duplicate
        /// The id is in the log with other content, at this record.
        case conflict(EventSequence)
    }

    /// What moves the clock (SPEC 3).
    public enum Clock: Sendable, Equatable {
        case event
        case wall
        /// The engine time at which the event was applied already, as an export has it: not before `now`.
        case applied(at: Instant)
    }

    /// What a commit stored.
    public struct Commit: Sendable {
        /// The log's last record.
        public var sequence: EventSequence
        /// Sends decided in the batch that are to be mailed.
        public var pendingSends: Int
        /// Triggers at depth 8, recorded and not done.
        public var halts: Int
    }

    /// Loads the engine.
    ///
    /// - Parameters:
    ///   - store: The store, opened for writing.
    ///   - ingests: Whether event ids will be looked up: `ingest` alone needs them.
    /// - Throws: ``StoreError`` where the store is damaged, or can't be read or locked.
    public init(_ store: Store, ingests: Bool) throws {
        self.store = store
        lock = try WriteLock(directory: store.directory)
        let loaded = try store.read { transaction, _ in
            let loaded = try LoadedEngine(store, in: transaction)
            let hash = try Self.openHash(store.tables, loaded.head, transaction)
            let ids = ingests ? try Self.loadIDs(store.tables, loaded.head, transaction) : nil
            let counts = try Self.countTransitions(
                store.tables, segments: loaded.engine.registry.segmentIDs.count, transaction)
            return (loaded: loaded, hash: hash, ids: ids, counts: counts)
        }
        engine = loaded.loaded.engine
        head = loaded.loaded.head
        hash = loaded.hash
        ids = loaded.ids
        sinceCheckpoint = loaded.counts
        flushedSequence = loaded.loaded.stateMark?.sequence ?? 0
    }

    // MARK: A batch

    /// Takes the right to write, and takes in what others have written meanwhile.
    ///
    /// - Throws: ``StoreError/busy(waitedSeconds:)`` when the right was not to be had in time.
    public func begin(waitSeconds: Int) throws {
        // What others have written already is taken in before they have to wait for it.
        try takeInOthers()
        try lock.acquire(waitSeconds: waitSeconds)
        do {
            try StoreError.translating(writing: true) {
                try store.environment.recoverNewestCommit()
            }
            try takeInOthers()
        } catch {
            lock.release()
            throw error
        }
    }

    private func takeInOthers() throws {
        try store.read { transaction, stored in
            if stored.sequence > engine.sequence { try catchUp(stored, transaction) }
        }
    }

    private func catchUp(_ stored: Head, _ transaction: borrowing ReadTransaction) throws {
        try Self.eachRecord(store.tables, after: head.sequence, stored, transaction) {
            hash.add($1)
            ids?.append(try Self.fingerprint(sequence: $0, record: $1))
        }
        hash.removeCompleted()
        guard hash.head == stored.hash else {
            throw StoreError.damaged("the records up to \(stored.sequence) do not have their hash")
        }
        let mark = try transaction.value(store.tables.meta, Key.state) { try StateMark($0) }
        if let mark, engine.absentCount > 0, mark.sequence > engine.sequence {
            // Who is absent may have another state now than when this engine was loaded.
            engine = try LoadedEngine(store, in: transaction).engine
            flushedSequence = mark.sequence
        } else {
            engine.effects.removeAll()
            var replay = Replay(tables: store.tables)
            try replay.run(&engine, upTo: stored.sequence, in: transaction) { _, _ in }
            try replay.finish()
            engine.effects.removeAll()
        }
        sinceCheckpoint = try Self.countTransitions(
            store.tables, segments: engine.registry.segmentIDs.count, transaction)
        head = stored
    }

    /// Takes in an event, unless its id is in the log already.
    ///
    /// - Parameters:
    ///   - event: The event, its texts given as ranges of `buffer`.
    ///   - buffer: The bytes that the event's ranges are in.
    ///   - clock: What moves the clock.
    ///   - isHistory: Whether it is from before Muster was in charge (SPEC 3).
    /// - Returns: Whether the event is new, known already, or at odds with the one of its id.
    /// - Throws: ``StoreError`` where the store is damaged, can't be read, or can hold no more records.
    public func ingest(
        _ event: EncodedEvent, in buffer: [UInt8], clock: Clock, isHistory: Bool
    ) throws -> Outcome {
        let bytes = buffer.span
        let id = bytes.extracting(event.id)
        let partner = bytes.extracting(event.partner)
        let content = bytes.extracting(event.content)
        let fingerprint = IDIndex.fingerprint(id)
        var isSame = false
        let found = try ids?.find(fingerprint) { sequence in
            try withRecord(sequence) { record in
                let stored = try storedEvent(record, sequence)
                guard record.extracting(stored.id).elementsEqual(id) else { return false }
                isSame =
                    engine.partnerIDs.find(partner)?.number == stored.partner
                    && stored.time == event.time
                    && record.extracting(stored.content).elementsEqual(content)
                return true
            }
        }
        if let found { return isSame ? .duplicate : .conflict(found) }
        guard engine.sequence < IDIndex.sequenceMax else {
            throw StoreError.cannotWrite("the log holds as many records as a store can")
        }

        let decoded = try decodeEvent(
            content: content, time: event.time, texts: &engine.texts)
        let engineTime =
            switch clock {
            case .event: max(engine.now, event.time)
            case .wall: engine.now == .unset ? event.time : engine.now
            case .applied(let instant): max(engine.now, instant)
            }
        try engine.apply(
            decoded, partner: partner, at: engineTime, isHistory: isHistory, fetching: storedState)
        pending.absorb(&engine, &hash, &ids, inputFingerprint: fingerprint) { record, bytes in
            RecordCoding.appendEvent(
                record, partnerID: partner, time: event.time, id: id, content: content,
                to: &bytes)
        }
        return .accepted
    }

    /// The state of an absent partner: nobody else flushes while this writer has the right to write.
    func storedState(of partner: PartnerNumber) throws -> PartnerState {
        try store.read { transaction, _ in
            try StoredStates(tables: store.tables).state(of: partner, in: transaction)
        }
    }

    private func storedEvent(
        _ record: Span<UInt8>, _ sequence: EventSequence
    ) throws -> RecordCoding.StoredEvent {
        var reader = ByteReader()
        let header = try RecordCoding.header(record, &reader)
        return try RecordCoding.event(record, header, sequence: sequence, &reader)
    }

    private func withRecord<Result>(
        _ sequence: EventSequence, _ body: (Span<UInt8>) throws -> Result
    ) throws -> Result {
        if let range = pending.range(of: sequence) {
            let bytes = pending.bytes
            return try body(bytes.span.extracting(range))
        }
        let result = try store.read { transaction, _ in
            try transaction.value(store.tables.log, Key.number(sequence), body)
        }
        guard let result else { throw StoreError.damaged("record \(sequence) is missing") }
        return result
    }

    /// Takes in a clock record; an instant that has passed is none.
    ///
    /// - Returns: Whether the clock moved.
    /// - Throws: ``StoreError`` where the store is damaged or can't be read.
    public func advance(to instant: Instant, isHistory: Bool) throws -> Bool {
        guard instant > engine.now else { return false }
        try engine.advance(to: instant, isHistory: isHistory, fetching: storedState)
        pending.absorb(&engine, &hash, &ids, inputFingerprint: 0) { record, bytes in
            RecordCoding.appendHeader(.clock, record, to: &bytes)
        }
        return true
    }

    /// Takes in a definition record.
    public func define(_ changes: [CanonicalChange]) throws {
        let stored = changes.map(\.stored)
        let needsFilling = try engine.beginDefinitions(
            try stored.map { try $0.decoded() }, fetching: storedState)
        if needsFilling {
            try store.read { transaction, _ in
                try MeasureFilling.fill(
                    &engine, before: engine.sequence, tables: store.tables, in: transaction)
            }
        }
        engine.finishDefinitions()
        pending.definitions.append(engine.sequence)
        pending.absorb(&engine, &hash, &ids, inputFingerprint: 0) { record, bytes in
            RecordCoding.appendDefinitions(record, stored, to: &bytes)
        }
    }

    /// Stores the batch durably and lays down the right to write.
    ///
    /// When this returns, everything taken in since `begin` is on disk with all that follows from it;
    /// when it throws, none of it is.
    public func commit(flushingState: Bool = false) throws -> Commit {
        try commit(flushingState: flushingState, also: nil)
    }

    /// Stores the batch, and what else belongs into the same transaction.
    func commit(
        flushingState: Bool = false, also: ((borrowing WriteTransaction) throws -> Void)?
    ) throws -> Commit {
        defer { lock.release() }
        let effects = engine.effects
        let newHead = head(after: effects)
        let stateMark = StateMark(
            sequence: newHead.sequence, now: newHead.now, isInHistory: engine.isInHistory,
            partners: newHead.partners, texts: UInt64(engine.texts.count), sends: newHead.sends)
        countTransitions(effects.transitions)
        let dueSegments = sinceCheckpoint.indices.filter {
            Checkpoints.isDue(
                transitions: sinceCheckpoint[$0], members: engine.members[$0].count)
        }
        let tables = store.tables
        try StoreError.translating(writing: true) {
            let isNothingNew = pending.isEmpty && resultsTaken.isEmpty && emittedToStore == nil
            if isNothingNew, !flushingState, also == nil { return }
            try store.environment.write { transaction in
                let stored = try transaction.value(tables.meta, Key.head) { [UInt8](copying: $0) }
                guard stored == head.row else {
                    throw StoreError.damaged("the log's head is not the one this writer builds on")
                }
                try pending.write(tables, transaction)
                for (block, hash) in hash.completed {
                    try transaction.append(tables.blocks, Key.number(block), hash.span)
                }
                for (chunk, row) in ids?.fullChunks ?? [] {
                    try transaction.put(tables.fingerprints, Key.number(chunk), row.span)
                }
                try TextChunks.append(
                    engine.partnerIDs, from: Int(head.partners), to: tables.partnerIDs,
                    in: transaction)
                try write(effects, transaction)
                for segment in dueSegments {
                    let members = try StoredStates(tables: tables).membersWithSince(
                        SegmentNumber(segment), of: engine, in: transaction)
                    try Checkpoints.write(
                        members, of: SegmentNumber(segment), at: newHead.now,
                        newHead.sequence, to: tables.checkpoints, in: transaction)
                }
                if let emitted = emittedToStore {
                    try transaction.put(
                        tables.meta, Key.emitted, Key.number(emitted).span)
                }
                try Outbox(tables: tables).removeResults(resultsTaken, transaction)
                try also?(transaction)
                try transaction.put(tables.meta, Key.head, newHead.row.span)
                try flushStateIfDue(stateMark, isForced: flushingState, transaction)
            }
        }
        let isFlushed = flushingState || isFlushDue(stateMark)
        if isFlushed {
            engine.changedPartners.removeAll()
            flushedSequence = stateMark.sequence
        }
        for segment in dueSegments { sinceCheckpoint[segment] = 0 }
        head = newHead
        hash.removeCompleted()
        ids?.removeFullChunks()
        pending.removeAll()
        resultsTaken.removeAll()
        emittedToStore = nil
        engine.effects.removeAll()
        return Commit(
            sequence: newHead.sequence,
            pendingSends: effects.sends.count { $0.suppressed == nil },
            halts: effects.halts.count)
    }

    /// Lays down the right to write where nothing was taken in since `begin`.
    public func abandon() {
        precondition(pending.isEmpty, "records were taken in and not committed")
        lock.release()
    }

    /// Whether others have written since this writer last looked.
    public func isBehind() throws -> Bool {
        try store.read { _, stored in stored.sequence > engine.sequence }
    }

    /// How many sends were decided in all, as of the last commit.
    public var sendCount: UInt64 { head.sends }

    private func head(after effects: Effects) -> Head {
        var newHead = head
        newHead.sequence = engine.sequence
        newHead.now = engine.now
        newHead.partners = UInt64(engine.partnerIDs.count)
        newHead.sends = engine.sendCount
        newHead.runs += UInt64(effects.runs.count)
        newHead.halts += UInt64(effects.halts.count)
        newHead.hash = hash.head
        return newHead
    }

    private func countTransitions(_ transitions: [Transition]) {
        while sinceCheckpoint.count < engine.registry.segmentIDs.count {
            sinceCheckpoint.append(0)
        }
        for transition in transitions { sinceCheckpoint[Int(transition.segment)] += 1 }
    }

    private func write(_ effects: Effects, _ transaction: borrowing WriteTransaction) throws {
        let tables = store.tables
        for row in TransitionCoding.rows(effects.transitions) {
            try transaction.put(tables.transitions, row.key, row.value.span)
        }
        var bytes: [UInt8] = []
        for (offset, send) in effects.sends.enumerated() {
            bytes.removeAll(keepingCapacity: true)
            StoredSend(send, texts: engine.texts).append(to: &bytes)
            try transaction.append(
                tables.sends, Key.number(head.sends + UInt64(offset)), bytes.span)
        }
        for (offset, run) in effects.runs.enumerated() {
            bytes.removeAll(keepingCapacity: true)
            DecisionCoding.append(run, to: &bytes)
            try transaction.append(
                tables.runs, Key.number(head.runs + UInt64(offset)), bytes.span)
        }
        for (offset, halt) in effects.halts.enumerated() {
            bytes.removeAll(keepingCapacity: true)
            DecisionCoding.append(halt, to: &bytes)
            try transaction.append(
                tables.halts, Key.number(head.halts + UInt64(offset)), bytes.span)
        }
    }

    // MARK: Working state

    /// The sequence up to which this writer knows the stored working state to be good.
    private var flushedSequence: EventSequence = 0

    private func isFlushDue(_ mark: StateMark) -> Bool {
        mark.sequence - flushedSequence >= Self.recordsPerFlush
    }

    private func flushStateIfDue(
        _ mark: StateMark, isForced: Bool, _ transaction: borrowing WriteTransaction
    ) throws {
        guard isForced || isFlushDue(mark) else { return }
        let tables = store.tables
        let stored = try transaction.value(tables.meta, Key.state) { try StateMark($0) }
        try TextChunks.append(
            engine.texts, from: Int(stored?.texts ?? 0), to: tables.texts, in: transaction)
        var bytes: [UInt8] = []
        for partner in engine.changedPartners.list.sorted() {
            bytes.removeAll(keepingCapacity: true)
            PartnerStateCoding.append(engine.partners[Int(partner)], to: &bytes)
            try transaction.put(tables.states, Key.number(partner), bytes.span)
        }
        try transaction.put(tables.meta, Key.state, mark.row.span)
    }

    /// Flushes the working state, so that the next opening has no tail to replay.
    public func close(waitSeconds: Int) throws {
        guard engine.sequence > flushedSequence || emittedToStore != nil else { return }
        try begin(waitSeconds: waitSeconds)
        _ = try commit(flushingState: true)
    }

    // MARK: Emitting

    /// Notes the number of sends that were printed, to be stored with the next commit.
    public func noteEmitted(upTo count: UInt64) {
        emittedToStore = count
    }
}
