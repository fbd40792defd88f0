/// An instant with its local date.
struct Dated {
    var instant: Int64
    var date: Int
}

/// The instant for which a condition is evaluated, with the date D.
struct Moment {
    var now: Int64
    var today: Int
    var calendar: LocalCalendar

    init(now: Int64, calendar: LocalCalendar) {
        self.now = now
        self.calendar = calendar
        today = calendar.date(of: now)
    }
}

/// A date condition (SPEC 4).
enum DateTest {
    case daysAgo(from: Int, to: Int)
    case lastMonths(Int)
    case moreThanDaysAgo(Int)
    case on(Int)
    case before(Int)
    case after(Int)
    case between(Int, Int)
    case isSet(Bool)
    case within(Int64)
    case longerAgoThan(Int64)

    init(_ json: JSONValue) {
        // `today` stands alone or as a key that is true.
        if json.text == "today" {
            self = .daysAgo(from: 0, to: 0)
            return
        }
        let (key, value) = json.single
        func date(_ value: JSONValue) -> Int {
            guard let date = Civil.parse(value.text ?? "") else {
                preconditionFailure("a date expected: \(value.written)")
            }
            return date
        }
        switch key {
        case "today": self = .daysAgo(from: 0, to: 0)
        case "days_ago":
            self =
                value.int.map { .daysAgo(from: $0, to: $0) }
                ?? .daysAgo(from: value["from"]?.int ?? 0, to: value["to"]?.int ?? 0)
        case "last_days": self = .daysAgo(from: 0, to: value.int ?? 0)
        case "last_months": self = .lastMonths(value.int ?? 0)
        case "more_than_days_ago": self = .moreThanDaysAgo(value.int ?? 0)
        case "on": self = .on(date(value))
        case "before": self = .before(date(value))
        case "after": self = .after(date(value))
        case "between":
            let ends = value.array ?? []
            self = .between(date(ends[0]), date(ends[1]))
        case "is_set": self = .isSet(value.bool ?? true)
        case "within": self = .within(value.length)
        case "longer_ago_than": self = .longerAgoThan(value.length)
        default: preconditionFailure("unknown date condition \(key)")
        }
    }

    func holds(_ dated: Dated?, at moment: Moment) -> Bool {
        guard let dated else {
            if case .isSet(false) = self { return true }
            return false
        }
        let (date, today) = (dated.date, moment.today)
        switch self {
        case .daysAgo(let from, let to): return today - to <= date && date <= today - from
        case .lastMonths(let months):
            return Civil.monthsBefore(today, months: months) <= date && date <= today
        case .moreThanDaysAgo(let days): return date < today - days
        case .on(let day): return date == day
        case .before(let day): return date < day
        case .after(let day): return date > day
        case .between(let first, let last): return first <= date && date <= last
        case .isSet(let wanted): return wanted
        case .within(let length):
            return dated.instant <= moment.now && moment.now < dated.instant + length
        case .longerAgoThan(let length): return moment.now >= dated.instant + length
        }
    }
}

/// The days over which something is counted.
enum Window {
    case dates(DateTest)
    case allTime
    case sinceOriginalJoined
    case daysAfterJoining(from: Int, to: Int)

    init(_ json: JSONValue?) {
        guard let json, json.text != "all_time" else {
            self = .allTime
            return
        }
        if json["all_time"] != nil {
            self = .allTime
        } else if json["since"] != nil {
            self = .sinceOriginalJoined
        } else if let days = json["days_after_joining"] {
            self = .daysAfterJoining(from: days["from"]?.int ?? 0, to: days["to"]?.int ?? 0)
        } else {
            self = .dates(DateTest(json))
        }
    }

    /// Whether a fact counts.
    func counts(_ dated: Dated, joined: Dated?, at moment: Moment) -> Bool {
        switch self {
        case .dates(let test): return test.holds(dated, at: moment)
        case .allTime: return true
        case .sinceOriginalJoined:
            guard let joined else { return false }
            return joined.date <= dated.date && dated.date <= moment.today
        case .daysAfterJoining(let from, let to):
            guard let joined else { return false }
            return joined.date + from <= dated.date && dated.date <= joined.date + to
        }
    }

    /// Whether the window is reckoned from the day of joining.
    var needsJoining: Bool {
        switch self {
        case .dates, .allTime: false
        case .sinceOriginalJoined, .daysAfterJoining: true
        }
    }
}
