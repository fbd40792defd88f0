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
        try record(at: .sequence(last), tables, transaction).map {
            try rules(ofRecord: $0, tables, transaction)
        } ?? founding
    }

    /// The last zone record up to a place in the log; nil where the founding rules hold there.
    static func record(
        at place: LogPlace, _ tables: Tables, _ transaction: borrowing ReadTransaction
    ) throws -> EventSequence? {
        try transaction.cursor(tables.marks) { cursor in
            var isThere = try cursor.seekLast(notAfter: Key.number(EventSequence.max))
            while isThere {
                let kind = cursor.withValue { $0.isEmpty ? 0 : $0[0] }
                if kind == RecordCoding.Kind.timezone.rawValue {
                    let sequence = try cursor.withKey { try Key.number(of: $0) }
                    let isUpToThere = try read(sequence, tables, transaction) { _, header, _ in
                        place.includes(header.engineTime, sequence)
                    }
                    if isUpToThere { return sequence }
                }
                isThere = try cursor.previous()
            }
            return nil
        }
    }

    /// The rules that a zone record brought.
    static func rules(
        ofRecord sequence: EventSequence, _ tables: Tables,
        _ transaction: borrowing ReadTransaction
    ) throws -> ZoneRules {
        try read(sequence, tables, transaction) { try ZoneRules($0, &$2) }
    }

    private static func read<Result>(
        _ sequence: EventSequence, _ tables: Tables, _ transaction: borrowing ReadTransaction,
        _ body: (Span<UInt8>, RecordCoding.Header, inout ByteReader) throws -> Result
    ) throws -> Result {
        let result = try transaction.value(tables.log, Key.number(sequence)) { record in
            var reader = ByteReader()
            let header = try RecordCoding.header(record, &reader)
            guard header.kind == .timezone else {
                throw StoreError.damaged("record \(sequence) should hold rules of the time zone")
            }
            return try body(record, header, &reader)
        }
        guard let result else { throw StoreError.damaged("record \(sequence) is missing") }
        return result
    }
}

extension Store {
    /// The rules of the program's time zone that were in force at a place in the log.
    func zone(
        at place: LogPlace, _ transaction: borrowing ReadTransaction
    ) throws -> ZoneRules {
        let record = try ZoneHistory.record(at: place, tables, transaction)
        // Putting rules together takes longer than most questions about them.
        if record == zoneRecord { return zone }
        return try record.map { try ZoneHistory.rules(ofRecord: $0, tables, transaction) }
            ?? program.zone
    }
}
