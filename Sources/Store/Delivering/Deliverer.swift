public import Core
import Definitions
import Engine
import LMDB
import Wire

/// Takes sends out of the store to be handed over, and notes what became of them (SPEC 10).
///
/// Each step is durable before the next: a send is claimed in a commit of its own before its connection
/// opens, and its result is stored before the next claims. A process that dies between the two leaves a
/// claim behind, which the next one finds.
///
/// These commits touch the tables of delivery alone, and need neither an engine nor the right to write the
/// log. What the log is to learn waits in the outbox until whoever writes next makes a record of it: a busy
/// `ingest` with its next batch, or ``logResults(waitSeconds:)``.
///
/// ```swift
/// let claims = try deliverer.turn(noting: [], claiming: 20, at: wallTime).claims
/// let results = …            // hand them over
/// _ = try deliverer.turn(noting: results, claiming: 20, at: wallTime)
/// try deliverer.logResults(waitSeconds: 10)
/// ```
///
/// Of all processes one has the ``DeliveryLock``; it is to be taken before this is made.
public final class Deliverer {
    /// What the operator may say.
    public struct Options: Sendable {
        /// A send that is older when its turn comes expires; in microseconds.
        public var maxAge: Int64 = 24 * .hour
        /// Those that were older by this wall time are mailed all the same; nil where none is.
        public var sparedUntil: Instant?
        /// After so many attempts a send has failed.
        public var attemptsMax: UInt32 = 8
        /// How many of the sends that are held one turn looks at, once their sources may be active again.
        public var heldATurn = 20_000
        /// How long to wait after an attempt, counted from 1, in microseconds.
        public var delay: @Sendable (_ attempt: UInt32, _ send: [UInt8]) -> Int64

        /// Makes options of the delays between attempts.
        public init(delay: @escaping @Sendable (_ attempt: UInt32, _ send: [UInt8]) -> Int64) {
            self.delay = delay
        }
    }

    /// A send that is to be handed over now.
    public struct Claim: Sendable {
        /// Its place among all sends.
        public var number: UInt64
        /// The partner's number in the log.
        var partnerNumber: PartnerNumber
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
        /// The program's settings as they were at the decision.
        public var settings: ProgramSettings
    }

    /// What came of handing a send over.
    public enum Outcome: Sendable, Equatable {
        case delivered(String)
        /// The other side said no for good; `isRecipient` where it was the address that it refused.
        case refused(String, isRecipient: Bool)
        /// Nobody judged it: there was no connection, or the other side takes nothing. No attempt is used up; its
        /// age ends it.
        case postponed(String)
        /// The other side said no for the moment: an attempt is used up. It may have said after how many
        /// microseconds to come again at the earliest.
        case refusedForNow(String, after: Int64 = 0)
        /// Its template can't be filled in from what is known of the partner.
        case unrenderable(String)
        /// The connection broke between the last byte and the answer.
        case unknown(String)
    }

    /// Where a send stands on its way.
    public typealias Status = Delivery.Status

    /// What a turn did.
    public struct Turn: Sendable {
        /// Those to be handed over now.
        public var claims: [Claim] = []
        /// Whether more may be found at once: some were looked at that need no mail.
        public var isMoreLikely = false
        /// Where the sends of the results stand now, in their order.
        public var noted: [Delivery.Status] = []
        /// Where sends stand now that were looked at and not claimed.
        public var passedOver: [Delivery.Status] = []
    }

    /// The store.
    public let store: Store
    let options: Options
    let outbox: Outbox
    let lock: WriteLock
    /// Made when this process has to write the log itself: it loads all partners' states.
    var writer: Writer?
    private var heads = ChainHeads()
    private var rules: DeliveryRules?
    private var held: HeldSearch?

    /// How far held sends were looked at under the definitions in force.
    private struct HeldSearch {
        /// The record of these definitions.
        var definitions: EventSequence
        /// The number to go on at; nil where all were looked at.
        var next: UInt64?
        /// Whether these are the first definitions under which they are.
        var isFirst: Bool
    }

    /// Opens a store's outbox.
    ///
    /// - Throws: ``DeliveryRefusal`` where the store may not be delivered from, or ``StoreError``.
    public init(_ store: Store, _ options: Options) throws {
        guard try store.emittedSends() == nil else { throw DeliveryRefusal.emits }
        self.store = store
        self.options = options
        outbox = Outbox(tables: store.tables)
        lock = try WriteLock(directory: store.directory)
        // What an earlier process stored last is what this one builds on.
        try StoreError.translating(writing: true) {
            try store.environment.recoverNewestCommit()
        }
    }

    // MARK: A turn

