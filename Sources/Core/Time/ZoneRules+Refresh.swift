/// New rules for a zone whose past stays as it was (SPEC 1, `timezone --refresh`).
extension ZoneRules {
    /// The offset from UTC in seconds that holds at a second since the epoch.
    private func offset(at second: Int64) -> Int32 {
        changes.last { $0.at <= second }?.offset ?? initialOffset
    }

    /// Whether what lies on a local day, at an instant or behind it, lies on the same day of other rules.
    public func agrees(with other: ZoneRules, on day: Day, from instant: Instant) -> Bool {
        let first = max(start(of: day), instant)
        let last = start(of: day.adding(days: 1)).advanced(byMicroseconds: -1)
        return first > last || other.day(of: first) == day && other.day(of: last) == day
    }

    /// These rules up to an instant, and others from there on.
    ///
    /// - Parameters:
    ///   - newer: The rules that hold from the instant on.
    ///   - now: Up to here nothing changes: a local day that has begun began when it did. A clock that
    ///     was never set has no past.
    /// - Returns: The rules in force, under this zone's name; equal to these where nothing differs.
    public func continued(by newer: ZoneRules, from now: Instant) -> ZoneRules {
        guard now != .unset else {
            return ZoneRules(
                name: name, initialOffset: newer.initialOffset, changes: newer.changes)
        }
        let first = -(-now.microseconds).flooredQuotient(by: .second)
        var kept = changes.filter { $0.at < first }
        let candidates =
            [Change(at: first, offset: newer.offset(at: first))]
            + newer.changes.filter { $0.at > first }
        for change in candidates where change.offset != (kept.last?.offset ?? initialOffset) {
            kept.append(change)
        }
        return ZoneRules(name: name, initialOffset: initialOffset, changes: kept)
    }
}
