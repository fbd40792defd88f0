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
    /// Changes of a sum that are looked ahead of at most.
    private static var stepsMax: Int { 8 }

    /// Whether a comparison holds for the sum over a window, and when that changes by itself.
    ///
    /// The walk goes from one change of the sum to the next until the comparison flips, or for so many
    /// steps that looking again then costs less; sums need not be monotone, because reversals are
    /// negative.
    ///
    /// - Parameters:
    ///   - comparison: What the sum must meet.
    ///   - window: The days or instants that count.
    ///   - series: The partner's activity of the measure.
    ///   - joined: The partner's original joined instant.
    /// - Returns: The verdict, and until when it holds if no event comes.
    func truth<Series: PointSeries & ~Escapable>(
        of comparison: Comparison, over window: Window, in series: borrowing Series,
        joined: Instant?
    ) -> Truth {
        if series.start == series.end {
            let hasWindow = joined != nil || !window.dependsOnJoining
            return .always(hasWindow && comparison.holds(for: 0))
        }
        var first = series.start
        let moving: MovingWindow
        var position = Int64(today.number)
        switch window {
        case .allTime, .date(.isSet):
            return .always(comparison.holds(for: series.total(before: series.end)))
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
            let day = Int64(zone.day(of: joined).number)
            first = series.firstPlace { $0 < day }
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

        // The oldest key that still counts: binary search compares it with plain numbers.
        let oldest =
            if case .lastMonths(let months) = moving.shape {
                Int64(today.adding(months: -months).number)
            } else if case .shifted(_, .some(let length)) = moving.shape {
                position - length + 1
            } else {
                Int64.min
            }
        // The points left..<entered count: those that have entered, without those that have left.
        var entered = max(first, series.firstPlace { moving.enters($0) <= position })
        var left = max(first, series.firstPlace { $0 < oldest })
        let value = comparison.holds(
            for: series.total(before: entered) - series.total(before: left))
        var steps = 0
        while true {
            var next = Int64.max
            steps += 1
            if entered < series.end { next = moving.enters(series.key(at: entered)) }
            if left < series.end { next = min(next, moving.leaves(series.key(at: left))) }
            guard next < .max else { return .always(value) }
            while entered < series.end, moving.enters(series.key(at: entered)) <= next {
                entered = series.place(after: entered)
            }
            while left < entered, moving.leaves(series.key(at: left)) <= next {
                left = series.place(after: left)
            }
            let sum = series.total(before: entered) - series.total(before: left)
            if steps == Self.stepsMax || comparison.holds(for: sum) != value {
                let horizon =
                    window.isRolling
                    ? Instant(microseconds: next)
                    : zone.start(of: Day(number: Int32(clamping: next)))
                return Truth(value: value, horizon: horizon)
            }
        }
    }

    /// The sum over a window now, in millionths; 0 where the window needs a joining and there is none.
    func sum(
        over window: Window, in series: [Activity.Point], joined: Instant?
    ) -> Int128 {
        var sum: Int128 = 0
        var before: Int128 = 0
        for point in series {
            let instant =
                window.isRolling
                ? Instant(microseconds: point.key)
                : zone.start(of: Day(number: Int32(clamping: point.key)))
            if truth(of: window, for: instant, joined: joined).value { sum += point.total - before }
            before = point.total
        }
        return sum
    }

    private func sum<Series: PointSeries & ~Escapable>(
        _ series: borrowing Series, from: Day?, to: Day?
    ) -> Int128 {
        var start = series.start
        var end = series.end
        if let from { start = series.firstPlace { $0 < Int64(from.number) } }
        if let to { end = series.firstPlace { $0 <= Int64(to.number) } }
        return start < end ? series.total(before: end) - series.total(before: start) : 0
    }
}

extension EvaluationTime {
    /// Whether what happened at an instant lies in a window.
    func truth(of window: Window, for instant: Instant, joined: Instant?) -> Truth {
        switch window {
        case .allTime: return .always(true)
        case .date(let condition): return truth(of: condition, for: instant)
        case .sinceOriginalJoined:
            guard let joined else { return .no }
            let day = zone.day(of: instant)
            guard day >= zone.day(of: joined) else { return .no }
            return day <= today
                ? .always(true) : Truth(value: false, horizon: zone.start(of: day))
        case .daysAfterJoining(let from, let to):
            guard let joined else { return .no }
            let day = zone.day(of: instant)
            let first = zone.day(of: joined)
            return .always(first.adding(days: from) <= day && day <= first.adding(days: to))
        }
    }
}

extension Window {
    /// Whether the window is anchored at the original joining.
    var dependsOnJoining: Bool {
        switch self {
        case .sinceOriginalJoined, .daysAfterJoining: true
        case .allTime, .date: false
        }
    }

    /// Whether the window needs the instants of activity rather than their local days.
    var isRolling: Bool {
        if case .date(let condition) = self { condition.isRolling } else { false }
    }
}
