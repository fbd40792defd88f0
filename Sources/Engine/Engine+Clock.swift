public import Core

/// Time passing: boundaries in order, each at its own instant (SPEC 3).
extension Engine {
    var evaluationTime: EvaluationTime {
        EvaluationTime(now: now, today: today, zone: zone)
    }

    /// Advances the clock to an instant and processes every boundary after `now` up to it.
    ///
    /// Setting an unset clock fires none.
    mutating func advanceClock(
        to instant: Instant, isHistory: Bool,
        fetching fetch: (PartnerNumber) throws -> PartnerState
    ) rethrows {
        if now == .unset {
            reach(instant)
            return
        }
        guard instant > now else { return }
        // What lies before the first record that is not history still belongs to it, and what a
        // history record passes on its way comes of it.
        let isHistory = isHistory || isInHistory
        while true {
            if nextHour <= now { nextHour = zone.nextHour(after: now) }
            let hour = nextHour <= instant && hasRunWork ? nextHour : .never
            let boundary = min(dueQueue.first, hour)
            guard boundary <= instant else { break }
            if nextHour < boundary {
                nextHour = zone.nextHour(after: boundary.advanced(byMicroseconds: -1))
            }
            try process(
                boundary: boundary, isTopOfHour: nextHour == boundary, isHistory: isHistory,
                fetching: fetch)
        }
        reach(instant)
    }

    /// The next instant at which something is due, or might be, if no event comes.
    public var nextBoundary: Instant {
        guard now != .unset else { return .never }
        let hour = nextHour > now ? nextHour : zone.nextHour(after: now)
        return min(dueQueue.first, hasRunWork ? hour : .never)
    }

    private mutating func reach(_ instant: Instant) {
        now = instant
        guard zone.start(of: today) > instant || zone.start(of: today.adding(days: 1)) <= instant
        else { return }
        today = zone.day(of: instant)
    }

    private mutating func process(
        boundary: Instant, isTopOfHour: Bool, isHistory: Bool,
        fetching fetch: (PartnerNumber) throws -> PartnerState
    ) rethrows {
        reach(boundary)
        context = DecisionContext(
            sequence: sequence + 1, isHistory: isHistory, isUnrecordedBoundary: true)
        var firings: [Firing] = []
        if dueQueue.first == boundary {
            let due = dueQueue.removeFirst()
            var entries = due[...]
            while let partner = entries.first?.partner {
                let own = entries.prefix { $0.partner == partner }
                for place in own.indices {
                    prefetch(behind: place, of: due.count) { due[$0].partner }
                }
                entries = entries[own.endIndex...]
                try admit(partner, fetching: fetch)
                let moved = evaluate(partner, dueAmong: own)
                appendFirings(of: moved, causedAt: boundary, to: &firings)
            }
        }
        fire(firings, depth: 0)
        drainQueue()
        if isTopOfHour { try runWorkflows(fetching: fetch) }
    }

    /// Appends the boundary's own clock record before the first thing that it decides, so that a
    /// cause stands before its effects (SPEC 3).
    mutating func recordBoundaryIfNeeded() {
        guard context.isUnrecordedBoundary else { return }
        context.isUnrecordedBoundary = false
        append(
            LogRecord(
                sequence: sequence + 1, engineTime: now, isHistory: context.isHistory,
                kind: .boundary, partner: nil))
    }
}
