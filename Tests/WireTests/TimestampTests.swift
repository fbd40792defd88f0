import Core
import Testing
import Wire

struct TimestampTests {
    static let accepted: [(String, Int64)] = [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01t00:00:00z", 0),
        ("1970-01-01T00:00:00.000001Z", 1),
        ("1970-01-01T00:00:00.000000999Z", 0),
        ("1970-01-01T00:00:00.123456789Z", 123_456),
        ("1970-01-01T00:00:01.5+00:00", 1_500_000),
        ("1970-01-01T00:00:01-00:00", 1_000_000),
        ("1970-01-01T23:59:00+23:59", 0),
        ("1969-12-31T00:01:00-23:59", 0),
        ("1969-12-31T23:00:00-01:00", 0),
        ("2000-02-29T00:00:00Z", 951_782_400_000_000),
        ("2026-03-01T15:00:00Z", 1_772_377_200_000_000),
        ("2026-03-01T15:00:00+05:45", 1_772_356_500_000_000),
        ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
        ("9999-12-31T23:59:59.999999999Z", 253_402_300_799_999_999),
        ("9999-12-31T00:00:00.999999-23:59", 253_402_300_740_999_999),
    ]

    @Test("accepts", arguments: accepted)
    func accepts(text: String, microseconds: Int64) throws {
        let instant = try parseTimestamp(Array(text.utf8).span)
        #expect(instant.microseconds == microseconds)
        #expect(try parseTimestamp(Array(timestampText(instant).utf8).span) == instant)
    }

    static let refused: [String] = [
        "", "2026-03-01", "2026-03-01T15:00:00", "2026-03-01 15:00:00Z", "2026-03-01T15:00Z",
        "2026-03-01T15:00:60Z", "2016-12-31T23:59:60Z", "2026-03-01T24:00:00Z",
        "2026-03-01T15:60:00Z", "2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z", "2026-00-01T00:00:00Z", "2026-13-01T00:00:00Z",
        "2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z", "2026-3-01T00:00:00Z0",
        "1969-12-31T23:59:59.999999Z", "1970-01-01T00:00:00+00:01", "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59-00:01", "10000-01-01T00:00:00Z", "-999-01-01T00:00:00Z",
        "2026-03-01T15:00:00.Z", "2026-03-01T15:00:00.1234567890Z", "2026-03-01T15:00:00,5Z",
        "2026-03-01T15:00:00.5", "2026-03-01T15:00:00+24:00", "2026-03-01T15:00:00+01:60",
        "2026-03-01T15:00:00+0100", "2026-03-01T15:00:00+01", "2026-03-01T15:00:00+1:00x",
        "2026-03-01T15:00:00ZZ", "2026-03-01T15:00:00Z ", " 2026-03-01T15:00:00Z",
        "2026/03/01T15:00:00Z", "2026-03-01T15-00-00Z", "２026-03-01T15:00:00Z",
        "2026-03-01T15:00:00+01:00Z", "2026-03-01T1a:00:00Z",
    ]

    @Test("refuses", arguments: refused)
    func refuses(text: String) {
        #expect(throws: WireError.self) { try parseTimestamp(Array(text.utf8).span) }
    }

    static let formatted: [(Int64, String)] = [
        (0, "1970-01-01T00:00:00Z"), (1, "1970-01-01T00:00:00.000001Z"),
        (100_000, "1970-01-01T00:00:00.1Z"), (1_772_377_200_120_000, "2026-03-01T15:00:00.12Z"),
        (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
        (-1, "1969-12-31T23:59:59.999999Z"),
    ]

    @Test("formats", arguments: formatted)
    func formats(microseconds: Int64, text: String) {
        #expect(timestampText(Instant(microseconds: microseconds)) == text)
    }

    @Test func dates() throws {
        for text in ["0001-01-01", "1970-01-01", "2024-02-29", "9999-12-31", "0400-02-29"] {
            #expect(dateText(try parseDate(Array(text.utf8).span)) == text)
        }
        #expect(try parseDate(Array("1970-01-02".utf8).span) == Day(number: 1))
        for text in [
            "", "0000-01-01", "2023-02-29", "2024-2-29", "2024-02-29T", "20240229", "10000-01-01",
            "2024-02-30", " 2024-02-29",
        ] {
            #expect(throws: WireError.self) { try parseDate(Array(text.utf8).span) }
        }
    }

    @Test("every day from 1970 to 2110, by counting")
    func everyDay() throws {
        var year = 1970
        var month = 1
        var dayOfMonth = 1
        for number in 0..<51_134 {
            let text = dateText(Day(number: Int32(number)))
            let expected = [year, month, dayOfMonth].map { $0 < 10 ? "0\($0)" : "\($0)" }
                .joined(separator: "-")
            #expect(text == expected)
            let instant = try parseTimestamp(Array("\(text)T00:00:00Z".utf8).span)
            #expect(instant.microseconds == Int64(number) * .day)
            dayOfMonth += 1
            if dayOfMonth > Day.length(ofMonth: month, year: year) {
                (dayOfMonth, month) = (1, month + 1)
            }
            if month > 12 { (month, year) = (1, year + 1) }
        }
    }
}
