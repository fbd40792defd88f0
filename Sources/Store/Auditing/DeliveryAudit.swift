import Core
import LMDB
import Wire

/// What stands beside the log, and so is not replayed: what became of sends, the outbox, single rows.
///
/// Each row must be the one that was written, and deliveries and outbox must tell the same.
struct DeliveryAudit {
    let tables: Tables
    let head: Head

    private static let rows = [
        Key.head, Key.state, Key.emitted, Key.deliveredUpTo, Key.released, Key.imported,
    ]

    /// Looks at all rows of one snapshot.
    ///
    /// - Returns: The first difference.
    /// - Throws: ``WireError`` where a row can't be read.
    func check(_ transaction: borrowing ReadTransaction) throws -> Divergence? {
        try checkMeta(transaction) ?? checkDeliveries(transaction) ?? checkOutbox(transaction)
    }

    private func differs(_ expected: String, _ found: String) -> Divergence {
        Divergence(.send, head.sequence, at: head.now, expected: expected, found: found)
    }

    private func checkMeta(_ transaction: borrowing ReadTransaction) throws -> Divergence? {
        let unknown = try transaction.cursor(tables.meta) { cursor -> [UInt8]? in
            var isThere = try cursor.first()
            while isThere {
                let key = cursor.withKey { [UInt8](copying: $0) }
                if !Self.rows.contains(key) { return key }
                isThere = try cursor.next()
            }
            return nil
        }
        if let unknown {
            return Divergence(
                .head, head.sequence, at: head.now, expected: "no other rows of meta",
                found: "one named \(Name(bytes: unknown))")
        }
        for (key, most) in [
            (Key.emitted, head.sends), (Key.deliveredUpTo, head.sends),
            (Key.released, head.sequence), (Key.imported, head.sequence),
        ] {
            let number = try NumberRow.read(key, tables, transaction) ?? 0
            guard number <= most else {
                return differs("\(Name(bytes: key)) to be at most \(most)", "\(number)")
            }
        }
        return nil
    }

    private func checkDeliveries(_ transaction: borrowing ReadTransaction) throws -> Divergence? {
        try transaction.cursor(tables.deliveries) { cursor in
            var isThere = try cursor.first()
            while isThere {
                let number = try cursor.withKey(Key.number(of:))
                guard number < head.sends else {
                    return differs("deliveries of \(head.sends) sends", "one of send \(number)")
                }
                let delivery = try cursor.withValue { try Delivery($0) }
                if let place = delivery.place {
                    let key = Outbox.key(place, number)
                    guard try transaction.value(tables.outbox, key, { _ in true }) == true else {
                        return differs("send \(number) to be in the outbox", "nothing there")
                    }
                }
                isThere = try cursor.next()
            }
            return nil
        }
    }

    private func checkOutbox(_ transaction: borrowing ReadTransaction) throws -> Divergence? {
        try transaction.cursor(tables.outbox) { cursor in
            var isThere = try cursor.first()
            while isThere {
                var reader = ByteReader()
                let (place, number) = try cursor.withKey { key in
                    let place = try Key.instant(fromSortable: reader.fixed64(key))
                    return (place, try reader.fixed64(key))
                }
                let delivery = try transaction.value(tables.deliveries, Key.number(number)) {
                    try Delivery($0)
                }
                let isRight: Bool
                if place == Outbox.untold {
                    switch cursor.withValue({ DeliveryResult(row: $0) }) {
                    case .delivered: isRight = delivery?.status == .delivered
                    case .hardBounced, .softBounced: isRight = delivery?.status == .failed
                    case nil: isRight = false
                    }
                } else {
                    isRight = delivery?.place == place && cursor.withValue { $0.isEmpty }
                }
                guard isRight else {
                    return differs(
                        "the outbox to hold what its sends wait for",
                        "another row of send \(number)")
                }
                isThere = try cursor.next()
            }
            return nil
        }
    }
}
