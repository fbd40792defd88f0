public import Core
import Engine
import LMDB
import Wire

/// What a start finds left behind, what the operator says of doubtful sends, and what is left at the end.
extension Store {
    /// What became of sends that a process which ended had claimed.
    public struct RecoveredClaims: Sendable, Equatable {
        /// Sends of automations with attempts left, which are tried again.
        public var retried = 0
        /// Sends that wait for the operator's word.
        public var unknown = 0
    }

    /// Finds sends that a process which ended had claimed: whether they went out nobody knows.
    ///
    /// - Parameters:
    ///   - wallTime: The wall clock.
    ///   - attemptsMax: After so many attempts an automation's send is not tried again by itself: what ends the
    ///     process may be the mail.
    /// - Returns: How many there were.
    /// - Throws: ``StoreError``.
    public func recoverClaims(
        at wallTime: Instant, attemptsMax: UInt32
    ) throws -> RecoveredClaims {
        var recovered = RecoveredClaims()
        try change(at: wallTime) { transaction in
            try Outbox(tables: tables).numbers(
                from: .unset, to: .unset, limit: .max, transaction)
        } to: { kind, delivery in
            delivery.detail = "the process ended before the answer was noted"
            if kind == .workflow || delivery.attempts >= attemptsMax {
                delivery.status = .unknown
                recovered.unknown += 1
            } else {
                delivery.status = .waiting
                delivery.dueAt = wallTime
                recovered.retried += 1
            }
        }
        return recovered
    }

    /// Takes up again what the operator says, at once.
    ///
    /// - Parameters:
    ///   - status: Unknown or expired ones.
    ///   - wallTime: The wall clock.
    /// - Returns: How many there were.
    /// - Throws: ``StoreError``.
    public func retry(_ status: Delivery.Status, at wallTime: Instant) throws -> Int {
        try change(at: wallTime) { transaction in
            var numbers: [UInt64] = []
            try transaction.cursor(tables.deliveries) { cursor in
                var isThere = try cursor.first()
                while isThere {
                    let number = try cursor.withKey { try Key.number(of: $0) }
                    let delivery = try cursor.withValue { try Delivery($0) }
                    if delivery.status == status { numbers.append(number) }
                    isThere = try cursor.next()
                }
            }
            return numbers
        } to: { _, delivery in
            delivery.status = .waiting
            delivery.dueAt = wallTime
            delivery.ignoresAge = true
            delivery.detail = ""
        }
    }

    /// Sends that are still to be mailed, held ones left out: those that wait, and those that nobody has looked at.
    public func pendingCount() throws -> Int {
        try read { transaction, head in
            let outbox = Outbox(tables: tables)
            var count = try outbox.numbers(
                from: Outbox.firstWaiting, to: Outbox.lastWaiting, limit: .max, transaction
            ).count
            var next = try outbox.nextFresh(transaction)
            try transaction.cursor(tables.sends) { cursor in
                var isThere = try cursor.seek(Key.number(next))
                while isThere, next < head.sends {
                    if try cursor.withValue({ try StoredSend($0).suppressed == nil }) { count += 1 }
                    next += 1
                    isThere = try cursor.next()
                }
            }
            return count
        }
    }

    @discardableResult
    private func change(
        at wallTime: Instant, _ find: (borrowing ReadTransaction) throws -> [UInt64],
        to change: (DefinitionKind, inout Delivery) -> Void
    ) throws -> Int {
        let outbox = Outbox(tables: tables)
        var changes = Outbox.Changes()
        try read { transaction, head in
            let numbers = try find(transaction)
            guard !numbers.isEmpty else { return }
            let catalog = try Catalog(tables, upTo: head.sequence, in: transaction)
            for number in numbers {
                guard let before = try outbox.delivery(of: number, transaction),
                    let send = try transaction.value(
                        tables.sends, Key.number(number), { try StoredSend($0) })
                else { throw StoreError.damaged("send \(number) is missing") }
                var after = before
                after.changedAt = wallTime
                change(try catalog.source(send.source).kind, &after)
                changes.deliveries.append((number, before, after))
            }
        }
        try note(changes)
        return changes.deliveries.count
    }

    /// Stores what became of sends, durably.
    func note(_ changes: Outbox.Changes) throws {
        guard !changes.isEmpty else { return }
        try StoreError.translating(writing: true) {
            try environment.write { try Outbox(tables: tables).write(changes, $0) }
        }
    }
}
