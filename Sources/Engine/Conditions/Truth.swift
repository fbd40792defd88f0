import Core

/// A verdict, and until when it surely holds if no event comes.
struct Truth {
    /// The verdict now.
    var value: Bool
    /// The earliest later instant at which the verdict could be another; ``Instant/never`` if none.
    var horizon: Instant

    static let no = Truth(value: false, horizon: .never)

    static func always(_ value: Bool) -> Truth {
        Truth(value: value, horizon: .never)
    }

    /// The first instant after another at which a verdict is no longer what it was there; nil where
    /// time alone never changes it, or not before the last instant that an event can have.
    static func nextFlip(after start: Instant, _ truth: (Instant) -> Truth) -> Instant? {
        let first = truth(start)
        var instant = first.horizon
        while instant <= .latest {
            let later = truth(instant)
            if later.value != first.value { return instant }
            instant = later.horizon
        }
        return nil
    }
}

/// The instant at which conditions are evaluated, and the local date it falls on.
struct EvaluationTime {
    var now: Instant
    /// D of SPEC 4.
    var today: Day
    var zone: ZoneRules

    /// True on the days from...to, both ends in.
    func truth(from: Day, to: Day) -> Truth {
        if today < from { return Truth(value: false, horizon: zone.start(of: from)) }
        if today <= to {
            return Truth(value: true, horizon: zone.start(of: to.adding(days: 1)))
        }
        return .no
    }

    /// Whether a date condition holds for an instant, or for the day that it falls on.
    func truth(of condition: DateCondition, for instant: Instant) -> Truth {
        switch condition {
        case .isSet:
            return .always(true)
        case .within(let length):
            let end = instant.advanced(byMicroseconds: length)
            if now < instant { return Truth(value: false, horizon: instant) }
            return now < end ? Truth(value: true, horizon: end) : .no
        case .longerAgoThan(let length):
            let end = instant.advanced(byMicroseconds: length)
            return now < end ? Truth(value: false, horizon: end) : .always(true)
        default:
            return truth(of: condition, for: zone.day(of: instant))
        }
    }

    /// Whether a calendar condition holds for a day.
    private func truth(of condition: DateCondition, for day: Day) -> Truth {
        switch condition {
        case .daysAgo(let from, let to):
            return truth(from: day.adding(days: from), to: day.adding(days: to))
        case .lastMonths(let months):
            return truth(from: day, to: day.lastDayReachingBack(months: Int(months)))
        case .moreThanDaysAgo(let days):
            let first = day.adding(days: days + 1)
            guard today < first else { return .always(true) }
            return Truth(value: false, horizon: zone.start(of: first))
        case .dates(let from, let to):
            return .always((from.map { $0 <= day } ?? true) && (to.map { day <= $0 } ?? true))
        case .isSet, .within, .longerAgoThan:
            return truth(of: condition, for: zone.start(of: day))
        }
    }
}
