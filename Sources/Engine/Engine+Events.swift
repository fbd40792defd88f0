import Core

/// What an event does to its partner (SPEC 2), and which leaves that can touch.
extension Engine {
    /// Applies an event of a given depth, evaluates the partner once, and fires what that triggers.
    mutating func process(_ event: Event, partner: PartnerNumber, depth: Int) {
        let index = Int(partner)
        let isNew = partners[index].isUntouched
        let wasReachable = partners[index].isReachable
        let hadAddress = partners[index].address != nil
        scratch.touched.removeAll(keepingCapacity: true)
        fold(event, into: index)
        if partners[index].isReachable != wasReachable
            || (partners[index].address != nil) != hadAddress
        {
            updateReachability(partner, hadAddress: hadAddress)
        }
        let moved: Range<Int>
        if isNew {
            moved = evaluateAll(partner, byDefinition: false)
        } else {
            moved = evaluateTouched(partner)
        }
        var firings: [Firing] = []
        if case .tagAssigned(let tag) = event.content {
            appendFirings(on: .tagAssigned(tag), partner, causedAt: event.time, to: &firings)
        }
        appendFirings(of: moved, causedAt: event.time, to: &firings)
        fire(firings, depth: depth)
    }

    private mutating func touch(_ leaves: [Int]) {
        scratch.touched.append(contentsOf: leaves)
    }

    /// Takes an event into its partner's facts, and notes which leaves that can touch.
    mutating func fold(_ event: Event, into index: Int) {
        let order = FactOrder(time: event.time, sequence: sequence)
        partners[index].isUntouched = false
        switch event.content {
        case .partnerUpdated(let update):
            fold(update, order, into: index)
        case .relationshipChanged(let stage):
            foldStage(stage, order, into: index)
        case .contractChanged(let contract, let stage, let term):
            partners[index].setContract(contract, stage: stage, term: term, order)
            touch(rules.dispatch.contract)
        case .partnerJoined(let contract, let term):
            foldStage(.joined, order, into: index)
            partners[index].setContract(contract, stage: .joined, term: term, order)
            touch(rules.dispatch.contract)
        case .applicationSubmitted(let contract, let term):
            partners[index].setContract(
                contract, stage: .awaitingAdvertiserApproval, term: term, order)
            touch(rules.dispatch.contract)
        case .tagAssigned(let tag):
            partners[index].setTag(tag, isOn: true, order)
            touch(rules.dispatch.tag(tag))
        case .tagRemoved(let tag):
            partners[index].setTag(tag, isOn: false, order)
            touch(rules.dispatch.tag(tag))
        case .groupJoined(let group):
            partners[index].setGroup(group, isIn: true, order)
            touch(rules.dispatch.group(group))
        case .groupLeft(let group):
            partners[index].setGroup(group, isIn: false, order)
            touch(rules.dispatch.group(group))
        case .email(let activity, _, _):
            foldConsent(activity, order, into: index)
            add(event, to: index)
        case .actionRecorded, .actionReversed:
            add(event, to: index)
            // The dispatch names each leaf on revenue or actions once; what adding touched has those on both twice.
            scratch.touched.removeAll(keepingCapacity: true)
            touch(rules.dispatch.action)
        case .clickRecorded, .customRecorded:
            add(event, to: index)
        }
    }

    private mutating func foldStage(
        _ stage: RelationshipStage, _ order: FactOrder, into index: Int
    ) {
        let joined = partners[index].originalJoined
        partners[index].setStage(stage, order)
        touch(rules.dispatch.stage)
        if partners[index].originalJoined != joined || scratch.touchesUnchanged {
            touch(rules.dispatch.joining)
        }
    }

    private mutating func fold(_ update: PartnerUpdate, _ order: FactOrder, into index: Int) {
        switch update.name {
        case .unchanged: break
        case .removed: partners[index].setName(nil, order)
        case .set(let text): partners[index].setName(text, order)
        }
        if update.name != .unchanged { touch(rules.dispatch.name) }
        switch update.email {
        case .unchanged: break
        case .removed: partners[index].setAddress(nil, order)
        case .set(let text): partners[index].setAddress(text, order)
        }
        partners[index].attributes.makeRoom(forFirst: update.attributes.count)
        for (name, value) in update.attributes {
            partners[index].attributes.set(name, value, order)
            touch(rules.dispatch.attribute(name))
        }
    }

