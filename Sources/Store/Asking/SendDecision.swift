import Core
import Definitions
import Engine
import LMDB

/// One send's decision, looked at from what was known when it was made.
struct SendDecision {
    let store: Store
    let catalog: Catalog
    let trail: PartnerTrail
    let texts: TextTable
    let index: Int

    private var send: StoredSend { trail.sends[index] }
    private var moment: LogPlace { .sequence(send.sequence) }

    func answer(_ transaction: borrowing ReadTransaction) throws -> SendAnswer {
        let source = try catalog.source(send.source)
        guard let version = catalog.version(source.kind, source.id, at: moment),
            let definition = try catalog.definition(source.kind, source.id, at: moment)
        else {
            throw StoreError.damaged(
                "send \(trail.history.sends[index].number) comes of nothing in force")
        }
        let (cause, history) = try cause(definition, transaction)
        return SendAnswer(
            send: try store.row(
                of: trail.history.sends[index], send, to: trail.history.partner, catalog,
                transaction),
            sourceVersion: version.version, cause: cause, history: history)
    }

    private func cause(
        _ definition: Definition, _ transaction: borrowing ReadTransaction
    ) throws -> (SendAnswer.Cause, PartnerHistory) {
        switch definition {
        case .workflow(let workflow):
            let run = try store.run(
                of: send.source, at: send.decidedAt, try store.head(transaction), catalog,
                transaction)
            guard let run else {
                throw StoreError.damaged("the run of \(workflow.id) that sent is missing")
            }
            let answer = try membership(
                of: workflow.segment, isMember: true, isTrigger: false, transaction)
            return (.run(run, answer), answer.history)
        case .automation(let automation):
            switch automation.trigger {
            case .tagAssigned(let tag):
                let history = known(events: 0, companions: companions(after: 0).count)
                let event = history.events.lastIndex { $0.sequence == send.sequence }
                return (.tag(tag, event: event), history)
            case .segmentEntered(let segment):
                let answer = try membership(
                    of: segment, isMember: true, isTrigger: true, transaction)
                return (.segment(entered: true, answer), answer.history)
            case .segmentLeft(let segment):
                let answer = try membership(
                    of: segment, isMember: false, isTrigger: true, transaction)
                return (.segment(entered: false, answer), answer.history)
            }
        case .program, .template, .segment:
            throw StoreError.damaged("a send comes of \(definition.kind.oneOfThem)")
        }
    }

    /// The membership that the decision saw.
    ///
    /// A decision carries the record that it was made for. What automations did at that instant before
    /// a workflow's snapshot has later sequences, as has what was done after it, so the first point is
    /// taken at which the membership was what the decision shows it to have been; for a trigger the first at which
    /// it became so. What was sent next and leaves it so may have been of the same evaluation, and is counted.
    private func membership(
        of segment: Name, isMember: Bool, isTrigger: Bool,
        _ transaction: borrowing ReadTransaction
    ) throws -> MemberAnswer {
        let definitions = try catalog.definitions(of: segment, at: moment)
        let version = try store.versionInForce(of: segment, at: moment, catalog)
        let zone = try store.zone(at: moment, transaction)
        var wasMember = isTrigger ? try wasMember(of: segment, transaction) : !isMember
        var seen: Explainer?
        var isFound = false
        search: for eventCount in 0...derivedEvents.count {
            for sendCount in 0...companions(after: eventCount).count {
                let explainer = Explainer(
                    known(events: eventCount, companions: sendCount),
                    at: send.decidedAt, definitions: definitions, texts: texts,
                    programName: store.program.name, zone: zone)
                let isNow = explainer.isMember(of: segment)
                defer { wasMember = isNow }
                guard isNow == isMember else {
                    if isFound { break search }
                    continue
                }
                isFound = isFound || wasMember != isNow
                seen = isFound ? explainer : seen ?? explainer
            }
            if isFound { break }
        }
        guard let seen else {
            throw StoreError.damaged(
                "the partner's events do not make the membership in \(segment) that "
                    + "send \(trail.history.sends[index].number) came of")
        }
        var answer = MemberAnswer(segment, version: version, seen)
        answer.lastTransition = try transition(
            of: segment, isMember: isMember, isTrigger: isTrigger,
            upTo: seen.history.events.last?.sequence ?? 0, transaction)
        return answer
    }

