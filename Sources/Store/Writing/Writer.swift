import Core
public import Engine
import LMDB
import Threads

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
    let lock: WriteLock
    var head: Head
    var hash: BlockHash
    var ids: IDIndex?
    /// How much of each segment's history is stored.
    var histories: SegmentHistories
    var pending = PendingRecords()
    /// The batch that is being stored beside what is taken in.
    var storing: Batch?
    let committer = Worker<Result<Void, any Error>>()
    /// Empty, with room to be used again.
    var spareRecords = PendingRecords()
    /// Empty, with room to be used again.
    var spareStates = ChangedStates()
    /// Whether the store hands out its sends itself (SPEC 7), as of the last `begin`.
    var emits = false
    /// Numbers of the sends whose results have become records of this batch.
    var resultsTaken: [UInt64] = []
    /// The number of the last send printed, where it is to be stored with the next commit.
    var emittedToStore: UInt64?
    /// What the batch's events tell of sends.
    var news: [SendNews] = []
    /// The sequence up to which this writer knows the stored working state to be good.
    var flushedSequence: EventSequence = 0
    /// How changed states are stored, for tests; nil is the way that writes the fewest pages.
    public var stateFlush: StateFlush?

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
            let histories = try SegmentHistories(
                segments: loaded.engine.registry.segmentIDs.count, loaded.head, store.tables,
                transaction)
            return (loaded: loaded, hash: hash, ids: ids, histories: histories)
        }
        engine = loaded.loaded.engine
        head = loaded.loaded.head
        hash = loaded.hash
        ids = loaded.ids
        histories = loaded.histories
        flushedSequence = loaded.loaded.stateMark?.sequence ?? 0
    }

    // MARK: The right to write

    /// Takes the right to write, and takes in what others have written meanwhile; while a batch is being
    /// stored, this writer has it.
    ///
    /// - Throws: ``StoreError/busy(waitedSeconds:)`` when the right was not to be had in time.
    public func begin(waitSeconds: Int) throws {
        guard storing == nil else { return }
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
            emits = try transaction.value(store.tables.meta, Key.emitted) { _ in true } ?? false
        }
    }

    private func catchUp(_ stored: Head, _ transaction: borrowing ReadTransaction) throws {
        try store.tables.eachRecord(
            after: head.sequence, upTo: stored.sequence, in: transaction
        ) {
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
        histories = try SegmentHistories(
            segments: engine.registry.segmentIDs.count, stored, store.tables, transaction)
        head = stored
    }

    /// Lays down the right to write where nothing was taken in since `begin`.
    public func abandon() {
        invariant(
            pending.isEmpty && storing == nil, "records were taken in and not committed")
        lock.release()
    }

    /// Whether others have written since this writer last looked.
    public func isBehind() throws -> Bool {
        try store.read { _, stored in stored.sequence > engine.sequence }
    }

    /// How many sends were decided in all, as of the last commit.
    public var sendCount: UInt64 { head.sends }

    // MARK: Emitting

    /// Notes the number of sends that were printed, to be stored with the next commit.
    public func noteEmitted(upTo count: UInt64) {
        emittedToStore = count
    }
}
