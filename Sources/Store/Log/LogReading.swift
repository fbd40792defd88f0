import Core
import Engine
import LMDB
import Wire

extension Tables {
    /// Gives the records behind one, 0 for all, up to another to a body, in order and with their sequences.
    func eachRecord(
        after first: EventSequence, upTo last: EventSequence,
        in transaction: borrowing ReadTransaction,
        _ body: (EventSequence, Span<UInt8>) throws -> Void
    ) throws {
        guard first < last else { return }
        try transaction.cursor(log) { cursor in
            var next = first + 1
            var isThere = try cursor.seek(Key.number(next))
            while isThere, next <= last {
                try cursor.withValue { try body(next, $0) }
                next += 1
                isThere = try cursor.next()
            }
        }
    }

    /// The engine clock after a record; unset before all of them.
    func engineTime(
        of sequence: EventSequence, _ transaction: borrowing ReadTransaction
    ) throws -> Instant {
        guard sequence > 0 else { return .unset }
        let time = try transaction.value(log, Key.number(sequence)) { record in
            var reader = ByteReader()
            return try RecordCoding.header(record, &reader).engineTime
        }
        guard let time else { throw StoreError.damaged("record \(sequence) is missing") }
        return time
    }
}
