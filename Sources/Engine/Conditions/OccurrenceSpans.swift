import Core

/// A count of custom events of which each counts or not as time passes.
struct OccurrenceCount {
    /// The measure's slot.
    var slot: Int
    /// What the moments that an event names have to meet, in their order.
    var conditions: [DateCondition]
    var window: Window
    var comparison: Comparison
    /// Its place among the matchers, under which a partner keeps when events count.
    var place: Int

    /// So many events are looked at as fast as what is kept of them, and need less room.
    private static var fewMax: Int { 8 }

    /// The verdict on one partner.
    func truth(for partner: inout PartnerState, at time: borrowing EvaluationTime) -> Truth {
        let joined = partner.originalJoined
        if window.dependsOnJoining, joined == nil { return .no }
        let events = partner.occurrences
        guard events.count > Self.fewMax else {
            return truth(for: events, joined: joined, at: time)
        }
        return partner.occurrenceSpans[place, default: OccurrenceSpans()].truth(
            of: self, in: events, joined: joined, at: time)
    }

    /// Looks at each event.
    private func truth(
        for events: [Occurrence], joined: Instant?, at time: borrowing EvaluationTime
    ) -> Truth {
        var count = 0
        var horizon = Instant.never
        for event in events where event.slot == slot {
            let truth = time.truth(
                of: event, meeting: conditions, over: window, joined: joined)
            if truth.value { count += 1 }
            horizon = min(horizon, truth.horizon)
        }
        return Truth(value: comparison.holds(for: Int128(count) * 1_000_000), horizon: horizon)
    }
}

/// When a partner's events count for one such leaf.
///
/// No event after the first look at it is looked at again: from its conditions follow all instants at
/// which they change, and so at which it begins or ceases to count. How many count at an instant, and
/// until when that surely holds, is then found among those, however many events there are.
///
/// It follows from the events, the definitions in force, the rules of the time zone and, for some windows,
/// the joining; it is not stored.
struct OccurrenceSpans {
    private var begins = InstantBag()
    private var ends = InstantBag()
    /// When any condition on any of the events changes.
    private var changes = InstantBag()
    /// How many of the partner's events were looked at.
    private var seenCount = 0
    private var joined: Instant?

    fileprivate mutating func truth(
        of rule: OccurrenceCount, in events: [Occurrence], joined: Instant?,
        at time: borrowing EvaluationTime
    ) -> Truth {
        if rule.window.dependsOnJoining, joined != self.joined {
            self = OccurrenceSpans()
            self.joined = joined
        }
        while seenCount < events.count {
            if events[seenCount].slot == rule.slot {
                add(events[seenCount], rule, joined: joined, time.zone)
            }
            seenCount += 1
        }
        let count = begins.count(upTo: time.now) - ends.count(upTo: time.now)
        return Truth(
            value: rule.comparison.holds(for: Int128(count) * 1_000_000),
            horizon: changes.first(after: time.now))
    }

    /// Goes with the clock from one change of an event's conditions to the next.
    private mutating func add(
        _ event: Occurrence, _ rule: OccurrenceCount, joined: Instant?, _ zone: ZoneRules
    ) {
        var counts = false
        var instant = Instant.earliest
        while instant <= .latest {
            let time = EvaluationTime(now: instant, today: zone.day(of: instant), zone: zone)
            let truth = time.truth(
                of: event, meeting: rule.conditions, over: rule.window, joined: joined)
            if truth.value != counts {
                counts = truth.value
                if counts { begins.insert(instant) } else { ends.insert(instant) }
            }
            instant = truth.horizon
            if instant != .never { changes.insert(instant) }
        }
    }
}

extension EvaluationTime {
    /// Whether an event counts now, and until when none of its conditions changes.
    func truth(
        of event: Occurrence, meeting conditions: [DateCondition], over window: Window,
        joined: Instant?
    ) -> Truth {
        var truth = truth(of: window, for: event.time, joined: joined)
        for (condition, moment) in zip(conditions, event.moments) {
            let part = self.truth(of: condition, for: moment)
            truth.value = truth.value && part.value
            truth.horizon = min(truth.horizon, part.horizon)
        }
        return truth
    }
}
