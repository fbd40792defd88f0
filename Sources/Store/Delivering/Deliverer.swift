public import Core
import Definitions
import Engine
import LMDB
import Wire

/// Takes sends out of the store to be handed over, and notes what became of them (SPEC 10).
///
/// Each step is durable before the next: a send is claimed in a commit of its own before its connection
/// opens, and its result is stored with the event that it is in the log. A process that dies between
/// the two leaves a claim behind, which the next one finds.
///
/// ```swift
/// let (claims, _) = try deliverer.turn(noting: [], claiming: 20, at: wallTime)
/// let results = …            // hand them over
/// _ = try deliverer.turn(noting: results, claiming: 20, at: wallTime)
/// ```
public final class Deliverer {
    /// What the operator may say.
    public struct Options: Sendable {
        /// A send that is older when its turn comes expires; in microseconds.
        public var maxAge: Int64 = 24 * .hour
        /// After so many attempts a send has failed.
        public var attemptsMax: UInt32 = 8
        /// How long to wait after an attempt, counted from 1, in microseconds.
        public var delay: @Sendable (_ attempt: UInt32, _ send: [UInt8]) -> Int64
        /// How long to wait for the right to write, in seconds.
        public var waitSeconds = 10

        /// Makes options of the delays between attempts.
        public init(delay: @escaping @Sendable (_ attempt: UInt32, _ send: [UInt8]) -> Int64) {
            self.delay = delay
        }
    }

    /// A send that is to be handed over now.
    public struct Claim: Sendable {
        /// Its place among all sends.
        public var number: UInt64
        /// The send.
        public var send: SendRow
        /// The claim as it is stored.
        var delivery: Delivery
        /// Which attempt this is, from 1.
        public var attempt: UInt32 { delivery.attempts }
        /// The template in the version that was decided on.
        public var template: Template
        /// What the templates see of the partner: its fields as they were at the decision.
        public var partner: PartnerReport
        /// The program's settings now.
        public var settings: ProgramSettings
    }

    /// What came of handing a send over.
    public enum Outcome: Sendable, Equatable {
        case delivered(String)
        /// The other side said no for good; `isRecipient` where it was the address that it refused.
        case refused(String, isRecipient: Bool)
        /// Nobody judged it: there was no connection, or the other side said to come again, after so many
        /// microseconds if it said when. No attempt is used up; its age ends it.
        case postponed(String, after: Int64?)
        /// The other side said no for the moment: an attempt is used up.
        case refusedForNow(String)
        /// Its template can't be filled in from what is known of the partner.
        case unrenderable(String)
        /// The connection broke between the last byte and the answer.
        case unknown(String)
    }

    /// The store.
    public var store: Store { writer.store }
    let writer: Writer
    let options: Options
    let outbox: Outbox
    /// Whether others wrote between the last turn and the one before.
    public private(set) var hasWaitedForOthers = false
    /// Held sends were looked at under the definitions of this record.
    private var heldCheckedAt: EventSequence?
    /// Sends looked at in one commit, so that a long stretch of suppressed ones does not hold up others.
    private static let looksMax = 20_000

    /// Opens a store's outbox.
    ///
    /// - Throws: ``DeliveryRefusal`` where the store may not be delivered from, or ``StoreError``.
    public init(_ store: Store, _ options: Options) throws {
        guard try store.emittedSends() == nil else { throw DeliveryRefusal.emits }
        writer = try Writer(store, ingests: false)
        self.options = options
        outbox = Outbox(tables: store.tables)
    }

    // MARK: A turn

    /// Stores what became of claimed sends, and claims others whose turn has come: one durable commit.
    ///
    /// - Parameters:
    ///   - results: What came of sends claimed before; what of it is an event goes into the log.
    ///   - limit: How many to claim at most.
    ///   - wallTime: The wall clock.
    /// - Returns: Those to be handed over now, and whether more may be found at once: some were looked at
    ///   that need no mail.
    /// - Throws: ``DeliveryRefusal/held(mark:)`` after a restore, or ``StoreError``. After an error this
    ///   deliverer is of no more use; nothing is stored, and the claims stand.
    public func turn(
        noting results: [(claim: Claim, outcome: Outcome)], claiming limit: Int,
        at wallTime: Instant
    ) throws -> (claims: [Claim], isMoreLikely: Bool) {
        let before = writer.engine.sequence
        try writer.begin(waitSeconds: options.waitSeconds)
        hasWaitedForOthers = writer.engine.sequence > before
        var changes = Outbox.Changes()
        for (claim, outcome) in results {
            let after = delivery(after: outcome, of: claim, at: wallTime)
            changes.deliveries.append((claim.number, claim.delivery, after))
            if let result = DeliveryEvent(claim.send, outcome, after) {
                try writer.take(result, wallTime: wallTime)
            }
        }
        var claims: [Claim] = []
        do {
            if limit > 0 { claims = try claim(limit, wallTime, &changes) }
        } catch {
            if results.isEmpty { writer.abandon() }
            throw error
        }
        try store(changes)
        return (claims, claims.isEmpty && changes.nextFresh != nil)
    }

