import Core
import Engine
import LMDB
import Wire

/// The two tables of delivery: what became of each send, and which of them are not done, by time.
struct Outbox {
    let tables: Tables

    /// Changes that are stored with the next commit.
    struct Changes {
        var deliveries: [(number: UInt64, before: Delivery?, after: Delivery)] = []
        /// The first send that was never looked at.
        var nextFresh: UInt64?

        var isEmpty: Bool { deliveries.isEmpty && nextFresh == nil }
    }

    private static func key(_ place: Instant, _ number: UInt64) -> [UInt8] {
        var key: [UInt8] = []
        key.append(fixed64: Key.sortable(place))
        key.append(fixed64: number)
        return key
    }

    func delivery(
        of number: UInt64, _ transaction: borrowing ReadTransaction
    ) throws -> Delivery? {
        try transaction.value(tables.deliveries, Key.number(number)) { try Delivery($0) }
    }

    /// The first send that was never looked at.
    func nextFresh(_ transaction: borrowing ReadTransaction) throws -> UInt64 {
        try transaction.value(tables.meta, Key.deliveredUpTo) { row in
            var reader = ByteReader()
            return try reader.fixed64(row)
        } ?? 0
    }

    /// Sends that are not done whose place is from one instant to another, both ends in, in order.
    func numbers(
        from first: Instant, to last: Instant, limit: Int, _ transaction: borrowing ReadTransaction
    ) throws -> [UInt64] {
        var numbers: [UInt64] = []
        try transaction.cursor(tables.outbox) { cursor in
            var isThere = try cursor.seek(Self.key(first, 0))
            while isThere, numbers.count < limit {
                let (place, number) = try cursor.withKey { key in
                    var reader = ByteReader()
                    return (
                        Key.instant(fromSortable: try reader.fixed64(key)),
                        try reader.fixed64(key)
                    )
                }
                guard place <= last else { return }
                numbers.append(number)
                isThere = try cursor.next()
            }
        }
        return numbers
    }

    /// The place of the first that waits for its time; nil where none does.
    func firstDue(_ transaction: borrowing ReadTransaction) throws -> Instant? {
        try transaction.cursor(tables.outbox) { cursor in
            let afterClaimed = Instant.unset.advanced(byMicroseconds: 1)
            guard try cursor.seek(Self.key(afterClaimed, 0)) else { return nil }
            let place = try cursor.withKey { key in
                var reader = ByteReader()
                return Key.instant(fromSortable: try reader.fixed64(key))
            }
            return place == .never ? nil : place
        }
    }

    func write(_ changes: Changes, _ transaction: borrowing WriteTransaction) throws {
        let nothing: [UInt8] = []
        var bytes: [UInt8] = []
        for change in changes.deliveries {
            if let place = change.before?.place {
                try transaction.remove(tables.outbox, Self.key(place, change.number))
            }
            if let place = change.after.place {
                try transaction.put(
                    tables.outbox, Self.key(place, change.number), nothing.span)
            }
            bytes.removeAll(keepingCapacity: true)
            change.after.append(to: &bytes)
            try transaction.put(tables.deliveries, Key.number(change.number), bytes.span)
        }
        if let next = changes.nextFresh {
            try transaction.put(tables.meta, Key.deliveredUpTo, Key.number(next).span)
        }
    }
}
