/// A calendar date of the proleptic Gregorian calendar, as days since 1970-01-01.
///
/// The conversions are `days_from_civil` and `civil_from_days` from Howard Hinnant,
/// "chrono-Compatible Low-Level Date Algorithms".
public struct Day: Hashable, Comparable, Sendable, BitwiseCopyable {
    /// Days since 1970-01-01; negative before it.
    public var number: Int32

    /// Makes a day of its distance from 1970-01-01.
    @inlinable
    public init(number: Int32) {
        self.number = number
    }

    /// Makes a day of year, month (1...12) and day of the month, or nil where there is no such date.
    public init?(year: Int, month: Int, day: Int) {
        guard (1...12).contains(month), day >= 1, day <= Day.length(ofMonth: month, year: year)
        else { return nil }
        self.init(civilYear: year, month: month, day: day)
    }

    private init(civilYear: Int, month: Int, day: Int) {
        let shifted = month <= 2 ? civilYear - 1 : civilYear
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        self.init(number: Int32(era * 146_097 + dayOfEra - 719_468))
    }

    /// Year, month (1...12) and day of the month.
    public var civil: (year: Int, month: Int, day: Int) {
        let shifted = Int(number) + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthIndex + 2) / 5 + 1
        let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    /// Days in a month (1...12) of a year.
    public static func length(ofMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Whether the left day is earlier.
    @inlinable
    public static func < (left: Day, right: Day) -> Bool {
        left.number < right.number
    }

    /// The day so many days later, or earlier if negative.
    @inlinable
    public func adding(days: Int32) -> Day {
        Day(number: number + days)
    }

    /// The same day of the month so many months later, clamped to that month's last day (SPEC 4).
    public func adding(months: Int) -> Day {
        let (year, month, day) = civil
        let (newYear, newMonth) = Day.month(months, after: month, year)
        let clamped = min(day, Day.length(ofMonth: newMonth, year: newYear))
        return Day(civilYear: newYear, month: newMonth, day: clamped)
    }

    private static func month(
        _ distance: Int, after month: Int, _ year: Int
    ) -> (year: Int, month: Int) {
        let total = year * 12 + (month - 1) + distance
        let newYear = total >= 0 ? total / 12 : (total - 11) / 12
        return (newYear, total - newYear * 12 + 1)
    }

    /// The last day D for which D minus `months` calendar months, clamped, is not after this day.
    ///
    /// That is where `last_months` ends (SPEC 4): several month ends can fall on one shorter month's
    /// last day, and all of them reach back to it.
    public func lastDayReachingBack(months: Int) -> Day {
        let (year, month, day) = civil
        let (laterYear, laterMonth) = Day.month(months, after: month, year)
        let length = Day.length(ofMonth: laterMonth, year: laterYear)
        let isLast = day == Day.length(ofMonth: month, year: year)
        return Day(
            civilYear: laterYear, month: laterMonth, day: isLast ? length : min(day, length))
    }
}