    private func claim(
        _ limit: Int, _ wallTime: Instant, _ changes: inout Outbox.Changes
    ) throws -> [Claim] {
        var claims: [Claim] = []
        try store.read { transaction, head in
            if let mark = try store.unreleasedMark(transaction) {
                throw DeliveryRefusal.held(mark: mark)
            }
            let catalog = try Catalog(store.tables, upTo: head.sequence, in: transaction)
            let desk = ClaimDesk(
                deliverer: self, catalog: catalog, head: head, wallTime: wallTime)
            for number in try candidates(limit, wallTime, head, catalog, &changes, transaction) {
                let before = try outbox.delivery(of: number, transaction)
                let decision = try desk.decide(number, before, transaction)
                if var waiting = before, decision.claim != nil, claims.count >= limit {
                    // Held ones come all at once when their source is active again.
                    waiting.status = .waiting
                    waiting.dueAt = wallTime
                    changes.deliveries.append((number, before, waiting))
                    continue
                }
                if let claim = decision.claim { claims.append(claim) }
                if let after = decision.delivery {
                    changes.deliveries.append((number, before, after))
                }
            }
        }
        return claims
    }

    /// Sends whose turn it is, those that wait before those that were never looked at.
    private func candidates(
        _ limit: Int, _ wallTime: Instant, _ head: Head, _ catalog: Catalog,
        _ changes: inout Outbox.Changes, _ transaction: borrowing ReadTransaction
    ) throws -> [UInt64] {
        let afterClaimed = Instant.unset.advanced(byMicroseconds: 1)
        var numbers = try outbox.numbers(
            from: afterClaimed, to: wallTime, limit: limit, transaction)
        if heldCheckedAt != catalog.lastChange {
            heldCheckedAt = catalog.lastChange
            numbers += try outbox.numbers(
                from: .never, to: .never, limit: Self.looksMax, transaction)
        }
        let first = try outbox.nextFresh(transaction)
        var next = first
        let end = min(head.sends, first + UInt64(Self.looksMax))
        try transaction.cursor(store.tables.sends) { cursor in
            guard next < end, numbers.count < limit, try cursor.seek(Key.number(next)) else {
                return
            }
            while next < end, numbers.count < limit {
                let isSuppressed = try cursor.withValue { try StoredSend($0).suppressed != nil }
                if !isSuppressed { numbers.append(next) }
                next += 1
                guard try cursor.next() else { break }
            }
        }
        if next > first { changes.nextFresh = next }
        return numbers
    }

    /// Where a send stands after an attempt.
    private func delivery(
        after outcome: Outcome, of claim: Claim, at wallTime: Instant
    ) -> Delivery {
        var after = claim.delivery
        after.changedAt = wallTime
        func wait(_ length: Int64) {
            after.status = .waiting
            after.dueAt = wallTime.advanced(byMicroseconds: length)
        }
        func tryAgain() {
            if claim.attempt >= options.attemptsMax {
                after.status = .failed
            } else {
                wait(options.delay(claim.attempt, claim.send.id))
            }
        }
        switch outcome {
        case .delivered(let detail):
            after.status = .delivered
            after.detail = Name(detail)
        case .refused(let detail, _), .unrenderable(let detail):
            after.status = .failed
            after.detail = Name(detail)
        case .postponed(let detail, let length):
            after.attempts = claim.attempt - 1
            after.detail = Name(detail)
            wait(length ?? options.delay(claim.attempt, claim.send.id))
        case .refusedForNow(let detail):
            after.detail = Name(detail)
            tryAgain()
        case .unknown(let detail):
            after.detail = Name(detail)
            // Only an automation's mail may arrive twice (SPEC 10).
            if claim.send.kind == .workflow { after.status = .unknown } else { tryAgain() }
        }
        return after
    }

