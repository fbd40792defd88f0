/// A date or date-time as text: the forms of RFC 3339 (SPEC 2, 4).
public enum CalendarText {
    /// Reads `YYYY-MM-DD` with a year from 0001, or nil where the text is no such date.
    public static func day(_ text: Span<UInt8>) -> Day? {
        guard text.count == 10, text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"),
            let year = number(text, 0..<4), let month = number(text, 5..<7),
            let day = number(text, 8..<10), year >= 1
        else { return nil }
        return Day(year: year, month: month, day: day)
    }

    /// Reads an RFC 3339 date-time with `Z` or an offset, truncated to the microsecond.
    ///
    /// - Returns: The instant, of any year from 0001, or nil where the text is no such date-time:
    ///   a second of 60 and more than 9 fraction digits are none here (SPEC 2).
    public static func instant(_ text: Span<UInt8>) -> Instant? {
        guard text.count >= 20, let day = day(text.extracting(0..<10)),
            text[10] | 0x20 == UInt8(ascii: "t"), text[13] == UInt8(ascii: ":"),
            text[16] == UInt8(ascii: ":"), let hour = number(text, 11..<13), hour < 24,
            let minute = number(text, 14..<16), minute < 60,
            let second = number(text, 17..<19), second < 60
        else { return nil }
        var index = 19
        var micros: Int64 = 0
        if text[index] == UInt8(ascii: ".") {
            index += 1
            let start = index
            var unit: Int64 = 100_000
            while index < text.count, let digit = digit(text[index]) {
                micros += Int64(digit) * unit
                unit /= 10
                index += 1
            }
            guard (1...9).contains(index - start), index < text.count else { return nil }
        }
        var offset = 0
        if text[index] | 0x20 == UInt8(ascii: "z") {
            guard index + 1 == text.count else { return nil }
        } else {
            guard index + 6 == text.count, text[index + 3] == UInt8(ascii: ":"),
                let hours = number(text, (index + 1)..<(index + 3)), hours < 24,
                let minutes = number(text, (index + 4)..<(index + 6)), minutes < 60
            else { return nil }
            switch text[index] {
            case UInt8(ascii: "+"): offset = hours * 60 + minutes
            case UInt8(ascii: "-"): offset = -(hours * 60 + minutes)
            default: return nil
            }
        }
        let seconds =
            Int64(day.number) * 86_400 + Int64(hour * 3600 + (minute - offset) * 60 + second)
        return Instant(microseconds: seconds * .second + micros)
    }

    private static func number(_ text: Span<UInt8>, _ range: Range<Int>) -> Int? {
        var value = 0
        for index in range {
            guard let digit = digit(text[index]) else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    private static func digit(_ byte: UInt8) -> Int? {
        byte >= 48 && byte <= 57 ? Int(byte) - 48 : nil
    }
}

/// A text that is a date or a date-time, as attributes carry them.
public struct WrittenMoment: Sendable {
    /// The instant; of a date alone its first local instant (SPEC 4).
    public let instant: Instant

    /// Reads an RFC 3339 date or date-time, or nil where the text is neither.
    public init?(_ text: [UInt8], zone: ZoneRules) {
        if let day = CalendarText.day(text.span) {
            instant = zone.start(of: day)
        } else if let moment = CalendarText.instant(text.span) {
            instant = moment
        } else {
            return nil
        }
    }
}
