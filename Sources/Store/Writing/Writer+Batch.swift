import Core
import Engine
import LMDB

/// What a batch stores: the records taken in with all that follows from them, and now and then the
/// working state beside it.
extension Writer {
    /// Encodes everything that was taken in, and goes on behind it.
    func takeBatch(flushingState: Bool) throws -> Batch {
        let effects = engine.effects
        let newHead = head(after: effects)
        var batch = Batch(
            before: head, after: newHead, records: pending, resultsTaken: resultsTaken,
            commit: Commit(
                sequence: newHead.sequence, records: newHead.sequence - head.sequence,
                pendingSends: effects.sends.count { $0.suppressed == nil },
                halts: effects.halts.count))
        addIndexes(to: &batch.rows)
        addDecisions(effects, to: &batch.rows)
        try addMembership(effects, at: newHead, to: &batch.rows)
        if let emittedToStore {
            batch.rows.add(to: store.tables.meta, Key.emitted) {
                $0 += NumberRow.row(emittedToStore)
            }
        }
        if flushingState || newHead.sequence - flushedSequence >= Self.recordsPerFlush {
            batch.state = try takeState(newHead, &batch.rows)
        }
        head = newHead
        pending = spareRecords
        spareRecords = PendingRecords()
        resultsTaken.removeAll()
        emittedToStore = nil
        engine.effects.removeAll()
        return batch
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

    /// Hashes of the log, ids of events and ids of partners.
    private func addIndexes(to rows: inout EncodedRows) {
        let tables = store.tables
        for (block, hash) in hash.completed {
            rows.add(to: tables.blocks, Key.number(block), isLast: true) { $0 += hash }
        }
        for (chunk, row) in ids?.fullChunks ?? [] {
            rows.add(to: tables.fingerprints, Key.number(chunk)) { $0 += row }
        }
        hash.removeCompleted()
        ids?.removeFullChunks()
        TextChunks.add(
            engine.partnerIDs, from: Int(head.partners), of: tables.partnerIDs, to: &rows)
    }

    private func addDecisions(_ effects: Effects, to rows: inout EncodedRows) {
        let tables = store.tables
        for (offset, send) in effects.sends.enumerated() {
            let number = head.sends + UInt64(offset)
            rows.add(to: tables.sends, Key.number(number), isLast: true) {
                StoredSend(send, texts: engine.texts).append(to: &$0)
            }
        }
        for (offset, run) in effects.runs.enumerated() {
            let number = head.runs + UInt64(offset)
            rows.add(to: tables.runs, Key.number(number), isLast: true) {
                DecisionCoding.append(run, to: &$0)
            }
        }
        for (offset, halt) in effects.halts.enumerated() {
            let number = head.halts + UInt64(offset)
            rows.add(to: tables.halts, Key.number(number), isLast: true) {
                DecisionCoding.append(halt, to: &$0)
            }
        }
    }

    /// Transitions, and the checkpoints that are due with them.
    private func addMembership(
        _ effects: Effects, at newHead: Head, to rows: inout EncodedRows
    ) throws {
        let tables = store.tables
        let transitions = histories.add(
            effects.transitions, segments: engine.registry.segmentIDs.count)
        for row in transitions { rows.add(to: tables.transitions, row.key) { $0 += row.value } }
        for segment in histories.dueForCheckpoint({ engine.members[$0].count }) {
            let members = try store.read { transaction, _ in
                try StoredStates(tables: tables).membersWithSince(
                    SegmentNumber(segment), of: &engine, in: transaction)
            }
            Checkpoints.add(
                members, of: SegmentNumber(segment), at: newHead.now, newHead.sequence,
                in: tables.checkpoints, to: &rows)
            histories.noteCheckpoint(of: segment)
        }
    }

    // MARK: Working state

    /// Records between two flushes of the working state: bounds the tail that opening replays.
    private static let recordsPerFlush: UInt64 = 262_144

    /// The states that have changed since the last flush, and the texts since the one that the store has.
    private func takeState(
        _ newHead: Head, _ rows: inout EncodedRows
    ) throws -> Batch.StateChange {
        let tables = store.tables
        let mark = StateMark(
            sequence: newHead.sequence, now: newHead.now, isInHistory: engine.isInHistory,
            partners: newHead.partners, texts: UInt64(engine.texts.count), sends: newHead.sends)
        let before = try store.read { transaction, _ in
            try transaction.value(tables.meta, Key.state) { try StateMark($0) }
        }
        TextChunks.add(engine.texts, from: Int(before?.texts ?? 0), of: tables.texts, to: &rows)
        var states = spareStates
        spareStates = ChangedStates()
        states.encode(&engine)
        engine.changedPartners.removeAll()
        flushedSequence = mark.sequence
        return Batch.StateChange(mark: mark, states: states, flush: stateFlush)
    }
}
