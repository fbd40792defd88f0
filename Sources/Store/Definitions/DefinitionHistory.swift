import Core
import Engine
import LMDB
import Wire

/// The definition records of a log, which a table of their sequences finds.
enum DefinitionHistory {
    /// The last definition record; 0 where there is none.
    static func last(
        _ tables: Tables, _ transaction: borrowing ReadTransaction
    ) throws -> EventSequence {
        try transaction.cursor(tables.definitions) { cursor in
            guard try cursor.last() else { return 0 }
            return try cursor.withKey { try Key.number(of: $0) }
        }
    }

    static func read(
        _ tables: Tables, upTo last: EventSequence, in transaction: borrowing ReadTransaction
    ) throws -> [(changes: [DefinitionChange], at: Instant)] {
        try records(tables, upTo: last, in: transaction).map { record in
            (try record.changes.map { try $0.decoded() }, record.at)
        }
    }

    /// Sequence, engine time and changes in canonical form of each record.
    static func records(
        _ tables: Tables, upTo last: EventSequence, in transaction: borrowing ReadTransaction
    ) throws -> [(sequence: EventSequence, at: Instant, changes: [CanonicalChange])] {
        var sequences: [EventSequence] = []
        try transaction.cursor(tables.definitions) { cursor in
            var isThere = try cursor.first()
            while isThere {
                sequences.append(try cursor.withKey { try Key.number(of: $0) })
                isThere = try cursor.next()
            }
        }
        return try sequences.filter { $0 <= last }.map { sequence in
            let record = try transaction.value(tables.log, Key.number(sequence)) { record in
                var reader = ByteReader()
                let header = try RecordCoding.header(record, &reader)
                guard header.kind == .definitions else {
                    throw StoreError.damaged("record \(sequence) should hold definitions")
                }
                let changes = try RecordCoding.changes(record, &reader)
                return (sequence: sequence, at: header.engineTime, changes: changes)
            }
            guard let record else { throw StoreError.damaged("record \(sequence) is missing") }
            return record
        }
    }
}
