import Core

/// Folding facts into a partner's state, in any order of arrival (SPEC 2).
extension PartnerState {
    mutating func setStage(_ stage: RelationshipStage, _ order: FactOrder) {
        let isLate = stages.last.map { order < $0.order } ?? false
        stages.insertInOrder(StageFact(order: order, stage: stage))
        if stage == .joined { originalJoined = min(order.time, originalJoined ?? order.time) }
        if isLate {
            deriveStage()
        } else if stage != self.stage {
            self.stage = stage
            lastTransition = order.time
        }
    }

    /// Finds current stage, last transition and original joined in the relationship history.
    mutating func deriveRelationship() {
        originalJoined = stages.first { $0.stage == .joined }?.order.time
        deriveStage()
    }

    /// Finds current stage and last transition: equal neighbours are one entry with the time of the first.
    private mutating func deriveStage() {
        guard var index = stages.indices.last else { return }
        stage = stages[index].stage
        while index > 0, stages[index - 1].stage == stage { index -= 1 }
        lastTransition = stages[index].order.time
    }

    mutating func setContract(
        _ contract: TextID, stage: ContractStage, term: TextID?, _ order: FactOrder
    ) {
        let never = FactOrder(time: .unset, sequence: 0)
        var index = 0
        while index < contracts.count, contracts[index].contract != contract { index += 1 }
        if index == contracts.count {
            contracts.append(
                ContractFacts(
                    contract: contract, stage: stage, stageOrder: never, term: nil,
                    termOrder: never))
        }
        if order > contracts[index].stageOrder {
            contracts[index].stage = stage
            contracts[index].stageOrder = order
        }
        if let term, order > contracts[index].termOrder {
            contracts[index].term = term
            contracts[index].termOrder = order
        }
    }

    mutating func setTag(_ tag: TextID, isOn: Bool, _ order: FactOrder) {
        for index in tags.indices where tags[index].tag == tag {
            if order > tags[index].order {
                tags[index].order = order
                tags[index].isOn = isOn
            }
            return
        }
        tags.makeRoom()
        tags.append(TagFact(tag: tag, order: order, isOn: isOn))
    }

    /// The latest assignment of a tag that is on.
    func tagSince(_ tag: TextID) -> Instant? {
        for fact in tags where fact.tag == tag { return fact.isOn ? fact.order.time : nil }
        return nil
    }

    mutating func setGroup(_ group: TextID, isIn: Bool, _ order: FactOrder) {
        groups.insertInOrder(GroupFact(group: group, order: order, isIn: isIn))
    }

    /// Since when the partner is in a group: the first of the joinings that no leaving followed.
    public func groupSince(_ group: TextID) -> Instant? {
        var since: Instant?
        for fact in groups.reversed() where fact.group == group {
            guard fact.isIn else { break }
            since = fact.order.time
        }
        return since
    }

    mutating func setName(_ text: TextID?, _ order: FactOrder) {
        if let name, order < name.order { return }
        name = TextFact(order: order, text: text)
    }

    mutating func setAddress(_ text: TextID?, _ order: FactOrder) {
        // The address that the partner has, said once more, changes nothing.
        let isRepeated = emails.last.map { $0.order < order && $0.text == text } ?? false
        emails.insertInOrder(TextFact(order: order, text: text))
        if !isRepeated { deriveReachability() }
    }

    mutating func setConsent(_ kind: ConsentFact.Kind, _ order: FactOrder) {
        if let consent, order < consent.order { return }
        consent = ConsentFact(kind: kind, order: order)
        deriveReachability()
    }

    mutating func setHardBounce(_ order: FactOrder) {
        if let hardBounce, order < hardBounce { return }
        hardBounce = order
        deriveReachability()
    }

    /// Finds address and suppression: the latest of all counts, but a hard bounce ends when the
    /// address changes, and what it covered holds again (SPEC 2).
    mutating func deriveReachability() {
        address = emails.last?.text
        if let hardBounce, hardBounce > consent?.order ?? FactOrder(time: .unset, sequence: 0),
            !hasChangedAddress(after: hardBounce)
        {
            suppression = .bounced
            return
        }
        switch consent?.kind {
        case .unsubscribed: suppression = .unsubscribed
        case .complained: suppression = .complained
        case .resubscribed, nil: suppression = nil
        }
    }

    private func hasChangedAddress(after order: FactOrder) -> Bool {
        var index = emails.count
        while index > 0, emails[index - 1].order > order {
            index -= 1
            if emails[index].text != (index > 0 ? emails[index - 1].text : nil) { return true }
        }
        return false
    }

    // MARK: Derived events

    /// When an event that the engine derives now counts as having happened: not before what it changes.
    ///
    /// Under the wall clock, events from ahead of it are applied at `now` (SPEC 3): what follows from one would
    /// else be overtaken by it already, and an accepted application go on waiting (SPEC 2, 5).
    func time(ofDerived content: EventContent, at now: Instant) -> Instant {
        switch content {
        case .tagAssigned(let tag), .tagRemoved(let tag):
            return max(now, tags.first { $0.tag == tag }?.order.time ?? now)
        case .partnerJoined(let contract, _):
            let entered = contracts.first { $0.contract == contract }?.stageOrder.time
            return max(now, entered ?? now, stages.last?.order.time ?? now)
        default: return now
        }
    }

    // MARK: Marks

    mutating func setMark(_ mark: SourceMark) {
        if let index = marks.firstIndex(where: { $0.source == mark.source }) {
            marks[index] = mark
        } else {
            marks.makeRoom()
            marks.append(mark)
        }
    }
}

extension [SourceMark] {
    /// What a source has done to the partner so far.
    func mark(of source: SourceNumber) -> SourceMark {
        first { $0.source == source } ?? SourceMark(source: source)
    }
}
