import Core
import Engine
import LMDB
import Wire

/// One turn's search for sends to be handed over: those that wait, those that were held, and those that
/// were never looked at, until there are enough.
struct ClaimRound {
    private let desk: ClaimDesk
    private let outbox: Outbox
    private let limit: Int
    private(set) var claims: [Deliverer.Claim] = []
    /// What changes for those looked at.
    private(set) var changes: [(number: UInt64, before: Delivery?, after: Delivery)] = []
    /// Where those stand that are not to be mailed, or not now.
    private(set) var passedOver: [Delivery.Status] = []
    /// The first send that was not looked at yet, where that is another than before.
    private(set) var nextFresh: UInt64?
    /// Whether there may be more of those that need no mail.
    private(set) var isMoreLikely = false
    /// Sends looked at in one commit, so that a long stretch of expired ones does not hold up others.
    private var looksLeft = 2_000
    /// Those that were suppressed at the decision are passed over and cost less.
    private static let passedOverMax = 20_000

    init(_ desk: ClaimDesk, _ outbox: Outbox, limit: Int) {
        self.desk = desk
        self.outbox = outbox
        self.limit = limit
    }

    private var isDone: Bool { claims.count >= limit || looksLeft <= 0 }

    /// Looks at sends whose time has come.
    mutating func lookAtWaiting(_ transaction: borrowing ReadTransaction) throws {
        var seen = 0
        // Mostly each is a claim; only where many need no mail the whole stretch is read.
        for size in [min(limit, looksLeft), looksLeft] where !isDone {
            let numbers = try outbox.numbers(
                from: Outbox.firstWaiting, to: desk.wallTime, limit: size, transaction)
            for number in numbers.dropFirst(seen) {
                guard !isDone else { break }
                try look(at: number, transaction)
            }
            seen = numbers.count
        }
        if looksLeft <= 0 { isMoreLikely = true }
    }

    /// Looks at held sends; those that are free now and find no place wait for one.
    ///
    /// - Parameters:
    ///   - first: The number to begin at.
    ///   - limit: How many to look at.
    ///   - isFirst: Whether this delivery has not looked at them yet: those that stay held are told of then.
    ///   - transaction: The snapshot.
    /// - Returns: The number to go on at in the next round; nil where these were the last.
    /// - Throws: What reading the store throws.
    mutating func lookAtHeld(
        from first: UInt64, limit: Int, isFirst: Bool, _ transaction: borrowing ReadTransaction
    ) throws -> UInt64? {
        let numbers = try outbox.numbers(
            from: .never, first, to: .never, limit: limit, transaction)
        let changed = changes.count
        for number in numbers { try look(at: number, transaction) }
        if isFirst {
            let stayed = numbers.count - (changes.count - changed)
            passedOver += Array(repeating: .held, count: stayed)
        }
        guard numbers.count == limit, let last = numbers.last else { return nil }
        isMoreLikely = true
        return last + 1
    }

    /// Looks at sends that nobody has looked at, in the order of their decisions.
    mutating func lookAtFresh(
        upTo count: UInt64, _ transaction: borrowing ReadTransaction
    ) throws {
        let first = try outbox.nextFresh(transaction)
        let end = min(count, first + UInt64(Self.passedOverMax))
        var next = first
        guard next < end, !isDone else { return }
        try transaction.cursor(desk.store.tables.sends) { cursor in
            var isThere = try cursor.seek(Key.number(next))
            while isThere, next < end, !isDone {
                if try cursor.withValue({ try StoredSend($0).suppressed == nil }) {
                    try look(at: next, transaction)
                }
                next += 1
                isThere = try cursor.next()
            }
        }
        nextFresh = next
        if next < count, claims.count < limit { isMoreLikely = true }
    }

    private mutating func look(
        at number: UInt64, _ transaction: borrowing ReadTransaction
    ) throws {
        looksLeft -= 1
        let before = try outbox.delivery(of: number, transaction)
        switch try desk.decide(number, before, transaction) {
        case .stays: break
        case .settled(let after):
            changes.append((number, before, after))
            passedOver.append(after.status)
        case .claimed(let claim):
            if claims.count < limit {
                claims.append(claim)
                changes.append((number, before, claim.delivery))
            } else if var waiting = before {
                // Held ones come all at once when their source is active again.
                waiting.status = .waiting
                waiting.dueAt = desk.wallTime
                waiting.detail = ""
                changes.append((number, before, waiting))
            }
        }
    }
}
