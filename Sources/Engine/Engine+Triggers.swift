import Core

/// Automations, their actions, and the chains that follow (SPEC 3, 5).
///
/// Triggers of one evaluation fire in order, and what they do is queued first in, first out: sends
/// are decided when the trigger fires, derived events are appended and evaluated one at a time when
/// their turn comes. A partner for whom a send was decided is evaluated again, one level deeper,
/// once all triggers of the evaluation have fired.
extension Engine {
    /// The depth at which triggers are recorded instead of done (SPEC 5).
    static let depthMax = 8

    /// A trigger that some active automation listens to.
    struct Firing {
        var partner: PartnerNumber
        var automation: RuleSet.AutomationRule
        /// The time of the event that caused it.
        var causedAt: Instant
    }

    mutating func appendFirings(
        on trigger: RuleSet.TriggerKey, _ partner: PartnerNumber, causedAt: Instant,
        to firings: inout [Firing]
    ) {
        for automation in rules.automations(on: trigger) {
            firings.append(
                Firing(partner: partner, automation: automation, causedAt: causedAt))
        }
    }

    /// Adds what a stretch of transitions sets off.
    mutating func appendFirings(
        of transitions: Range<Int>, causedAt: Instant, to firings: inout [Firing]
    ) {
        for index in transitions {
            let transition = effects.transitions[index]
            appendFirings(
                on: transition.entered
                    ? .segmentEntered(transition.segment) : .segmentLeft(transition.segment),
                transition.partner, causedAt: causedAt, to: &firings)
        }
    }

    /// Fires the triggers of one evaluation, which come partner by partner in the order of the log.
    mutating func fire(_ firings: [Firing], depth: Int) {
        var mailed: [PartnerNumber] = []
        for firing in firings {
            if depth >= Self.depthMax {
                halt(firing)
            } else if fire(firing, depth: depth), mailed.last != firing.partner {
                mailed.append(firing.partner)
            }
        }
        reevaluate(mailed, depth: depth + 1)
    }

    /// Evaluates partners again for whom sends were decided.
    ///
    /// A send counts from its decision on (SPEC 3), so what it sets off is not late (SPEC 5), however late the event
    /// was that the send came of; as with derived events.
    ///
    /// - Parameters:
    ///   - mailed: The partners, in the order of the log, each once.
    ///   - depth: How deep what follows is.
    mutating func reevaluate(_ mailed: [PartnerNumber], depth: Int) {
        guard !mailed.isEmpty else { return }
        var firings: [Firing] = []
        for partner in mailed {
            scratch.touched.removeAll(keepingCapacity: true)
            for entry in rules.dispatch.emailSlots where entry.activity == .sent {
                scratch.touched.append(contentsOf: rules.dispatch.measure(entry.slot))
            }
            let moved = evaluateTouched(partner)
            appendFirings(of: moved, causedAt: now, to: &firings)
        }
        fire(firings, depth: depth)
    }

    private mutating func halt(_ firing: Firing) {
        recordBoundaryIfNeeded()
        effects.halts.append(
            Halt(
                automation: firing.automation.source, partner: firing.partner, time: now,
                sequence: context.sequence))
    }

    /// Does one automation's actions.
    ///
    /// - Returns: Whether a send that is not suppressed was decided.
    private mutating func fire(_ firing: Firing, depth: Int) -> Bool {
        let rule = firing.automation
        let isStale =
            now.microseconds - firing.causedAt.microseconds > rule.automation.maxAge
        var hasMailed = false
        for action in rule.actions {
            if case .sendEmail(let template, let version) = action {
                let suppressed = suppression(of: firing.partner, isStale: isStale)
                decideSend(
                    rule.source, firing.partner, template: template, version: version,
                    suppressed: suppressed)
                if suppressed == nil { hasMailed = true }
            } else if !isStale {
                enqueue(action, firing.partner, source: rule.source, depth: depth + 1)
            }
        }
        return hasMailed
    }

    /// Why an automation's send to a partner is not mailed; the first reason in the spec's order.
    private func suppression(of partner: PartnerNumber, isStale: Bool) -> SendSuppression? {
        if context.isHistory { return .history }
        if isStale { return .staleTrigger }
        let state = partners[Int(partner)]
        if state.address == nil { return .noAddress }
        return state.suppression.map { SendSuppression($0) }
    }

    mutating func decideSend(
        _ source: SourceNumber, _ partner: PartnerNumber, template: UInt32, version: UInt32,
        suppressed: SendSuppression?
    ) {
        recordBoundaryIfNeeded()
        var mark = partners[Int(partner)].marks.mark(of: source)
        effects.sends.append(
            Send(
                number: sendCount, previous: partners[Int(partner)].lastSend, source: source,
                partner: partner, ordinal: mark.sendCount,
                address: partners[Int(partner)].address, template: template,
                templateVersion: version, decidedAt: now, sequence: context.sequence,
                knownUpTo: sequence, suppressed: suppressed))
        mark.sendCount += 1
        partners[Int(partner)].setMark(mark)
        partners[Int(partner)].lastSend = sendCount
        sendCount += 1
        changedPartners.insert(partner)
        if suppressed == nil {
            let name = texts.find(registry.sources[Int(source)].id)
            addEmail(.sent, source: name, at: now, Int(partner))
        }
    }

    /// Queues the derived events of an action that is not an email.
    mutating func enqueue(
        _ action: CompiledAction, _ partner: PartnerNumber, source: SourceNumber, depth: Int
    ) {
        func enqueue(_ content: EventContent) {
            queue.append(
                QueuedEvent(partner: partner, source: source, depth: depth, content: content))
        }
        switch action {
        case .sendEmail: break
        case .addTag(let tag): enqueue(.tagAssigned(tag))
        case .removeTag(let tag): enqueue(.tagRemoved(tag))
        case .acceptApplication(let terms):
            let waiting = partners[Int(partner)].contracts.filter { contract in
                contract.stage == .awaitingAdvertiserApproval
                    && (terms.map { terms in contract.term.map(terms.contains) ?? false } ?? true)
            }
            for contract in waiting.map(\.contract).sorted(by: { texts.name($0) < texts.name($1) })
            {
                enqueue(.partnerJoined(contract: contract, term: nil))
            }
        }
    }

    /// Appends and evaluates derived events until none is left.
    mutating func drainQueue() {
        guard !queue.isEmpty else { return }
        recordBoundaryIfNeeded()
        let outer = context
        var next = 0
        while next < queue.count {
            let item = queue[next]
            next += 1
            let time = partners[Int(item.partner)].time(ofDerived: item.content, at: now)
            let event = DerivedEvent(
                source: item.source, depth: UInt8(item.depth), content: item.content, time: time)
            append(
                LogRecord(
                    sequence: sequence + 1, engineTime: now, isHistory: context.isHistory,
                    kind: .derived(event), partner: item.partner))
            context.sequence = sequence
            process(
                Event(time: time, content: item.content), partner: item.partner,
                depth: item.depth)
        }
        queue.removeAll(keepingCapacity: true)
        context = outer
    }
}
