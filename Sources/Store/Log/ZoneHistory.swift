import Core
import LMDB
import Wire

/// The rules of the program's time zone over the log: those that it was founded with, and those of zone
/// records, which a table of their sequences finds.
enum ZoneHistory {
    /// The rules in force at a place in the log.
    ///
    /// - Parameters:
    ///   - place: The place.
    ///   - founding: The rules of the first record.
    ///   - tables: The store's tables.
    ///   - transaction: The snapshot.
    /// - Returns: The founding rules, or those of the last zone record up to there.
    /// - Throws: ``StoreError/damaged(_:)`` where a listed record does not hold such rules.
    static func rules(
        at place: LogPlace, founding: ZoneRules, _ tables: Tables,
        _ transaction: borrowing ReadTransaction
    ) throws -> ZoneRules {
        try transaction.cursor(tables.marks) { cursor in
            var isThere = try cursor.seekLast(notAfter: Key.number(EventSequence.max))
            while isThere {
                let kind = cursor.withValue { $0.isEmpty ? 0 : $0[0] }
                if kind == RecordCoding.Kind.timezone.rawValue {
                    let sequence = try cursor.withKey { try Key.number(of: $0) }
                    let record = try record(sequence, tables, transaction)
                    if place.includes(record.time, sequence) { return record.rules }
                }
                isThere = try cursor.previous()
            }
            return founding
        }
    }

    private static func record(
        _ sequence: EventSequence, _ tables: Tables, _ transaction: borrowing ReadTransaction
    ) throws -> (time: Instant, rules: ZoneRules) {
        let found = try transaction.value(tables.log, Key.number(sequence)) { record in
            var reader = ByteReader()
            let header = try RecordCoding.header(record, &reader)
            guard header.kind == .timezone else {
                throw StoreError.damaged("record \(sequence) should hold rules of the time zone")
            }
            return (time: header.engineTime, rules: try ZoneRules(record, &reader))
        }
        guard let found else { throw StoreError.damaged("record \(sequence) is missing") }
        return found
    }
}

extension Store {
    /// The rules of the program's time zone that a question about a place in the log is answered by.
    func zone(
        at place: LogPlace, _ transaction: borrowing ReadTransaction
    ) throws -> ZoneRules {
        try ZoneHistory.rules(at: place, founding: program.zone, tables, transaction)
    }
}