    /// Whether the partner was in a segment before the decision's record.
    private func wasMember(
        of segment: Name, _ transaction: borrowing ReadTransaction
    ) throws -> Bool {
        guard let number = catalog.numbers.number(.segment, segment) else { return false }
        // A trigger answers to a transition of its very instant.
        var last: Transition?
        try MembershipHistory.eachTransitionBackwards(
            of: number, of: trail.number, at: .time(send.decidedAt), notBefore: send.decidedAt,
            store.tables, transaction
        ) { transition in
            last = transition
            return transition.sequence >= send.sequence
        }
        return last.map { $0.entered == ($0.sequence < send.sequence) } ?? false
    }

    /// The transition that made the membership what the decision saw.
    ///
    /// An automation answers to one of the very instant. What a run's sends set off carries the run's
    /// record, and the transition behind it one of the derived events before the run.
    private func transition(
        of segment: Name, isMember: Bool, isTrigger: Bool, upTo last: EventSequence,
        _ transaction: borrowing ReadTransaction
    ) throws -> Transition? {
        guard let number = catalog.numbers.number(.segment, segment),
            let first = trail.history.events.first
        else { return nil }
        var later: Transition?
        var found: Transition?
        try MembershipHistory.eachTransitionBackwards(
            of: number, of: trail.number, at: .time(send.decidedAt), notBefore: first.engineTime,
            store.tables, transaction
        ) { transition in
            guard transition.entered == isMember else { return true }
            if transition.sequence > max(send.sequence, last) {
                later = transition
                return true
            }
            found = transition
            return false
        }
        return isTrigger && found?.time != send.decidedAt ? later ?? found : found ?? later
    }

    /// Sends decided before this one, in their order, that it may have seen besides those of earlier records: those
    /// of its own record, and of the first events that follow from it.
    ///
    /// Workflows of one boundary see none of what any of them does (SPEC 3), and automations that answer to one
    /// transition not each other's sends.
    private func companions(after eventCount: Int) -> [PartnerHistory.PastSend] {
        let sends = trail.history.sends.prefix(index)
        let own = trail.history.sends[index]
        let derived = Set(derivedEvents.prefix(eventCount).map(\.sequence))
        let seen = sends.filter { $0.sequence == send.sequence || derived.contains($0.sequence) }
        guard own.source.kind == .automation else {
            return Array(seen.prefix { $0.source.kind == .automation })
        }
        let siblings = seen.reversed().prefix {
            $0.sequence == send.sequence && trigger(of: $0.source) == trigger(of: own.source)
        }
        return seen.dropLast(siblings.count)
    }

    private func trigger(of source: PartnerHistory.Source) -> Trigger? {
        guard
            case .automation(let automation)? = try? catalog.definition(
                source.kind, source.id, at: moment)
        else { return nil }
        return automation.trigger
    }

    /// The partner's events that follow from the decision's record at the same instant.
    private var derivedEvents: [PartnerHistory.PastEvent] {
        trail.history.events.filter {
            $0.sequence > send.sequence && $0.engineTime == send.decidedAt
        }
    }

    /// What was known: the records up to the decision's own, some more of the same instant, and the
    /// sends decided before, with some of those that came of these.
    private func known(events eventCount: Int, companions sendCount: Int) -> PartnerHistory {
        PartnerHistory(
            partner: trail.history.partner,
            events: trail.history.events.filter { $0.sequence <= send.sequence }
                + derivedEvents.prefix(eventCount),
            sends: trail.history.sends.prefix(index).filter { $0.sequence < send.sequence }
                + companions(after: eventCount).prefix(sendCount))
    }
}
