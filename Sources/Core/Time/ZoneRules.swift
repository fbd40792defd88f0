/// A time zone as data: its offset from UTC and every change of it up to 2100 (SPEC 1, central law), and
/// those that a refresh under a later clock has brought.
///
/// Local days tile the line: a day begins at the first instant at which the local calendar shows it
/// or a later date, and ends where the next begins. A date that the zone skips is empty, and a clock
/// that is put back over midnight does not bring the old day back.
public struct ZoneRules: Hashable, Sendable {
    /// One change: from this second since the epoch on, local time is UTC plus the offset in seconds.
    public struct Change: Hashable, Sendable {
        /// Seconds since the epoch from which on the offset holds.
        public let at: Int64
        /// Seconds to add to UTC for local time.
        public let offset: Int32

        /// Makes a change.
        public init(at: Int64, offset: Int32) {
            self.at = at
            self.offset = offset
        }
    }

    /// All of it behind one reference: rules are passed about for every evaluation.
    private final class Table: Sendable {
        let name: String
        let initialOffset: Int32
        let changes: [Change]
        /// First instants of the local days from `firstTabled` on, in microseconds.
        let dayStarts: [Int64]
        /// The stretch of constant offset in which the last tabled day begins: later ones begin there or
        /// behind it, where rules refreshed so late go on to change.
        let lastStretch: Int

        init(
            name: String, initialOffset: Int32, changes: [Change], dayStarts: [Int64],
            lastStretch: Int
        ) {
            self.name = name
            self.initialOffset = initialOffset
            self.changes = changes
            self.dayStarts = dayStarts
            self.lastStretch = lastStretch
        }
    }

    private let table: Table
    private static var firstTabled: Int32 { -2 }
    private static var lastTabled: Int32 { 47_847 }  // 2101-01-01

    /// The zone's name in the tz database, such as `America/New_York`.
    public var name: String { table.name }
    /// The offset before the first change, in seconds.
    public var initialOffset: Int32 { table.initialOffset }
    /// The changes, strictly ascending.
    public var changes: [Change] { table.changes }

    /// Makes rules of a name, the offset before the first change, and the changes in order.
    public init(name: String, initialOffset: Int32, changes: [Change]) {
        var starts: [Int64] = []
        starts.reserveCapacity(Int(Self.lastTabled - Self.firstTabled) + 1)
        var stretch = 0
        for day in Self.firstTabled...Self.lastTabled {
            starts.append(Self.start(of: day, initialOffset, changes, from: &stretch) * .second)
        }
        table = Table(
            name: name, initialOffset: initialOffset, changes: changes, dayStarts: starts,
            lastStretch: stretch)
    }

    /// The second at which a local day begins, or the next day that exists.
    ///
    /// Each stretch of constant offset covers the local seconds from..<to; a day's first instant lies in the
    /// first stretch whose local end is beyond the day's beginning.
    ///
    /// The search begins at a stretch, the first or that of an earlier day, and leaves the one it found.
    private static func start(
        of day: Int32, _ initialOffset: Int32, _ changes: [Change], from stretch: inout Int
    ) -> Int64 {
        let midnight = Int64(day) * 86_400
        while stretch < changes.count {
            let offset = stretch == 0 ? initialOffset : changes[stretch - 1].offset
            if changes[stretch].at + Int64(offset) > midnight { break }
            stretch += 1
        }
        let offset = stretch == 0 ? initialOffset : changes[stretch - 1].offset
        var start = midnight - Int64(offset)
        if stretch > 0 { start = max(start, changes[stretch - 1].at) }
        return start
    }

    /// Compares name, offset and changes; the table of days follows from them.
    public static func == (left: ZoneRules, right: ZoneRules) -> Bool {
        left.name == right.name && left.initialOffset == right.initialOffset
            && left.changes == right.changes
    }

    /// Hashes name, offset and changes.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(initialOffset)
        hasher.combine(changes)
    }

    private var finalOffset: Int32 { changes.last?.offset ?? initialOffset }

    /// The first instant of a local day, or of the next day that exists.
    public func start(of day: Day) -> Instant {
        let index = Int(day.number) - Int(Self.firstTabled)
        if index >= 0, index < table.dayStarts.count {
            return Instant(microseconds: table.dayStarts[index])
        }
        // Attributes name days before all events, such as birthdays.
        var stretch = index < 0 ? 0 : table.lastStretch
        let start = Self.start(of: day.number, initialOffset, changes, from: &stretch)
        return Instant(microseconds: start * .second)
    }

    /// The local day of an instant.
    public func day(of instant: Instant) -> Day {
        let seconds = instant.microseconds.flooredQuotient(by: .second)
        var day = Day(
            number: Int32(
                clamping: (seconds + Int64(finalOffset)).flooredQuotient(by: 86_400)))
        // The estimate is off by at most a day or two, where offsets differ or a day is skipped.
        while start(of: day) > instant { day = day.adding(days: -1) }
        while start(of: day.adding(days: 1)) <= instant { day = day.adding(days: 1) }
        return day
    }

    /// The number of changes at or before a second since the epoch.
    private func changeCount(at second: Int64) -> Int {
        var low = 0
        var high = changes.count
        while low < high {
            let middle = (low + high) / 2
            if changes[middle].at <= second { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The first instant after the given one at which the local clock shows minute 0 of an hour.
    public func nextHour(after instant: Instant) -> Instant {
        var second = instant.microseconds.flooredQuotient(by: .second)
        var passed = changeCount(at: second)
        while true {
            let offset = Int64(passed == 0 ? initialOffset : changes[passed - 1].offset)
            let local = second + offset
            let top = (local.flooredQuotient(by: 3600) + 1) * 3600 - offset
            guard passed < changes.count, changes[passed].at <= top else {
                return Instant(microseconds: top * .second)
            }
            // The offset changes first: the instant of the change may itself show minute 0.
            second = changes[passed].at
            let changed = second + Int64(changes[passed].offset)
            if changed.flooredRemainder(by: 3600) == 0 {
                return Instant(microseconds: second * .second)
            }
            passed += 1
        }
    }
}

extension Int64 {
    /// The quotient rounded towards negative infinity; the divisor is positive.
    @inlinable
    public func flooredQuotient(by divisor: Int64) -> Int64 {
        self >= 0 ? self / divisor : -((-self + divisor - 1) / divisor)
    }

    /// The remainder of the floored quotient, from 0 up to the divisor.
    @inlinable
    public func flooredRemainder(by divisor: Int64) -> Int64 {
        self - flooredQuotient(by: divisor) * divisor
    }
}
