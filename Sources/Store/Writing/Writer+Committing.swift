public import Core
import Engine
import LMDB
import Threads

/// Storing batches: one after the other, or each beside what is taken in for the next.
extension Writer {
    /// What commits stored.
    public struct Commit: Sendable {
        /// The log's last record.
        public var sequence: EventSequence
        /// How many records the batch held; others may have written before it.
        public var records: UInt64
        /// Sends decided in the batch that are to be mailed.
        public var pendingSends: Int
        /// Triggers at depth 8, recorded and not done.
        public var halts: Int
    }

    /// Stores the batch durably and lays down the right to write.
    ///
    /// When this returns, everything taken in since `begin` is on disk with all that follows from it;
    /// when it throws, none of it is.
    ///
    /// What became of a batch that was stored beside it has to be asked for before.
    public func commit(flushingState: Bool = false) throws -> Commit {
        try commit(flushingState: flushingState, also: nil)
    }

    /// Stores the batch, and what else belongs into the same transaction.
    func commit(
        flushingState: Bool = false, also: ((borrowing WriteTransaction) throws -> Void)?
    ) throws -> Commit {
        invariant(storing == nil, "nobody has asked what became of the batch before")
        defer { lock.release() }
        guard !isNothingNew || flushingState || also != nil else {
            return Commit(sequence: head.sequence, records: 0, pendingSends: 0, halts: 0)
        }
        let sends = engine.effects.sends
        let batch = try takeBatch(flushingState: flushingState)
        try batch.write(to: store) { [self] transaction in
            try settleNews(of: sends, transaction)
            try also?(transaction)
        }
        news.removeAll()
        let commit = batch.commit
        recycle(batch)
        return commit
    }

    /// Whether the batch holds nothing that is not stored: then nothing of what goes with a batch may be
    /// taken out either.
    private var isNothingNew: Bool {
        pending.isEmpty && resultsTaken.isEmpty && emittedToStore == nil
    }

    // MARK: Beside what is taken in next

    /// Whether the batch can be stored beside what is taken in next: there is something new, the commit does
    /// nothing but write it, and nobody else waits for the right to write.
    public var canCommitBehind: Bool {
        !isNothingNew && !emits && news.isEmpty && !lock.isWanted
    }

    /// Whether this writer has kept the right to write since the batch before.
    public var hasPen: Bool { storing != nil }

    /// Whether a batch is being stored just now.
    public var isStoring: Bool { committer.isBusy }

    /// Begins to store the batch beside what is taken in next, and keeps the right to write; what became of the
    /// one before has to be asked for before.
    ///
    /// - Throws: ``StoreError`` where what goes with the batch can't be read; nothing of it is stored then.
    public func commitBehind() throws {
        invariant(
            !isNothingNew && !emits && news.isEmpty && storing == nil,
            "it has to be committed in step")
        let batch = try takeBatch(flushingState: false)
        storing = batch
        committer.start { [store] in Result { try batch.write(to: store) } }
    }

    /// Waits for the batch that is being stored, and keeps the right to write.
    ///
    /// - Returns: What it stored; nil where there is none.
    /// - Throws: ``StoreError`` where it could not be stored.
    public func finishStoring() throws -> Commit? {
        guard let outcome = committer.finish(), let stored = storing.take() else { return nil }
        try outcome.get()
        defer { recycle(stored) }
        return stored.commit
    }

    /// Gives up where an error leaves no other way: waits for the batch that is being stored, so that it is
    /// there or not when the process ends, and lays down the right to write.
    public func settle() {
        _ = committer.finish()
        storing = nil
        lock.release()
    }

    /// So much room for states is kept; with more, there are too few batches that need it.
    private static let keptStateBytes = 32 << 20

    /// Keeps the room of a batch that is stored for the next one: fresh memory would be cleared first.
    private func recycle(_ batch: consuming Batch) {
        swap(&spareRecords, &batch.records)
        spareRecords.removeAll()
        guard var states = batch.state?.states, states.rows.count <= Self.keptStateBytes else {
            return
        }
        batch.state = nil
        states.removeAll()
        spareStates = states
    }

    /// Flushes the working state, so that the next opening has no tail to replay.
    public func close(waitSeconds: Int) throws {
        guard engine.sequence > flushedSequence || emittedToStore != nil else { return }
        try begin(waitSeconds: waitSeconds)
        _ = try commit(flushingState: true)
    }
}
