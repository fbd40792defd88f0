import Core
import Engine
import LMDB

/// Where each partner's latest record stands, without an engine: in its state row, or in the tail of the log
/// behind the last flush.
///
/// The tail is read once and then followed, so that a claim beside a busy `ingest` costs its partner's
/// records and not the tail.
struct ChainHeads {
    /// The flush that the tail begins behind.
    private var flushed: EventSequence = 0
    private var followed: EventSequence = 0
    /// By partner number; what is not behind the last flush is in the state row.
    private var tail: [EventSequence] = []

    /// Takes in the records up to a snapshot's head.
    mutating func follow(
        to head: Head, _ tables: Tables, _ transaction: borrowing ReadTransaction
    ) throws {
        let mark = try transaction.value(tables.meta, Key.state) { try StateMark($0).sequence } ?? 0
        if mark != flushed {
            flushed = mark
            followed = max(followed, mark)
        }
        guard followed < head.sequence else { return }
        if head.partners > tail.count { tail.reserveCapacity(Int(head.partners)) }
        try transaction.cursor(tables.log) { cursor in
            var sequence = followed + 1
            var isThere = try cursor.seek(Key.number(sequence))
            while isThere, sequence <= head.sequence {
                if let partner = try cursor.withValue({ try RecordCoding.partner(of: $0) }) {
                    guard partner < head.partners else {
                        throw StoreError.damaged("record \(sequence) is about nobody")
                    }
                    let missing = Int(partner) + 1 - tail.count
                    if missing > 0 { tail.append(contentsOf: repeatElement(0, count: missing)) }
                    tail[Int(partner)] = sequence
                }
                sequence += 1
                isThere = try cursor.next()
            }
        }
        followed = head.sequence
    }

    /// A partner's latest record.
    ///
    /// - Throws: ``StoreError/damaged(_:)`` where it has none.
    func latest(
        of partner: PartnerNumber, _ tables: Tables, _ transaction: borrowing ReadTransaction
    ) throws -> EventSequence {
        if Int(partner) < tail.count, tail[Int(partner)] > flushed { return tail[Int(partner)] }
        let stored = try StoredStates(tables: tables).row(of: partner, in: transaction) {
            try PartnerStateCoding.lastSequence($0)
        }
        guard let stored else { throw StoreError.damaged("partner \(partner) has no records") }
        return stored
    }
}
