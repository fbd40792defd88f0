import Core

/// Reads an RFC 3339 timestamp with `Z` or an offset (SPEC 2), truncated to the microsecond.
///
/// A `t` and a `z` may be small; a blank may not stand for the `T`. Second 60 is refused, as is
/// what lies, in UTC, before 1970 or after 9999.
///
/// - Parameter text: The whole text, 20 to 35 bytes.
/// - Returns: The instant, in microseconds since 1970-01-01T00:00:00Z.
/// - Throws: ``WireError`` with the offset of the first byte that does not fit.
public func parseTimestamp(_ text: Span<UInt8>) throws(WireError) -> Instant {
    guard text.count >= 20 else {
        throw WireError(.invalid("a time such as 2026-03-01T15:00:00Z"), offset: text.count)
    }
    let day = try parseCivil(text, yearMin: 0)
    try expect(text[10] | 0x20 == UInt8(ascii: "t"), "T between date and time", 10)
    try expect(text[13] == UInt8(ascii: ":"), ":", 13)
    try expect(text[16] == UInt8(ascii: ":"), ":", 16)
    let hour = try twoDigits(text, 11, max: 23, "an hour from 00 to 23")
    let minute = try twoDigits(text, 14, max: 59, "a minute from 00 to 59")
    let second = try twoDigits(text, 17, max: 59, "a second from 00 to 59")
    var offset = 19
    var microseconds: Int64 = 0
    if text[offset] == UInt8(ascii: ".") {
        offset += 1
        var unit: Int64 = 100_000
        let first = offset
        while offset < text.count, isDigit(text[offset]) {
            try expect(offset - first < 9, "at most 9 digits of a fraction", offset)
            microseconds += Int64(text[offset] - UInt8(ascii: "0")) * unit
            unit /= 10
            offset += 1
        }
        try expect(offset > first, "a digit after the point", offset)
    }
    guard offset < text.count else { throw WireError(.invalid("Z or an offset"), offset: offset) }
    var shift: Int64 = 0
    if text[offset] | 0x20 == UInt8(ascii: "z") {
        offset += 1
    } else {
        let sign = text[offset]
        try expect(
            sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"),
            "Z or an offset such as +01:00",
            offset
        )
        try expect(text.count >= offset + 6, "an offset such as +01:00", text.count)
        try expect(text[offset + 3] == UInt8(ascii: ":"), ":", offset + 3)
        let hours = try twoDigits(text, offset + 1, max: 23, "an offset's hours from 00 to 23")
        let minutes = try twoDigits(text, offset + 4, max: 59, "an offset's minutes")
        shift = (hours * 60 + minutes) * .minute
        if sign == UInt8(ascii: "-") { shift = -shift }
        offset += 6
    }
    try expect(offset == text.count, "nothing after the time", offset)
    let local =
        Int64(day.number) * .day + hour * .hour + minute * .minute + second * .second
        + microseconds
    let instant = Instant(microseconds: local - shift)
    try expect(
        instant.microseconds >= 0 && instant <= .latest,
        "a time from 1970 to 9999 in UTC",
        0
    )
    return instant
}

/// Reads a plain date `YYYY-MM-DD` of the proleptic Gregorian calendar, from 0001 to 9999.
///
/// - Parameter text: The whole text, 10 bytes.
/// - Returns: The day.
/// - Throws: ``WireError`` with the offset of the first byte that does not fit.
public func parseDate(_ text: Span<UInt8>) throws(WireError) -> Day {
    guard text.count >= 10 else {
        throw WireError(.invalid("a date such as 2026-03-01"), offset: text.count)
    }
    let day = try parseCivil(text, yearMin: 1)
    try expect(text.count == 10, "nothing after the date", 10)
    return day
}

@inline(__always)
private func expect(
    _ condition: Bool,
    _ expected: @autoclosure () -> String,
    _ offset: Int
) throws(WireError) {
    guard condition else { throw WireError(.invalid(expected()), offset: offset) }
}

@inline(__always)
private func twoDigits(
    _ text: Span<UInt8>,
    _ offset: Int,
    max: Int64,
    _ expected: @autoclosure () -> String
) throws(WireError) -> Int64 {
    try expect(isDigit(text[offset]), expected(), offset)
    try expect(isDigit(text[offset + 1]), expected(), offset + 1)
    let value = Int64(text[offset] &- 0x30) * 10 + Int64(text[offset + 1] &- 0x30)
    try expect(value <= max, expected(), offset)
    return value
}

/// Reads the first ten bytes as a date.
private func parseCivil(_ text: Span<UInt8>, yearMin: Int64) throws(WireError) -> Day {
    let century = try twoDigits(text, 0, max: 99, "a year of four digits")
    let year = try twoDigits(text, 2, max: 99, "a year of four digits") + century * 100
    try expect(text[4] == UInt8(ascii: "-"), "- after the year", 4)
    let month = try twoDigits(text, 5, max: 12, "a month from 01 to 12")
    try expect(text[7] == UInt8(ascii: "-"), "- after the month", 7)
    let dayOfMonth = try twoDigits(text, 8, max: 31, "a day of the month")
    guard year >= yearMin, let day = Day(year: Int(year), month: Int(month), day: Int(dayOfMonth))
    else { throw WireError(.invalid("a date that exists"), offset: 0) }
    return day
}

extension [UInt8] {
    /// Appends an instant as RFC 3339 in UTC, with a fraction only where there is one (SPEC 7).
    ///
    /// - Parameter instant: From year 0 to 9999.
    public mutating func append(timestamp instant: Instant) {
        let seconds = instant.microseconds.flooredQuotient(by: .second)
        let ofDay = seconds.flooredRemainder(by: 86_400)
        append(date: Day(number: Int32(clamping: seconds.flooredQuotient(by: 86_400))))
        append(UInt8(ascii: "T"))
        append(twoDigits: ofDay / 3600)
        append(UInt8(ascii: ":"))
        append(twoDigits: ofDay / 60 % 60)
        append(UInt8(ascii: ":"))
        append(twoDigits: ofDay % 60)
        append(fraction: UInt32(instant.microseconds - seconds * .second))
        append(UInt8(ascii: "Z"))
    }

    /// Appends a date as `YYYY-MM-DD`.
    ///
    /// - Parameter day: From year 0 to 9999.
    public mutating func append(date day: Day) {
        let (year, month, dayOfMonth) = day.civil
        append(twoDigits: Int64(year / 100))
        append(twoDigits: Int64(year % 100))
        append(UInt8(ascii: "-"))
        append(twoDigits: Int64(month))
        append(UInt8(ascii: "-"))
        append(twoDigits: Int64(dayOfMonth))
    }

    private mutating func append(twoDigits value: Int64) {
        append(UInt8(truncatingIfNeeded: value / 10) &+ UInt8(ascii: "0"))
        append(UInt8(truncatingIfNeeded: value % 10) &+ UInt8(ascii: "0"))
    }
}

/// An instant as RFC 3339 in UTC, with a fraction only where there is one.
public func timestampText(_ instant: Instant) -> String {
    var bytes: [UInt8] = []
    bytes.append(timestamp: instant)
    return String(decoding: bytes, as: UTF8.self)
}

/// A date as `YYYY-MM-DD`.
public func dateText(_ day: Day) -> String {
    var bytes: [UInt8] = []
    bytes.append(date: day)
    return String(decoding: bytes, as: UTF8.self)
}
