import Foundation

/// Instants as microseconds since 1970-01-01T00:00:00Z, read from and written as RFC 3339.
public enum Instants {
    /// One second.
    public static let second: Int64 = 1_000_000
    /// One minute.
    public static let minute: Int64 = 60 * second
    /// One hour.
    public static let hour: Int64 = 60 * minute
    /// 24 hours.
    public static let day: Int64 = 24 * hour

    /// Reads a date-time with `Z` or an offset, cut to the microsecond; nil for anything else.
    public static func parse(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        func digits(_ range: Range<Int>) -> Int? {
            guard range.upperBound <= bytes.count else { return nil }
            var value = 0
            for byte in bytes[range] {
                guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
                value = value * 10 + Int(byte - UInt8(ascii: "0"))
            }
            return value
        }
        func isAt(_ index: Int, _ letters: String) -> Bool {
            index < bytes.count && letters.utf8.contains(bytes[index])
        }
        guard bytes.count >= 20, let date = Civil.parse(String(text.prefix(10))),
            isAt(10, "Tt"), isAt(13, ":"), isAt(16, ":"),
            let hours = digits(11..<13), let minutes = digits(14..<16),
            let seconds = digits(17..<19), hours < 24, minutes < 60, seconds < 60
        else { return nil }
        var index = 19
        var micros = 0
        if isAt(index, ".") {
            index += 1
            var place = 100_000
            let first = index
            while let digit = digits(index..<(index + 1)) {
                micros += digit * place
                place /= 10
                index += 1
            }
            guard index > first, index - first <= 9 else { return nil }
        }
        var offset: Int64 = 0
        if isAt(index, "Zz") {
            index += 1
        } else {
            guard isAt(index, "+-"), isAt(index + 3, ":"),
                let offsetHours = digits((index + 1)..<(index + 3)),
                let offsetMinutes = digits((index + 4)..<(index + 6)),
                offsetHours < 24, offsetMinutes < 60
            else { return nil }
            offset = Int64(offsetHours) * hour + Int64(offsetMinutes) * minute
            if isAt(index, "-") { offset = -offset }
            index += 6
        }
        guard index == bytes.count else { return nil }
        return Int64(date) * day + Int64(hours) * hour + Int64(minutes) * minute
            + Int64(seconds) * second + Int64(micros) - offset
    }

    /// Writes an instant in UTC, or as local time at an offset of whole minutes.
    public static func text(_ instant: Int64, offsetMinutes: Int = 0) -> String {
        let local = instant + Int64(offsetMinutes) * minute
        let date = Civil.text(Int(floorDivided(local, by: day)))
        var rest = local - floorDivided(local, by: day) * day
        func padded(_ value: Int64, _ width: Int) -> String {
            let digits = String(value)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let hours = rest / hour
        rest %= hour
        var text = date + "T" + padded(hours, 2) + ":" + padded(rest / minute, 2)
        rest %= minute
        text += ":" + padded(rest / second, 2)
        var micros = padded(rest % second, 6)
        while micros.hasSuffix("0") { micros.removeLast() }
        if !micros.isEmpty { text += "." + micros }
        guard offsetMinutes != 0 else { return text + "Z" }
        let size = Int64(abs(offsetMinutes))
        return text + (offsetMinutes < 0 ? "-" : "+") + padded(size / 60, 2) + ":"
            + padded(size % 60, 2)
    }
}

/// Dates as the number of days since 1970-01-01.
public enum Civil {
    /// Days before the first of January of a year, counted from year 0.
    private static func daysBefore(year: Int) -> Int {
        let last = year - 1
        return 365 * year + last / 4 - last / 100 + last / 400
    }

    /// The length of a month from 1 to 12.
    public static func length(year: Int, month: Int) -> Int {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    }

    /// The number of a date.
    public static func number(year: Int, month: Int, day: Int) -> Int {
        var days = daysBefore(year: year) - daysBefore(year: 1970) + day - 1
        for earlier in 1..<month {
            days += length(year: year, month: earlier)
        }
        return days
    }

    /// Year, month and day of a number.
    public static func parts(_ number: Int) -> (year: Int, month: Int, day: Int) {
        var year = 1970 + number / 366
        while Civil.number(year: year, month: 1, day: 1) > number { year -= 1 }
        while Civil.number(year: year + 1, month: 1, day: 1) <= number { year += 1 }
        var month = 1
        var rest = number - Civil.number(year: year, month: 1, day: 1)
        while rest >= length(year: year, month: month) {
            rest -= length(year: year, month: month)
            month += 1
        }
        return (year, month, rest + 1)
    }

    /// The date `months` months earlier, held at the end of a shorter month (SPEC 4).
    public static func monthsBefore(_ number: Int, months: Int) -> Int {
        let date = parts(number)
        let index = date.year * 12 + (date.month - 1) - months
        let (year, month) = (index / 12, index % 12 + 1)
        let day = min(date.day, length(year: year, month: month))
        return Civil.number(year: year, month: month, day: day)
    }

    /// Reads `2026-03-01`; nil for anything else.
    public static func parse(_ text: String) -> Int? {
        let bytes = Array(text.utf8)
        guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-")
        else { return nil }
        var fields: [Int] = []
        for range in [0..<4, 5..<7, 8..<10] {
            var value = 0
            for byte in bytes[range] {
                guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
                value = value * 10 + Int(byte - UInt8(ascii: "0"))
            }
            fields.append(value)
        }
        guard fields[0] >= 1, (1...12).contains(fields[1]),
            fields[2] >= 1, fields[2] <= length(year: fields[0], month: fields[1])
        else { return nil }
        return number(year: fields[0], month: fields[1], day: fields[2])
    }

    /// Writes `2026-03-01`.
    public static func text(_ number: Int) -> String {
        let date = parts(number)
        func padded(_ value: Int, _ width: Int) -> String {
            let digits = String(value)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return padded(date.year, 4) + "-" + padded(date.month, 2) + "-" + padded(date.day, 2)
    }
}

/// Division that rounds down, also below zero.
func floorDivided(_ value: Int64, by divisor: Int64) -> Int64 {
    let quotient = value / divisor
    return value % divisor < 0 ? quotient - 1 : quotient
}
