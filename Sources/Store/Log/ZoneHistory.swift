import Core
import LMDB
import Wire

/// The rules of the program's time zone over the log: those that it was founded with, and those of zone
/// records, which a table of their sequences finds.
enum ZoneHistory {
    /// The rules in force after a record.
    ///
    /// - Parameters:
    ///   - last: The record.
    ///   - founding: The rules of the first record.
    ///   - tables: The store's tables.
    ///   - transaction: The snapshot.
    /// - Returns: The founding rules, or those of the last zone record up to there.
    /// - Throws: ``StoreError/damaged(_:)`` where a listed record does not hold such rules.
    static func rules(
        at last: EventSequence, founding: ZoneRules, _ tables: Tables,
        _ transaction: borrowing ReadTransaction
    ) throws -> ZoneRules {
        let sequence = try transaction.cursor(tables.marks) { cursor -> EventSequence? in
            var isThere = try cursor.seekLast(notAfter: Key.number(last))
            while isThere {
                let kind = cursor.withValue { $0.isEmpty ? 0 : $0[0] }
                if kind == RecordCoding.Kind.timezone.rawValue {
                    return try cursor.withKey { try Key.number(of: $0) }
                }
                isThere = try cursor.previous()
            }
            return nil
        }
        guard let sequence else { return founding }
        let rules = try transaction.value(tables.log, Key.number(sequence)) { record in
            var reader = ByteReader()
            guard try RecordCoding.header(record, &reader).kind == .timezone else {
                throw StoreError.damaged("record \(sequence) should hold rules of the time zone")
            }
            return try ZoneRules(record, &reader)
        }
        guard let rules else { throw StoreError.damaged("record \(sequence) is missing") }
        return rules
    }
}