    /// Finds sends that a process which ended had claimed: whether they went out nobody knows.
    ///
    /// - Returns: How many there were.
    public func recoverClaims(at wallTime: Instant) throws -> Int {
        try change(at: wallTime) { transaction, _ in
            try outbox.numbers(from: .unset, to: .unset, limit: .max, transaction)
        } to: { _, kind, delivery in
            delivery.detail = "the process ended before the answer was noted"
            if kind == .workflow {
                delivery.status = .unknown
            } else {
                delivery.status = .waiting
                delivery.dueAt = wallTime
            }
        }
    }

    /// Takes up again what the operator says, at once.
    ///
    /// - Parameters:
    ///   - status: Unknown or expired ones.
    ///   - wallTime: The wall clock.
    /// - Returns: How many there were.
    /// - Throws: ``StoreError``.
    public func retry(_ status: Delivery.Status, at wallTime: Instant) throws -> Int {
        try change(at: wallTime) { transaction, _ in
            var numbers: [UInt64] = []
            try transaction.cursor(store.tables.deliveries) { cursor in
                var isThere = try cursor.first()
                while isThere {
                    if try cursor.withValue({ try Delivery($0).status }) == status {
                        try cursor.withKey { key in
                            var reader = ByteReader()
                            numbers.append(try reader.fixed64(key))
                        }
                    }
                    isThere = try cursor.next()
                }
            }
            return numbers
        } to: { _, _, delivery in
            delivery.status = .waiting
            delivery.dueAt = wallTime
            delivery.ignoresAge = true
        }
    }

    private func change(
        at wallTime: Instant,
        _ find: (borrowing ReadTransaction, Head) throws -> [UInt64],
        to change: (UInt64, DefinitionKind, inout Delivery) -> Void
    ) throws -> Int {
        try writer.begin(waitSeconds: options.waitSeconds)
        var changes = Outbox.Changes()
        do {
            try store.read { transaction, head in
                let catalog = try Catalog(store.tables, upTo: head.sequence, in: transaction)
                for number in try find(transaction, head) {
                    guard let before = try outbox.delivery(of: number, transaction),
                        let send = try transaction.value(
                            store.tables.sends, Key.number(number), { try StoredSend($0) })
                    else { throw StoreError.damaged("send \(number) is missing") }
                    var after = before
                    after.changedAt = wallTime
                    change(number, try catalog.source(send.source).kind, &after)
                    changes.deliveries.append((number, before, after))
                }
            }
        } catch {
            writer.abandon()
            throw error
        }
        try store(changes)
        return changes.deliveries.count
    }

    private func store(_ changes: Outbox.Changes) throws {
        if changes.isEmpty {
            writer.abandon()
            return
        }
        _ = try writer.commit(also: { try self.outbox.write(changes, $0) })
    }

    // MARK: Waiting

    /// Whether a turn would find something to look at, up to an instant of wall time: so that nobody has
    /// to wait for a turn that would do nothing.
    public func hasWork(at wallTime: Instant) throws -> Bool {
        try store.read { transaction, head in
            let isFresh = try outbox.nextFresh(transaction) < head.sends
            let isDue = try outbox.firstDue(transaction).map { $0 <= wallTime } ?? false
            let catalog = try Catalog(store.tables, upTo: head.sequence, in: transaction)
            return isFresh || isDue || heldCheckedAt != catalog.lastChange
        }
    }

    /// Wall time at which the next send that waits is due; nil where none waits.
    public func nextDue() throws -> Instant? {
        try store.read { transaction, _ in try outbox.firstDue(transaction) }
    }

    /// Flushes the working state.
    public func close() throws {
        try writer.close(waitSeconds: options.waitSeconds)
    }
}

/// Why nothing may be delivered from a store.
public enum DeliveryRefusal: Error, Sendable, Equatable {
    /// `ingest --emit sends` hands its sends out.
    case emits
    /// The store was restored, or imported, and the operator has not released it yet.
    case held(mark: EventSequence)
    /// There is nothing to release.
    case nothingHeld
    /// Another process delivers.
    case busy
}
