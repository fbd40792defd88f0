/// A date or date-time as text: the forms of RFC 3339 (SPEC 2, 4), in the proleptic Gregorian calendar.
public enum CalendarText {
    /// Why a text is no date or date-time.
    public struct Fault: Error, Sendable, Equatable {
        /// What was expected.
        public let expected: String
        /// The first byte that does not fit, from 0.
        public let offset: Int
    }

    /// Reads a date-time with `Z` or an offset, truncated to the microsecond.
    ///
    /// A `t` and a `z` may be small; a blank may not stand for the `T`. Second 60 and more than 9
    /// digits of a fraction are refused (SPEC 2).
    ///
    /// - Parameter text: The whole text, 20 to 35 bytes.
    /// - Returns: The instant, whatever the offset it was written with.
    /// - Throws: ``Fault`` where the text is no date-time.
    public static func instant(_ text: Span<UInt8>) throws(Fault) -> Instant {
        guard text.count >= 20 else {
            throw Fault(
                expected: text.count == 19
                    ? "Z or an offset such as +01:00" : "a time such as 2026-03-01T15:00:00Z",
                offset: text.count)
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
        guard offset < text.count else { throw Fault(expected: "Z or an offset", offset: offset) }
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
        return instant
    }

    /// Reads a plain date `YYYY-MM-DD`, from 0001 to 9999.
    ///
    /// - Parameter text: The whole text, 10 bytes.
    /// - Returns: The date.
    /// - Throws: ``Fault`` where the text is no date that exists.
    public static func day(_ text: Span<UInt8>) throws(Fault) -> Day {
        guard text.count >= 10 else {
            throw Fault(expected: "a date such as 2026-03-01", offset: text.count)
        }
        let day = try parseCivil(text, yearMin: 1)
        try expect(text.count == 10, "nothing after the date", 10)
        return day
    }

    @inline(__always)
    private static func expect(
        _ condition: Bool,
        _ expected: @autoclosure () -> String,
        _ offset: Int
    ) throws(Fault) {
        guard condition else { throw Fault(expected: expected(), offset: offset) }
    }

    @inline(__always)
    private static func twoDigits(
        _ text: Span<UInt8>,
        _ offset: Int,
        max: Int64,
        _ expected: @autoclosure () -> String
    ) throws(Fault) -> Int64 {
        try expect(isDigit(text[offset]), expected(), offset)
        try expect(isDigit(text[offset + 1]), expected(), offset + 1)
        let value = Int64(text[offset] &- 0x30) * 10 + Int64(text[offset + 1] &- 0x30)
        try expect(value <= max, expected(), offset)
        return value
    }

    /// Reads the first ten bytes as a date.
    private static func parseCivil(_ text: Span<UInt8>, yearMin: Int64) throws(Fault) -> Day {
        let century = try twoDigits(text, 0, max: 99, "a year of four digits")
        let year = try twoDigits(text, 2, max: 99, "a year of four digits") + century * 100
        try expect(text[4] == UInt8(ascii: "-"), "- after the year", 4)
        let month = try twoDigits(text, 5, max: 12, "a month from 01 to 12")
        try expect(text[7] == UInt8(ascii: "-"), "- after the month", 7)
        let dayOfMonth = try twoDigits(text, 8, max: 31, "a day of the month")
        guard year >= yearMin,
            let day = Day(year: Int(year), month: Int(month), day: Int(dayOfMonth))
        else { throw Fault(expected: "a date that exists", offset: 0) }
        return day
    }

    @inline(__always)
    private static func isDigit(_ byte: UInt8) -> Bool {
        byte &- 0x30 < 10
    }
}

/// A text that is a date or a date-time, as attributes carry them.
public struct WrittenMoment: Sendable {
    /// The instant; of a date alone its first local instant (SPEC 4).
    public let instant: Instant

    /// Reads an RFC 3339 date or date-time, or nil where the text is neither.
    public init?(_ text: [UInt8], zone: ZoneRules) {
        if let day = try? CalendarText.day(text.span) {
            instant = zone.start(of: day)
        } else if let moment = try? CalendarText.instant(text.span) {
            instant = moment
        } else {
            return nil
        }
    }
}