    /// Stores what became of claimed sends, and claims others whose turn has come: one durable commit.
    ///
    /// - Parameters:
    ///   - results: What came of sends claimed before.
    ///   - limit: How many to claim at most.
    ///   - wallTime: The wall clock.
    /// - Returns: What is to be handed over now, and where others stand.
    /// - Throws: ``DeliveryRefusal/held(mark:)`` after a restore, the results being stored, or
    ///   ``StoreError``: then nothing is stored, and the claims stand.
    public func turn(
        noting results: [(claim: Claim, outcome: Outcome)], claiming limit: Int,
        at wallTime: Instant
    ) throws -> Turn {
        var turn = Turn()
        var changes = Outbox.Changes()
        var bounced: Set<RefusedAddress> = []
        for (claim, outcome) in results {
            let after = delivery(after: outcome, of: claim, at: wallTime)
            changes.deliveries.append((claim.number, claim.delivery, after))
            turn.noted.append(after.status)
            guard let result = DeliveryResult(outcome, after) else { continue }
            changes.results.append((claim.number, result))
            if result == .hardBounced {
                bounced.insert(
                    RefusedAddress(partner: claim.partnerNumber, address: claim.send.to?.bytes))
            }
        }
        guard limit > 0 else {
            try store.note(changes)
            return turn
        }
        var round: ClaimRound
        do {
            round = try claim(limit, bounced, wallTime)
        } catch {
            try store.note(changes)
            throw error
        }
        changes.deliveries += round.changes
        changes.nextFresh = round.nextFresh
        try store.note(changes)
        turn.claims = round.claims
        turn.isMoreLikely = round.isMoreLikely
        turn.passedOver = round.passedOver
        return turn
    }

    private func claim(
        _ limit: Int, _ bouncedNow: Set<RefusedAddress>, _ wallTime: Instant
    ) throws -> ClaimRound {
        try store.read { transaction, head in
            if let mark = try store.unreleasedMark(transaction) {
                throw DeliveryRefusal.held(mark: mark)
            }
            let rules = try rules(head, transaction)
            try heads.follow(to: head, store.tables, transaction)
            var bounced = bouncedNow
            for (number, result) in try outbox.results(limit: .max, transaction)
            where result == .hardBounced {
                let send = try transaction.value(store.tables.sends, Key.number(number)) {
                    try StoredSend($0)
                }
                if let send {
                    bounced.insert(RefusedAddress(partner: send.partner, address: send.address))
                }
            }
            let desk = ClaimDesk(
                store: store, rules: rules, heads: heads, bounced: bounced,
                maxAge: options.maxAge, sparedUntil: options.sparedUntil, wallTime: wallTime)
            var round = ClaimRound(desk, outbox, limit: limit)
            try round.lookAtWaiting(transaction)
            try lookAtHeld(&round, rules.catalog.lastChange, transaction)
            try round.lookAtFresh(upTo: head.sends, transaction)
            return round
        }
    }

    private func lookAtHeld(
        _ round: inout ClaimRound, _ definitions: EventSequence,
        _ transaction: borrowing ReadTransaction
    ) throws {
        var search = HeldSearch(definitions: definitions, next: 0, isFirst: held == nil)
        if let held, held.definitions == definitions { search = held }
        guard let next = search.next else { return }
        search.next = try round.lookAtHeld(
            from: next, limit: options.heldATurn, isFirst: search.isFirst, transaction)
        held = search
    }

    /// The definitions in force, read anew where there is a new definition record.
    private func rules(
        _ head: Head, _ transaction: borrowing ReadTransaction
    ) throws -> DeliveryRules {
        let lastChange = try DefinitionHistory.last(store.tables, transaction)
        if let rules, rules.catalog.lastChange == lastChange { return rules }
        let read = try DeliveryRules(store.tables, head, transaction)
        rules = read
        return read
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
        func tryAgain(after length: Int64 = 0, orEndAs end: Delivery.Status = .failed) {
            if claim.attempt >= options.attemptsMax {
                after.status = end
            } else {
                wait(max(options.delay(claim.attempt, claim.send.id), length))
            }
        }
        switch outcome {
        case .delivered(let detail):
            after.status = .delivered
            after.detail = Name(detail)
        case .refused(let detail, _), .unrenderable(let detail):
            after.status = .failed
            after.detail = Name(detail)
        case .postponed(let detail):
            after.attempts = claim.attempt - 1
            after.detail = Name(detail)
            wait(0)
        case .refusedForNow(let detail, let length):
            after.detail = Name(detail)
            tryAgain(after: length)
        case .unknown(let detail):
            after.detail = Name(detail)
            // Only an automation's mail may arrive twice, and what is in doubt to the last is no failure (SPEC 10).
            if claim.send.kind == .workflow {
                after.status = .unknown
            } else {
                tryAgain(orEndAs: .unknown)
            }
        }
        return after
    }

    // MARK: Waiting

    /// Whether a turn would find something to look at, up to an instant of wall time.
    public func hasWork(at wallTime: Instant) throws -> Bool {
        try store.read { transaction, head in
            let isFresh = try outbox.nextFresh(transaction) < head.sends
            let isDue = try outbox.firstDue(transaction).map { $0 <= wallTime } ?? false
            let isSearched = held?.next == nil
            return try isFresh || isDue || !isSearched
                || held?.definitions != DefinitionHistory.last(store.tables, transaction)
        }
    }

    /// Wall time at which the next send that waits is due; nil where none waits.
    public func nextDue() throws -> Instant? {
        try store.read { transaction, _ in try outbox.firstDue(transaction) }
    }
}

/// Why nothing may be delivered from a store.
public enum DeliveryRefusal: Error, Sendable, Equatable {
    /// `ingest --emit sends` hands its sends out, or does so just now.
    case emits
    /// The store was restored, or imported, and the operator has not released it yet.
    case held(mark: EventSequence)
    /// There is nothing to release.
    case nothingHeld
    /// Another process delivers.
    case busy
}