    private mutating func foldConsent(
        _ activity: EmailEvent, _ order: FactOrder, into index: Int
    ) {
        switch activity {
        case .unsubscribed: partners[index].setConsent(.unsubscribed, order)
        case .complained: partners[index].setConsent(.complained, order)
        case .resubscribed: partners[index].setConsent(.resubscribed, order)
        case .hardBounced: partners[index].setHardBounce(order)
        case .delivered, .opened, .clicked, .softBounced: break
        }
    }

    /// Adds an event's activity to the series that count it, and touches the leaves that look there.
    mutating func add(_ event: Event, to index: Int) {
        switch event.content {
        case .actionRecorded(let amount):
            for slot in rules.dispatch.revenueSlots { add(Int128(amount), event.time, slot, index) }
            for slot in rules.dispatch.actionSlots { add(1_000_000, event.time, slot, index) }
        case .actionReversed(let amount, let original):
            for slot in rules.dispatch.revenueSlots { add(-Int128(amount), original, slot, index) }
            for slot in rules.dispatch.actionSlots { add(-1_000_000, original, slot, index) }
        case .clickRecorded(let count):
            for slot in rules.dispatch.clickSlots {
                add(Int128(count) * 1_000_000, event.time, slot, index)
            }
        case .email(let happened, let source, let send):
            guard let activity = EmailActivity(happened) else { return }
            if let send {
                let result = EmailResult(
                    send: send, activity: activity, source: source,
                    order: FactOrder(time: event.time, sequence: sequence))
                addResult(result, index)
            } else {
                addEmail(activity, source: source, at: event.time, index)
            }
        case .customRecorded(let name, let properties):
            let time = evaluationTime
            for (slot, matcher) in rules.dispatch.customSlots {
                guard let moments = matcher.match(name, properties, texts: texts, at: time)
                else { continue }
                if matcher.conditions.isEmpty {
                    add(1_000_000, event.time, slot, index)
                } else if isKept(slot) {
                    partners[index].occurrences.append(
                        Occurrence(slot: slot.number, time: event.time, moments: moments))
                    touch(rules.dispatch.measure(slot))
                }
            }
        default: break
        }
    }

    /// Counts a send's result once, at the earliest of the events that tell of it (SPEC 10).
    private mutating func addResult(_ result: EmailResult, _ index: Int) {
        let known = partners[index].results.firstIndex {
            $0.send == result.send && $0.activity == result.activity
        }
        // What is not counted would be without the event that is: its leaves are touched too.
        for slot in emailSlots(of: result.activity, source: result.source) {
            touch(rules.dispatch.measure(slot))
        }
        if let known {
            let counted = partners[index].results[known]
            if unfilledSlots.isEmpty {
                guard result.order < counted.order else { return }
                partners[index].results[known] = result
                addEmail(
                    counted.activity, source: counted.source, at: counted.order.time, index,
                    value: -1_000_000)
            } else if result.order != counted.order {
                return
            }
        } else {
            partners[index].results.append(result)
        }
        addEmail(result.activity, source: result.source, at: result.order.time, index)
    }

    /// The series that count an activity of a source's mail.
    private func emailSlots(
        of activity: EmailActivity, source: TextID?
    ) -> [LeafDispatch.SeriesSlot] {
        rules.dispatch.emailSlots.filter {
            $0.activity == activity && ($0.source == nil || $0.source == source)
        }.map(\.slot)
    }

    mutating func addEmail(
        _ activity: EmailActivity, source: TextID?, at time: Instant, _ index: Int,
        value: Int128 = 1_000_000
    ) {
        for slot in emailSlots(of: activity, source: source) { add(value, time, slot, index) }
    }

    private mutating func add(
        _ value: Int128, _ time: Instant, _ slot: LeafDispatch.SeriesSlot, _ index: Int
    ) {
        guard isKept(slot) else { return }
        let key = slot.byInstant ? time.microseconds : Int64(zone.day(of: time).number)
        partners[index].activity.add(value, at: key, to: slot.number)
        touch(rules.dispatch.measure(slot))
    }

    /// Whether a slot takes what is added: while new measures are being filled, only theirs do.
    @inline(__always)
    private func isKept(_ slot: LeafDispatch.SeriesSlot) -> Bool {
        unfilledSlots.isEmpty || unfilledSlots.contains(slot.number)
    }
}

extension EmailActivity {
    /// The activity that an email event counts as, if any.
    init?(_ event: EmailEvent) {
        switch event {
        case .delivered: self = .delivered
        case .opened: self = .opened
        case .clicked: self = .clicked
        case .hardBounced, .softBounced: self = .bounced
        case .complained, .unsubscribed, .resubscribed: return nil
        }
    }
}
