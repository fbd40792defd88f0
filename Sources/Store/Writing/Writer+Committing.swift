public import Core
import Engine
import LMDB
import Wire

/// Storing a batch with all that follows from it, and now and then the working state beside it.
extension Writer {
    /// What a commit stored.
    public struct Commit: Sendable {
        /// The log's last record.
        public var sequence: EventSequence
        /// Sends decided in the batch that are to be mailed.
        public var pendingSends: Int
        /// Triggers at depth 8, recorded and not done.
        public var halts: Int
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
        let transitions = histories.add(
            effects.transitions, segments: engine.registry.segmentIDs.count)
        let dueSegments = histories.dueForCheckpoint { engine.members[$0].count }
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
                for row in transitions {
                    try transaction.put(tables.transitions, row.key, row.value.span)
                }
                try write(effects, transaction)
                for segment in dueSegments {
                    let members = try StoredStates(tables: tables).membersWithSince(
                        SegmentNumber(segment), of: engine, in: transaction)
                    try Checkpoints.write(
                        members, of: SegmentNumber(segment), at: newHead.now,
                        newHead.sequence, to: tables.checkpoints, in: transaction)
                }
                if let emitted = emittedToStore {
                    let row = NumberRow.row(emitted, key: Key.emitted)
                    try transaction.put(tables.meta, Key.emitted, row.span)
                }
                try settleNews(of: effects.sends, transaction)
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
        for segment in dueSegments { histories.noteCheckpoint(of: segment) }
        head = newHead
        hash.removeCompleted()
        ids?.removeFullChunks()
        pending.removeAll()
        resultsTaken.removeAll()
        news.removeAll()
        emittedToStore = nil
        engine.effects.removeAll()
        return Commit(
            sequence: newHead.sequence,
            pendingSends: effects.sends.count { $0.suppressed == nil },
            halts: effects.halts.count)
    }

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

    private func write(_ effects: Effects, _ transaction: borrowing WriteTransaction) throws {
        let tables = store.tables
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

    /// Records between two flushes of the working state: bounds the tail that opening replays.
    private static let recordsPerFlush: UInt64 = 262_144

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
        try StoredStates(tables: tables).putChanged(
            of: &engine, as: stateFlush, in: transaction)
        try transaction.put(tables.meta, Key.state, mark.row.span)
    }

    /// Flushes the working state, so that the next opening has no tail to replay.
    public func close(waitSeconds: Int) throws {
        guard engine.sequence > flushedSequence || emittedToStore != nil else { return }
        try begin(waitSeconds: waitSeconds)
        _ = try commit(flushingState: true)
    }
}
