import Core
import Hashing
import Wire

/// The chain of SHA-256 over blocks of records: each block's hash covers the one before (DESIGN 4).
///
/// Blocks have a fixed number of records, whatever the batches were, so the same log has the same
/// hashes everywhere.
struct BlockHash {
    static let recordsPerBlock: UInt64 = 1024

    /// Hashes of the blocks completed since the caller last took them, in order.
    private(set) var completed: [(block: UInt64, hash: [UInt8])] = []
    private var running = SHA256()
    private var sequence: EventSequence

    /// Goes on after a completed block.
    ///
    /// - Parameters:
    ///   - sequence: The block's last record, 0 before the first block.
    ///   - hash: The block's hash, empty before the first.
    init(after sequence: EventSequence, hash: [UInt8]) {
        self.sequence = sequence
        running.update(hash.span)
    }

    /// Adds the next record.
    mutating func add(_ record: Span<UInt8>) {
        sequence += 1
        var prefix: [UInt8] = []
        prefix.reserveCapacity(12)
        prefix.append(fixed64: sequence)
        prefix.append(fixed32: UInt32(record.count))
        running.update(prefix.span)
        running.update(record)
        guard sequence % Self.recordsPerBlock == 0 else { return }
        let hash = running.digest
        completed.append((sequence / Self.recordsPerBlock - 1, hash))
        running = SHA256()
        running.update(hash.span)
    }

    /// The hash over everything up to the last record added.
    var head: [UInt8] { running.digest }

    mutating func removeCompleted() {
        completed.removeAll()
    }
}
