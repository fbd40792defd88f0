import Core
import Engine
import LMDB

/// Looks some records ahead of those that are fed to an engine, so that what they will look at can be
/// loaded for all of them at once, as `ingest` does with lines.
struct RecordsAhead {
    private static let count: EventSequence = 32

    private let tables: Tables
    /// The last record that was looked at.
    private var end: EventSequence = 0

    init(_ tables: Tables) {
        self.tables = tables
    }

    /// Looks at the next records, whenever one comes that was not looked at.
    ///
    /// - Parameters:
    ///   - sequence: The record that is fed next.
    ///   - last: The last record that will be fed.
    ///   - transaction: The snapshot that the records are read from.
    /// - Returns: The partners of their events; none where nothing new was looked at, nor of a record that
    ///   can't be read, which is found when its turn comes.
    /// - Throws: What moving through the log throws.
    mutating func partners(
        from sequence: EventSequence, upTo last: EventSequence,
        in transaction: borrowing ReadTransaction
    ) throws -> [PartnerNumber] {
        guard sequence > end else { return [] }
        end = min(sequence + Self.count - 1, last)
        var partners: [PartnerNumber] = []
        partners.reserveCapacity(Int(Self.count))
        try transaction.cursor(tables.log) { cursor in
            var isThere = try cursor.seek(Key.number(sequence))
            for sequence in sequence...end where isThere {
                cursor.withValue { record in
                    guard let partner = try? RecordCoding.partnerOfInput(record, sequence) else {
                        return
                    }
                    partners.append(partner)
                }
                isThere = try cursor.next()
            }
        }
        return partners
    }
}
