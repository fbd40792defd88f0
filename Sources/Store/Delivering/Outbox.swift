import Core
import Engine
import LMDB
import Wire

/// The two tables of delivery: what became of each send, and which of them are not done, by time.
///
/// Whoever delivers writes them, without the right to write the log. A writer of the log takes out the results that
/// it has made records of, and notes what events tell of sends that are not being handed over. The one who
/// delivers may overwrite that with what it made of an earlier look; at the next claim it asks the log again.
struct Outbox {
    let tables: Tables

    /// The place of sends whose result no record tells of yet: behind all that wait.
    static let untold = Instant(microseconds: Instant.never.microseconds - 1)

    /// The first place of those that wait: behind all that are claimed.
    static let firstWaiting = Instant.unset.advanced(byMicroseconds: 1)
    /// The last place of those that wait.
    static let lastWaiting = untold.advanced(byMicroseconds: -1)

    /// Changes that are stored with the next commit.
    struct Changes {
        var deliveries: [(number: UInt64, before: Delivery?, after: Delivery)] = []
        /// What the log is to learn.
        var results: [(number: UInt64, result: DeliveryResult)] = []
        /// The first send that was never looked at.
        var nextFresh: UInt64?

        var isEmpty: Bool { deliveries.isEmpty && results.isEmpty && nextFresh == nil }
    }

    static func key(_ place: Instant, _ number: UInt64) -> [UInt8] {
        var key: [UInt8] = []
        key.append(fixed64: Key.sortable(place))
        key.append(fixed64: number)
        return key
    }

    func delivery(
        of number: UInt64, _ transaction: borrowing ReadTransaction
    ) throws -> Delivery? {
        try transaction.value(tables.deliveries, Key.number(number)) {
            try Delivery($0)
        }
    }

    /// The first send that was never looked at.
    func nextFresh(_ transaction: borrowing ReadTransaction) throws -> UInt64 {
        try NumberRow.read(Key.deliveredUpTo, tables, transaction) ?? 0
    }

    /// Sends that are not done whose place is from one instant to another, both ends in, in order; at the
    /// first instant from a number on.
    func numbers(
        from first: Instant, _ number: UInt64 = 0, to last: Instant, limit: Int,
        _ transaction: borrowing ReadTransaction
    ) throws -> [UInt64] {
        var numbers: [UInt64] = []
        try transaction.cursor(tables.outbox) { cursor in
            var isThere = try cursor.seek(Self.key(first, number))
            while isThere, numbers.count < limit {
                let (place, number) = try cursor.withKey { key in
                    var reader = ByteReader()
                    return (
                        try Key.instant(fromSortable: reader.fixed64(key)),
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

    /// Sends whose result no record tells of yet, in the order of their decisions.
    func results(
        limit: Int, _ transaction: borrowing ReadTransaction
    ) throws -> [(number: UInt64, result: DeliveryResult)] {
        var results: [(number: UInt64, result: DeliveryResult)] = []
        try transaction.cursor(tables.outbox) { cursor in
            var isThere = try cursor.seek(Self.key(Self.untold, 0))
            while isThere, results.count < limit {
                let number = try cursor.withKey { key -> UInt64? in
                    var reader = ByteReader()
                    let place = try Key.instant(fromSortable: reader.fixed64(key))
                    return place == Self.untold ? try reader.fixed64(key) : nil
                }
                guard let number else { return }
                guard let result = cursor.withValue({ DeliveryResult(row: $0) }) else {
                    throw StoreError.damaged("the result of send \(number) can't be read")
                }
                results.append((number, result))
                isThere = try cursor.next()
            }
        }
        return results
    }

    /// Takes out results that have become records.
    func removeResults(
        _ numbers: [UInt64], _ transaction: borrowing WriteTransaction
    ) throws {
        for number in numbers {
            try transaction.remove(tables.outbox, Self.key(Self.untold, number))
        }
    }

    /// The place of the first that waits for its time; nil where none does.
    func firstDue(_ transaction: borrowing ReadTransaction) throws -> Instant? {
        try transaction.cursor(tables.outbox) { cursor in
            guard try cursor.seek(Self.key(Self.firstWaiting, 0)) else { return nil }
            let place = try cursor.withKey { key in
                var reader = ByteReader()
                return try Key.instant(fromSortable: reader.fixed64(key))
            }
            return place >= Self.untold ? nil : place
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
        for (number, result) in changes.results {
            let value = result.row
            try transaction.put(tables.outbox, Self.key(Self.untold, number), value.span)
        }
        if let next = changes.nextFresh {
            try transaction.put(
                tables.meta, Key.deliveredUpTo,
                NumberRow.row(next).span)
        }
    }
}
