/// A condition on a date or instant as seen from now (SPEC 4, "Date condition").
///
/// d is the local date of the instant and D that of `now`. Without a date every condition is false;
/// `is_set: false` has become `not(isSet)`.
public enum DateCondition: Hashable, Sendable, BitwiseCopyable {
    /// D-to ≤ d ≤ D-from: `today`, `days_ago` and `last_days` are all of this form.
    case daysAgo(from: Int32, to: Int32)
    /// D minus so many calendar months ≤ d ≤ D.
    case lastMonths(Int32)
    /// d < D-n.
    case moreThanDaysAgo(Int32)
    /// from ≤ d ≤ to, an open end being nil: `on`, `before`, `after`, `between`.
    case dates(from: Day?, to: Day?)
    case isSet
    /// Rolling: t ≤ now < t + length in microseconds.
    case within(Int64)
    /// Rolling: t + length in microseconds ≤ now.
    case longerAgoThan(Int64)

    /// Whether the condition looks at the instant itself rather than at its local date.
    public var isRolling: Bool {
        switch self {
        case .within, .longerAgoThan: true
        default: false
        }
    }
}

/// Which activity counts (SPEC 4, "Window").
public enum Window: Hashable, Sendable, BitwiseCopyable {
    case allTime
    case date(DateCondition)
    /// Joined date ≤ d ≤ D; the leaf is false for who never joined.
    case sinceOriginalJoined
    /// Joined date + from ≤ d ≤ joined date + to; the leaf is false for who never joined.
    case daysAfterJoining(from: Int32, to: Int32)
}
