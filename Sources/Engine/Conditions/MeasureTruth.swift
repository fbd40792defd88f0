import Core

/// Sums over windows that move with time (SPEC 4, "Window").
///
/// A point of a series counts from the coordinate at which it enters the window until the one at
/// which it leaves; both grow with the point's key. The coordinate is the local day D for calendar
/// windows and `now` in microseconds for rolling ones.
private struct MovingWindow {
    enum Shape {
        /// Enters `from` later, leaves after `to` more; `to` is nil where nothing ever leaves.
        case shifted(from: Int64, to: Int64?)
        case lastMonths(Int)
    }

    var shape: Shape

    func enters(_ key: Int64) -> Int64 {
        switch shape {
        case .shifted(let from, _): key + from
        case .lastMonths: key
        }
    }

    func leaves(_ key: Int64) -> Int64 {
        switch shape {
        case .shifted(_, let to): to.map { key + $0 } ?? .max
        case .lastMonths(let months):
            Int64(Day(number: Int32(clamping: key)).lastDayReachingBack(months: months).number)
                + 1
        }
    }
}

extension EvaluationTime {
    /// Whether a comparison holds for the sum over a window, and when that changes by itself.
    ///
    /// The walk goes from one change of the sum to the next until the comparison flips; sums need
    /// not be monotone, because reversals are negative.
    ///
    /// - Parameter joined: The partner's original joined instant.
    func truth(
        of comparison: Comparison, over window: Window, in series: Series, joined: Instant?
    ) -> Truth {
        var fixed = 0..<series.points.count
        let moving: MovingWindow
        var position = Int64(today.number)
        switch window {
        case .allTime, .date(.isSet):
            return .always(comparison.holds(for: series.total(series.points.count)))
        case .date(.dates(let from, let to)):
            return .always(comparison.holds(for: sum(series, from: from, to: to)))
        case .daysAfterJoining(let from, let to):
            guard let joined else { return .no }
            let day = zone.day(of: joined)
            return .always(
                comparison.holds(
                    for: sum(series, from: day.adding(days: from), to: day.adding(days: to))))
        case .sinceOriginalJoined:
            guard let joined else { return .no }
            let first = Int64(zone.day(of: joined).number)
            fixed = series.count { $0 < first }..<series.points.count
            moving = MovingWindow(shape: .shifted(from: 0, to: nil))
        case .date(.daysAgo(let from, let to)):
            moving = MovingWindow(shape: .shifted(from: Int64(from), to: Int64(to) + 1))
        case .date(.moreThanDaysAgo(let days)):
            moving = MovingWindow(shape: .shifted(from: Int64(days) + 1, to: nil))
        case .date(.lastMonths(let months)):
            moving = MovingWindow(shape: .lastMonths(Int(months)))
        case .date(.within(let length)):
            position = now.microseconds
            moving = MovingWindow(shape: .shifted(from: 0, to: length))
        case .date(.longerAgoThan(let length)):
            position = now.microseconds
            moving = MovingWindow(shape: .shifted(from: length, to: nil))
        }

        // The points entered..<left counted from the front: those that have entered, without those
        // that have left.
        var entered = max(fixed.lowerBound, series.count { moving.enters($0) <= position })
        var left = max(fixed.lowerBound, series.count { moving.leaves($0) <= position })
        let value = comparison.holds(for: series.total(entered) - series.total(left))
        while true {
            var next = Int64.max
            if entered < fixed.upperBound { next = moving.enters(series.points[entered].key) }
            if left < fixed.upperBound {
                next = min(next, moving.leaves(series.points[left].key))
            }
            guard next < .max else { return .always(value) }
            while entered < fixed.upperBound,
                moving.enters(series.points[entered].key) <= next
            {
                entered += 1
            }
            while left < entered, moving.leaves(series.points[left].key) <= next { left += 1 }
            if comparison.holds(for: series.total(entered) - series.total(left)) != value {
                let horizon =
                    window.isRolling
                    ? Instant(microseconds: next)
                    : zone.start(of: Day(number: Int32(clamping: next)))
                return Truth(value: value, horizon: horizon)
            }
        }
    }

    private func sum(_ series: Series, from: Day?, to: Day?) -> Int128 {
        let start = from.map { day in series.count { $0 < Int64(day.number) } } ?? 0
        let end =
            to.map { day in series.count { $0 <= Int64(day.number) } } ?? series.points.count
        return start < end ? series.total(end) - series.total(start) : 0
    }
}

extension Window {
    /// Whether the window needs the instants of activity rather than their local days.
    var isRolling: Bool {
        if case .date(let condition) = self { condition.isRolling } else { false }
    }
}
