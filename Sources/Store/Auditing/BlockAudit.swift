import Core
import Hashing
import LMDB

/// Hashing the log's blocks again, each before its records are fed to the engine: what damage made of
/// a record could keep an engine busy for ever.
struct BlockAudit {
    /// A block whose records are not those that were written.
    struct Damage {
        var records: ClosedRange<EventSequence>
        var divergence: Divergence
    }

    private var previous: [UInt8] = []
    private var next: UInt64 = 0

    /// Hashes the blocks that hold the records up to a sequence.
    ///
    /// - Parameters:
    ///   - last: The last record that is wanted.
    ///   - head: The snapshot's own head, whose hash is that of the block that is not full.
    ///   - tables: The store's tables.
    ///   - transaction: The snapshot.
    /// - Returns: The first block that is damaged, if any.
    /// - Throws: What reading throws.
    mutating func check(
        upTo last: EventSequence, _ head: Head, _ tables: Tables,
        _ transaction: borrowing ReadTransaction
    ) throws -> Damage? {
        let size = BlockHash.recordsPerBlock
        while next * size < last {
            let first = next * size + 1
            let end = min((next + 1) * size, head.sequence)
            var hash = BlockHash(after: first - 1, hash: previous)
            if let missing = try add(first...end, to: &hash, tables, transaction) {
                return Damage(
                    records: first...end,
                    divergence: Divergence(
                        .record, missing, expected: "a record",
                        found: "nothing with this number"))
            }
            let isFull = end == (next + 1) * size
            let stored =
                isFull
                ? try transaction.value(tables.blocks, Key.number(next)) { [UInt8](copying: $0) }
                : head.hash
            let computed = isFull ? hash.completed.last?.hash : hash.head
            guard let computed, computed == stored else {
                return Damage(
                    records: first...end,
                    divergence: Divergence(
                        .block, first, through: end,
                        expected: "records \(first) to \(end) to have the hash "
                            + (stored.map(hexadecimal) ?? "of their block, which is missing"),
                        found: computed.map(hexadecimal) ?? "none"))
            }
            previous = computed
            next += 1
        }
        return nil
    }

    /// Adds a block's records to a hash.
    ///
    /// - Returns: The first record that is missing.
    private func add(
        _ range: ClosedRange<EventSequence>, to hash: inout BlockHash, _ tables: Tables,
        _ transaction: borrowing ReadTransaction
    ) throws -> EventSequence? {
        try transaction.cursor(tables.log) { cursor in
            var sequence = range.lowerBound
            var isThere = try cursor.seek(Key.number(sequence))
            while sequence <= range.upperBound {
                guard isThere, cursor.isAt(sequence)
                else { return sequence }
                cursor.withValue { hash.add($0) }
                sequence += 1
                isThere = try cursor.next()
            }
            return nil
        }
    }
}
