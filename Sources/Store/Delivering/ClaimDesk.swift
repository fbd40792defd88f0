import Core
import Definitions
import Engine
import LMDB
import Wire

/// Decides what to do with a send whose turn has come, from the partner's own records (SPEC 10).
struct ClaimDesk {
    let store: Store
    let rules: DeliveryRules
    let heads: ChainHeads
    /// Addresses of partners that have refused mail without a record of it yet.
    let bounced: Set<RefusedAddress>
    /// A send that is older expires; in microseconds.
    let maxAge: Int64
    /// Not so those that were older by this wall time.
    let sparedUntil: Instant?
    let wallTime: Instant

    /// What becomes of a send whose turn has come.
    enum Decision {
        /// It stays where it is.
        case stays
        /// It is not to be mailed, or not now.
        case settled(Delivery)
        case claimed(Deliverer.Claim)
    }

    /// Decides about a send.
    func decide(
        _ number: UInt64, _ before: Delivery?, _ transaction: borrowing ReadTransaction
    ) throws -> Decision {
        guard
            let send = try transaction.value(
                store.tables.sends, Key.number(number), { try StoredSend($0) })
        else { throw StoreError.damaged("send \(number) is missing") }
        var delivery =
            before ?? Delivery(status: .claimed, attempts: 0, changedAt: wallTime)
        delivery.changedAt = wallTime
        func settled(_ status: Delivery.Status, _ detail: Name) -> Decision {
            delivery.status = status
            delivery.detail = detail
            return .settled(delivery)
        }
        let partner = try store.partnerNames([send.partner], transaction)[0]
        let source = try rules.catalog.source(send.source)
        let id = SendID.make(
            program: store.program.name, kind: source.kind, source: source.id, partner: partner,
            ordinal: send.ordinal)
        var file = try PartnerFile(partner, send, self, transaction)
        let fields = file.fieldsAtDecision()
        let state = file.state()
        if let known = Delivery.Status(told: file.news(of: SendKey(id: id.span))) {
            return settled(known, Delivery.told)
        }
        if let reason = try rules.obstacle(send.source) {
            // What is held already and stays so needs no new row.
            return before?.status == .held ? .stays : settled(.held, reason)
        }
        if bounced.contains(RefusedAddress(partner: send.partner, address: send.address)) {
            return settled(.suppressed, Name(SendSuppression(.bounced).word))
        }
        if let suppression = state.suppression {
            return settled(.suppressed, Name(SendSuppression(suppression).word))
        }
        func isTooOld(at instant: Instant) -> Bool {
            instant.microseconds - send.decidedAt.microseconds > maxAge
        }
        if let sparedUntil, isTooOld(at: sparedUntil) { delivery.ignoresAge = true }
        if isTooOld(at: wallTime), !delivery.ignoresAge {
            return settled(.expired, "older than the oldest that is mailed")
        }
        guard let template = try rules.template(of: send) else {
            return settled(.failed, "its template is not in the log")
        }
        delivery.status = .claimed
        delivery.attempts += 1
        return .claimed(
            Deliverer.Claim(
                number: number, partnerNumber: send.partner,
                send: try SendRow(send, id: id, to: partner, rules.catalog), delivery: delivery,
                template: template, partner: fields, settings: try rules.settings(of: send)))
    }
}

/// An address of a partner that refused a mail for good: another address of the same partner has not.
struct RefusedAddress: Hashable {
    var partner: PartnerNumber
    var address: [UInt8]?
}

/// A partner's records, put together up to a decision and then up to now.
private struct PartnerFile {
    private let partner: Name
    /// How many of the events the decision saw.
    private let seenCount: Int
    private let events: [PartnerHistory.PastEvent]
    private var recollection: Recollection
    private let number: PartnerNumber

    init(
        _ partner: Name, _ send: StoredSend, _ desk: ClaimDesk,
        _ transaction: borrowing ReadTransaction
    ) throws {
        self.partner = partner
        let tables = desk.store.tables
        var texts = TextTable()
        let last = try desk.heads.latest(of: send.partner, tables, transaction)
        events = try PartnerTrail.events(
            from: [last], tables, desk.rules.catalog, &texts, transaction
        ).reversed()
        seenCount = events.prefix { $0.sequence <= send.knownUpTo }.count
        recollection = Recollection(
            programName: desk.store.program.name, zone: desk.store.zone, definitions: [],
            texts: texts)
        number = recollection.partner(partner.bytes.span)
    }

    /// The partner's fields as they were at the decision.
    mutating func fieldsAtDecision() -> PartnerReport {
        for past in events.prefix(seenCount) {
            recollection.learn(past.event, of: number, sequence: past.sequence)
        }
        return PartnerReport(partner, recollection.partners[Int(number)], recollection.texts)
    }

    /// What events tell of a send, up to now.
    func news(of send: SendKey) -> [SendNews] {
        events.compactMap { SendNews($0.event, of: number) }.filter { $0.send == send }
    }

    /// The partner's facts now; to be asked for after the fields.
    mutating func state() -> PartnerState {
        for past in events.dropFirst(seenCount) {
            recollection.learn(past.event, of: number, sequence: past.sequence)
        }
        return recollection.partners[Int(number)]
    }
}
