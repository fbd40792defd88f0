public import Core

/// Rules that change, definitions (SPEC 5) and those of the time zone (SPEC 1): what new measures count of the
/// past is filled in, and everybody moves.
extension Engine {
    /// Takes in a definition record's changes, effective at once (SPEC 5).
    ///
    /// Fires nothing.
    ///
    /// - Parameters:
    ///   - changes: What comes into force, and what is retired.
    ///   - endingHistory: Whether history ends, as with every record that is none (SPEC 3); not so
    ///     for definitions that no record of a log brings.
    ///   - fetch: Gives the stored state of absent partners: all are evaluated.
    ///   - fillAll: Is asked where the new definitions look at a measure that was not kept, to give every event and
    ///     send of the log so far to `fill`.
    /// - Throws: What `fetch` and `fillAll` throw; the engine is of no more use then.
    public mutating func define(
        _ changes: [DefinitionChange], endingHistory: Bool = true,
        fetching fetch: (PartnerNumber) throws -> PartnerState,
        filling fillAll: (inout Engine) throws -> Void
    ) rethrows {
        try admitAll(fetching: fetch)
        beginRules(endingHistory: endingHistory)
        registry.apply(changes, at: now)
        let kept = rules.slots.entries.count
        rules = RuleSet(registry, slots: rules.slots, texts: &texts)
        // The leaves have other places now.
        for partner in partners.indices where !partners[partner].occurrenceSpans.isEmpty {
            partners[partner].occurrenceSpans = [:]
        }
        try refill(Set(kept..<rules.slots.entries.count), fillAll)
        evaluateEverybody()
    }

    /// Takes in new rules of the program's time zone, in force from `now` (SPEC 1); up to there they say
    /// what the rules so far said.
    ///
    /// Fires nothing.
    ///
    /// - Parameters:
    ///   - rules: The new rules.
    ///   - fetch: Gives the stored state of absent partners: all are evaluated.
    ///   - fillAll: Is asked where something is kept that hangs on days of which the new rules may make others
    ///     (``countedByDays(movedTo:)``), to give every event and send so far to `fill`.
    /// - Throws: What `fetch` and `fillAll` throw; the engine is of no more use then.
    public mutating func takeTimeZone(
        _ rules: ZoneRules, fetching fetch: (PartnerNumber) throws -> PartnerState,
        filling fillAll: (inout Engine) throws -> Void
    ) rethrows {
        try admitAll(fetching: fetch)
        beginRules(endingHistory: true)
        let stale = countedByDays(movedTo: rules)
        zone = rules
        nextHour = .unset
        if now != .unset { today = zone.day(of: now) }
        if !stale.isEmpty {
            for partner in partners.indices where partners[partner].forgetCounts(of: stale) {
                changedPartners.insert(PartnerNumber(partner))
            }
        }
        try refill(stale, fillAll)
        evaluateEverybody()
    }

    private mutating func beginRules(endingHistory: Bool) {
        if endingHistory { isInHistory = false }
        appendInput(isHistory: false)
        context = DecisionContext(sequence: sequence, isHistory: false)
    }

    /// The slots whose counts new rules of the time zone may make others: those of custom events of which
    /// the dates that they name decide, and those by local day where something may lie at `now` or, from ahead
    /// of the clock, behind it, and the new rules cut its day elsewhere.
    private func countedByDays(movedTo newer: ZoneRules) -> Set<Int> {
        var slots = Set(
            rules.dispatch.customSlots.filter(\.matcher.hasDates).map(\.slot.number))
        let isByDay = rules.slots.entries.map { $0.map { !$0.key.byInstant } ?? false }
        for partner in partners {
            for point in partner.activity.points
            where isByDay[point.slot] && point.key >= Int64(today.number) {
                let day = Day(number: Int32(clamping: point.key))
                if !zone.agrees(with: newer, on: day, from: now) { slots.insert(point.slot) }
            }
        }
        return slots
    }

    // MARK: Filling new measures

    private mutating func refill(
        _ slots: Set<Int>, _ fillAll: (inout Engine) throws -> Void
    ) rethrows {
        guard !slots.isEmpty, !partners.isEmpty else { return }
        unfilledSlots = slots
        try fillAll(&self)
        unfilledSlots = []
    }

    /// Gives an earlier event to the measures that are being filled.
    ///
    /// - Parameters:
    ///   - event: The event.
    ///   - partner: Its partner.
    ///   - earlier: The record that it is of.
    public mutating func fill(
        _ event: Event, partner: PartnerNumber, sequence earlier: EventSequence
    ) {
        let latest = sequence
        sequence = earlier
        // All is evaluated afterwards: what each of a log's events touches is not collected.
        scratch.touched.removeAll(keepingCapacity: true)
        add(event, to: Int(partner))
        sequence = latest
        changedPartners.insert(partner)
    }

    /// Gives an earlier send that was not suppressed to the measures that are being filled.
    public mutating func fillSend(
        source: SourceNumber, partner: PartnerNumber, at time: Instant
    ) {
        let name = texts.find(registry.sources[Int(source)].id)
        scratch.touched.removeAll(keepingCapacity: true)
        addEmail(.sent, source: name, at: time, Int(partner))
        changedPartners.insert(partner)
    }

    // MARK: Moving everybody

    /// Moves everybody into and out of segments as the rules have it now; fires nothing.
    private mutating func evaluateEverybody() {
        resizeForRules()
        for (segment, position) in rules.positions.enumerated() where position == nil {
            retire(SegmentNumber(segment))
        }
        for partner in partners.indices {
            _ = evaluateAll(PartnerNumber(partner), byDefinition: true)
        }
        recountCandidates()
    }

    private mutating func retire(_ segment: SegmentNumber) {
        for partner in members[Int(segment)].members {
            scratch.changed = [(0, segment, false)]
            members[Int(segment)].set(partner, to: false)
            _ = commitChanges(partner, byDefinition: true)
        }
    }
}
