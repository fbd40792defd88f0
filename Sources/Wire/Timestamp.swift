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
    let instant: Instant
    do throws(CalendarText.Fault) {
        instant = try CalendarText.instant(text)
    } catch {
        throw WireError(.invalid(error.expected), offset: error.offset)
    }
    guard instant.microseconds >= 0, instant <= .latest else {
        throw WireError(.invalid("a time from 1970 to 9999 in UTC"), offset: 0)
    }
    return instant
}

/// Reads a plain date `YYYY-MM-DD` of the proleptic Gregorian calendar, from 0001 to 9999.
///
/// - Parameter text: The whole text, 10 bytes.
/// - Returns: The day.
/// - Throws: ``WireError`` with the offset of the first byte that does not fit.
public func parseDate(_ text: Span<UInt8>) throws(WireError) -> Day {
    do throws(CalendarText.Fault) {
        return try CalendarText.day(text)
    } catch {
        throw WireError(.invalid(error.expected), offset: error.offset)
    }
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
