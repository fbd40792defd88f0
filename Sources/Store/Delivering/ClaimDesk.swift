import Core
import Definitions
import Engine
import LMDB

/// Decides what to do with a send whose turn has come (SPEC 10).
struct ClaimDesk {
    let deliverer: Deliverer
    let catalog: Catalog
    let head: Head
    let wallTime: Instant

    private var store: Store { deliverer.store }
    private var engine: Engine { deliverer.writer.engine }

    /// Where a send stands now, and the claim on it where it is to be handed over.
    func decide(
        _ number: UInt64, _ before: Delivery?, _ transaction: borrowing ReadTransaction
    ) throws -> (delivery: Delivery?, claim: Deliverer.Claim?) {
        guard
            let send = try transaction.value(
                store.tables.sends, Key.number(number), { try StoredSend($0) })
        else { throw StoreError.damaged("send \(number) is missing") }
        var delivery =
            before ?? Delivery(status: .claimed, attempts: 0, changedAt: wallTime)
        delivery.changedAt = wallTime
        func ended(_ status: Delivery.Status, _ detail: String) -> (Delivery?, Deliverer.Claim?) {
            delivery.status = status
            delivery.detail = Name(detail)
            return (delivery, nil)
        }
        let partner = engine.partnerIDs.name(TextID(number: send.partner))
        let source = try catalog.source(send.source)
        let id = SendID.make(
            program: store.program.name, kind: source.kind, source: source.id, partner: partner,
            ordinal: send.ordinal)
        let state = engine.partners[Int(send.partner)]
        if let known = knownResult(of: SendKey(id: id.span), in: state) {
            return ended(known, "an event of the log tells of it")
        }
        if let reason = try obstacle(source) {
            // What is held already and stays so needs no new row.
            if before?.status == .held { return (nil, nil) }
            return ended(.held, reason)
        }
        if let suppression = state.suppression {
            return ended(.suppressed, SendSuppression(suppression).word)
        }
        let age = wallTime.microseconds - send.decidedAt.microseconds
        if age > deliverer.options.maxAge, !delivery.ignoresAge {
            return ended(.expired, "older than the oldest that is mailed")
        }
        guard let template = try template(of: send) else {
            return ended(.failed, "its template is not in the log")
        }
        delivery.status = .claimed
        delivery.attempts += 1
        let claim = Deliverer.Claim(
            number: number, send: try SendRow(send, id: id, to: partner, catalog),
            delivery: delivery, template: template,
            partner: try fields(of: partner, send, state, transaction),
            settings: try catalog.settings(at: .sequence(head.sequence)))
        return (delivery, claim)
    }

    /// What an event of the log says of a send, such as one that was mailed before a restore.
    private func knownResult(of send: SendKey, in state: PartnerState) -> Delivery.Status? {
        let activities = state.results.filter { $0.send == send }.map(\.activity)
        if activities.isEmpty { return nil }
        return activities == [.bounced] ? .failed : .delivered
    }

    /// Why a source's sends are held.
    private func obstacle(_ source: (kind: DefinitionKind, id: Name)) throws -> String? {
        let now = MembershipHistory.Moment.sequence(head.sequence)
        switch try catalog.definition(source.kind, source.id, at: now) {
        case .workflow(let workflow) where workflow.state == .active: return nil
        case .automation(let automation) where automation.state == .active: return nil
        case nil: return "its \(source.kind.word) is retired"
        default: return "its \(source.kind.word) is not active"
        }
    }

    private func template(of send: StoredSend) throws -> Template? {
        let id = try catalog.templateID(send.template)
        let version = catalog.versions(.template, id).first { $0.version == send.templateVersion }
        guard let canonical = version?.canonical,
            case .template(let template) = try decodeDefinition(kind: .template, bytes: canonical)
                .definition
        else { return nil }
        return template
    }

    /// The partner's fields as they were at the decision.
    private func fields(
        of partner: Name, _ send: StoredSend, _ state: PartnerState,
        _ transaction: borrowing ReadTransaction
    ) throws -> PartnerReport {
        var texts = TextTable()
        // Results that this turn has taken in are no part of the decision, and not stored yet.
        var last = state.lastSequence
        while last > head.sequence { last = try deliverer.writer.recordBefore(last) }
        let events = try PartnerTrail.events(
            from: [last], store.tables, catalog, &texts, transaction)
        let history = PartnerHistory(
            partner: partner,
            events: events.reversed().filter { $0.sequence <= send.sequence }, sends: [])
        var recollection = Recollection(
            programName: store.program.name, zone: engine.zone, definitions: [], texts: texts)
        let number = recollection.learn(history)
        return PartnerReport(
            partner, recollection.partners[Int(number)], recollection.texts)
    }
}
