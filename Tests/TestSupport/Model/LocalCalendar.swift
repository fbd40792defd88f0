import Foundation
import Synchronization

/// The local dates and hours of one time zone from 1970 to 2100 (SPEC 3).
///
/// Local days tile the line: day d begins at the first instant at which the local clock shows d or a
/// later date, and ends where day d + 1 begins. So a date that the zone skips is empty, and a clock
/// put back over midnight does not bring the old day back.
public final class LocalCalendar {
    /// A stretch of time with one offset from UTC, up to the start of the next.
    public struct Period: Sendable {
        /// The first instant.
        public var start: Int64
        /// Local time minus UTC, in microseconds.
        public var offset: Int64
    }

    /// All stretches in order; the first counts from the beginning of time.
    public let periods: [Period]
    private var firstInstants: [Int: Int64] = [:]

    /// Periods of the zones asked for so far: they take far longer to find than a random program to run.
    private static let knownPeriods = Mutex<[String: [Period]]>([:])

    /// A zone's calendar, by the offsets that Foundation has for it.
    public init(timezone: String) {
        if let known = Self.knownPeriods.withLock({ $0[timezone] }) {
            periods = known
        } else {
            let found = Self.periods(of: timezone)
            Self.knownPeriods.withLock { $0[timezone] = found }
            periods = found
        }
    }

    /// Finds a zone's offsets by asking for them every three hours and halving down to the second.
    private static func periods(of timezone: String) -> [Period] {
        guard let zone = TimeZone(identifier: timezone) else {
            preconditionFailure("unknown time zone \(timezone)")
        }
        func offset(_ second: Int) -> Int {
            zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(second)))
        }
        var found = [Period(start: .min, offset: Int64(offset(0)) * Instants.second)]
        var last = offset(0)
        let step = 3 * 3_600
        for second in stride(from: step, to: 4_133_980_800, by: step) {
            let new = offset(second)
            guard new != last else { continue }
            var (before, after) = (second - step, second)
            while after - before > 1 {
                let middle = (before + after) / 2
                if offset(middle) == last { before = middle } else { after = middle }
            }
            found.append(
                Period(
                    start: Int64(after) * Instants.second,
                    offset: Int64(new) * Instants.second
                )
            )
            last = new
        }
        return found
    }

    private func end(ofPeriod index: Int) -> Int64 {
        index + 1 < periods.count ? periods[index + 1].start : .max
    }

    /// The offset in force at an instant.
    public func offset(at instant: Int64) -> Int64 {
        periods[periodIndex(at: instant)].offset
    }

    private func periodIndex(at instant: Int64) -> Int {
        var (low, high) = (0, periods.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if periods[middle].start <= instant { low = middle } else { high = middle }
        }
        return low
    }

    /// The first instant at which the local clock shows this date or a later one.
    public func firstInstant(of date: Int) -> Int64 {
        if let known = firstInstants[date] { return known }
        for (index, period) in periods.enumerated() {
            let midnight = Int64(date) * Instants.day - period.offset
            let instant = max(midnight, period.start)
            if instant < end(ofPeriod: index) {
                firstInstants[date] = instant
                return instant
            }
        }
        preconditionFailure("the last period has no end")
    }

    /// The local date of an instant: the latest one whose first instant is not after it.
    public func date(of instant: Int64) -> Int {
        var date = Int(floorDivided(instant + offset(at: instant), by: Instants.day))
        while firstInstant(of: date) > instant { date -= 1 }
        while firstInstant(of: date + 1) <= instant { date += 1 }
        return date
    }

    /// The first local midnight after an instant.
    public func midnight(after instant: Int64) -> Int64 {
        firstInstant(of: date(of: instant) + 1)
    }

    /// The next instant at which the local clock shows minute 0 of an hour.
    public func topOfHour(after instant: Int64) -> Int64 {
        var index = periodIndex(at: instant)
        var start = instant + 1
        while true {
            let offset = periods[index].offset
            let hours = floorDivided(start + offset + Instants.hour - 1, by: Instants.hour)
            let top = hours * Instants.hour - offset
            if top < end(ofPeriod: index) { return top }
            index += 1
            start = periods[index].start
        }
    }
}
