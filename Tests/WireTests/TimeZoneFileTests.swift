import Core
import Foundation
import Testing
import Wire

/// A zone of the system's tz database.
func zone(_ name: String) throws -> ZoneRules {
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/\(name)")))
    return try parseTimeZoneFile(bytes.span, name: name)
}

func instant(_ text: String) throws -> Instant {
    try parseTimestamp(Array(text.utf8).span)
}

extension ZoneRules {
    /// The offset at a second, by walking through all changes.
    func offset(at second: Int64) -> Int64 {
        var offset = initialOffset
        for change in changes where change.at <= second { offset = change.offset }
        return Int64(offset)
    }
}

@Suite(.serialized)
struct TimeZoneFileTests {
    static let offsets: [(String, String, Int64)] = [
        ("Asia/Kathmandu", "2026-01-01T00:00:00Z", 20_700),
        ("Asia/Kathmandu", "1985-12-31T18:29:59Z", 19_800),
        ("Asia/Kathmandu", "1985-12-31T18:30:00Z", 20_700),
        ("Australia/Lord_Howe", "2026-01-01T00:00:00Z", 39_600),
        ("Australia/Lord_Howe", "2026-07-01T00:00:00Z", 37_800),
        ("Australia/Lord_Howe", "2090-07-01T00:00:00Z", 37_800),
        ("Pacific/Apia", "2011-12-30T09:59:59Z", -36_000),
        ("Pacific/Apia", "2011-12-30T10:00:00Z", 50_400),
        ("America/Sao_Paulo", "2018-11-04T02:59:59Z", -10_800),
        ("America/Sao_Paulo", "2018-11-04T03:00:00Z", -7_200),
        ("America/Sao_Paulo", "2026-01-01T00:00:00Z", -10_800),
        ("Europe/Dublin", "2026-01-01T00:00:00Z", 0),
        ("Europe/Dublin", "2026-07-01T00:00:00Z", 3_600),
        ("Europe/Dublin", "2070-01-01T00:00:00Z", 0),
        ("Europe/Dublin", "2070-07-01T00:00:00Z", 3_600),
        ("America/New_York", "2100-07-01T00:00:00Z", -14_400),
        ("America/New_York", "2100-12-31T23:59:59Z", -18_000),
        ("UTC", "2026-07-01T00:00:00Z", 0),
    ]

    @Test("offset in a zone", arguments: offsets)
    func offset(name: String, time: String, expected: Int64) throws {
        #expect(try zone(name).offset(at: instant(time).microseconds / .second) == expected)
    }

    @Test func apiaSkipsADay() throws {
        let apia = try zone("Pacific/Apia")
        let skipped = try parseDate(Array("2011-12-30".utf8).span)
        #expect(apia.start(of: skipped) == apia.start(of: skipped.adding(days: 1)))
        #expect(try apia.day(of: instant("2011-12-30T10:00:00Z")) == skipped.adding(days: 1))
        #expect(try apia.day(of: instant("2011-12-30T09:59:59Z")) == skipped.adding(days: -1))
    }

    @Test func daysBeforeTheEpochGoByTheChangesBeforeIt() throws {
        let berlin = try zone("Europe/Berlin")
        let hour = 3_600 * 1_000_000 as Int64
        for (text, offset) in [("1960-01-01", 1), ("1945-07-01", 3), ("1969-12-29", 1)] {
            let day = try parseDate(Array(text.utf8).span)
            let start = Instant(microseconds: Int64(day.number) * 24 * hour - Int64(offset) * hour)
            #expect(berlin.start(of: day) == start)
            #expect(berlin.day(of: start) == day)
            #expect(berlin.day(of: start.advanced(byMicroseconds: -1)) == day.adding(days: -1))
        }
    }

    @Test func saoPauloHasDaysWithoutMidnight() throws {
        let rules = try zone("America/Sao_Paulo")
        let day = try parseDate(Array("2018-11-04".utf8).span)
        #expect(try rules.start(of: day) == instant("2018-11-04T03:00:00Z"))
        #expect(try rules.start(of: day.adding(days: 1)) == instant("2018-11-05T02:00:00Z"))
    }

    /// The C library reads the same files by other code.
    @Test func agreesWithTheCLibrary() throws {
        let list = try String(contentsOfFile: "/usr/share/zoneinfo/zone1970.tab", encoding: .utf8)
        let names = list.split(separator: "\n").filter { !$0.hasPrefix("#") }
            .compactMap { $0.split(separator: "\t").dropFirst(2).first.map(String.init) }
        #expect(names.count > 200)
        for name in names {
            let rules = try zone(name)
            setenv("TZ", name, 1)
            tzset()
            var seconds = rules.changes.flatMap { [$0.at - 1, $0.at] }
                .filter { $0 >= 0 && $0 < 4_133_980_800 }
            var random = SplitMix64(seed: 1)
            for _ in 0..<500 { seconds.append(Int64(random.below(4_133_980_800))) }
            for second in seconds {
                var time = time_t(second)
                var parts = tm()
                localtime_r(&time, &parts)
                guard parts.tm_gmtoff != rules.offset(at: second) else { continue }
                Issue.record("\(name) at \(second): \(rules.offset(at: second))")
                break
            }
        }
        unsetenv("TZ")
    }

    // MARK: Files made by hand

    /// A version 2 file with the given changes, offsets and footer.
    private func file(
        changes: [(Int64, UInt8)] = [],
        offsets: [Int32] = [0],
        footer: String,
        version: UInt8 = UInt8(ascii: "2"),
        leaps: UInt32 = 0
    ) -> [UInt8] {
        func header(_ times: Int, _ types: Int) -> [UInt8] {
            var bytes = Array("TZif".utf8) + [version] + Array(repeating: 0, count: 15)
            for count in [0, 0, leaps, UInt32(times), UInt32(types), 4] {
                bytes.append(fixed32: count)
            }
            return bytes
        }
        var bytes = header(0, 1) + Array(repeating: 0, count: 10 + Int(leaps) * 8)
        if version == 0 { bytes = [] }
        bytes += header(changes.count, offsets.count)
        for (at, _) in changes {
            if version == 0 {
                bytes.append(fixed32: UInt32(truncatingIfNeeded: at))
            } else {
                bytes.append(fixed64: UInt64(bitPattern: at))
            }
        }
        bytes += changes.map(\.1)
        for offset in offsets {
            bytes.append(fixed32: UInt32(bitPattern: offset))
            bytes += [0, 0]
        }
        bytes += Array("LMT\0".utf8) + Array(repeating: 0, count: Int(leaps) * 12)
        return version == 0 ? bytes : bytes + Array("\n\(footer)\n".utf8)
    }

    static let footers: [(String, [(String, Int64)])] = [
        ("EST5", [("2026-01-01T00:00:00Z", 0)]),
        (
            "EST5EDT,M3.2.0,M11.1.0",
            [
                ("2026-03-08T06:59:59Z", -18_000), ("2026-03-08T07:00:00Z", -14_400),
                ("2026-11-01T05:59:59Z", -14_400), ("2026-11-01T06:00:00Z", -18_000),
            ]
        ),
        (
            "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
            [("2026-04-04T14:59:59Z", 39_600), ("2026-04-04T15:00:00Z", 37_800)]
        ),
        (
            "IST-1GMT0,M10.5.0,M3.5.0/1",
            [("2026-03-29T00:59:59Z", 0), ("2026-03-29T01:00:00Z", 3_600)]
        ),
        (
            "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
            [("2026-03-29T00:59:59Z", -7_200), ("2026-03-29T01:00:00Z", -3_600)]
        ),
        (
            "AAA0BBB,J60/0,J300/0",
            [
                ("2024-02-29T23:59:59Z", 0), ("2024-03-01T00:00:00Z", 3_600),
                ("2023-03-01T00:00:00Z", 3_600),
            ]
        ),
        (
            "AAA0BBB,59/0,299/0",
            [
                ("2024-02-28T23:59:59Z", 0), ("2024-02-29T00:00:00Z", 3_600),
                ("2023-03-01T00:00:00Z", 3_600),
            ]
        ),
        (
            "AAA0BBB,M3.4.4/50,M10.4.4/50",
            [("2026-03-28T01:59:59Z", 0), ("2026-03-28T02:00:00Z", 3_600)]
        ),
        (
            "XXX3EDT4,0/0,J365/23",
            [("2026-01-01T03:00:00Z", -14_400), ("2026-12-31T00:00:00Z", -14_400)]
        ),
        ("AAA0BBB", [("2026-07-01T00:00:00Z", 3_600), ("2026-12-01T00:00:00Z", 0)]),
        ("", [("2026-07-01T00:00:00Z", 0)]),
        // A week before each year until a week after it: the changes of two years overlap.
        ("AAA0BBB,J1/-167,J365/167", []),
    ]

    @Test("footer", arguments: footers)
    func footer(text: String, expected: [(String, Int64)]) throws {
        let rules = try parseTimeZoneFile(file(footer: text).span, name: "X")
        for (time, offset) in expected {
            #expect(try rules.offset(at: instant(time).microseconds / .second) == offset, "\(time)")
        }
        for (left, right) in zip(rules.changes, rules.changes.dropFirst()) {
            #expect(left.at < right.at && left.offset != right.offset)
        }
        #expect(rules.changes.allSatisfy { $0.at < 4_133_980_800 })
    }

    @Test func neighboursAreMerged() throws {
        let bytes = file(
            changes: [(-5, 1), (10, 2), (20, 1), (30, 0), (40, 3)],
            offsets: [60, 0, 0, 60],
            footer: ""
        )
        let rules = try parseTimeZoneFile(bytes.span, name: "X")
        #expect(rules.initialOffset == 60)
        #expect(rules.changes == [.init(at: -5, offset: 0), .init(at: 30, offset: 60)])
    }

    /// Found by Tools/fuzz: the year of such a change did not fit into a day number.
    @Test func changesFarInTheFutureAreLeftOut() throws {
        let footer = "EST5EDT,M3.2.0,M11.1.0"
        let bytes = file(changes: [(1 << 59, 1)], offsets: [60, 0], footer: footer)
        #expect(try parseTimeZoneFile(bytes.span, name: "X").changes.isEmpty)
    }

    @Test func versionOneHasNoFooter() throws {
        let bytes = file(changes: [(-5, 1)], offsets: [60, 0], footer: "", version: 0)
        let rules = try parseTimeZoneFile(bytes.span, name: "X")
        #expect(rules.changes == [.init(at: -5, offset: 0)])
    }

    @Test func damagedFiles() {
        let sound = file(changes: [(-5, 1)], offsets: [60, 0], footer: "EST5EDT,M3.2.0,M11.1.0")
        for count in sound.indices {
            #expect(throws: WireError.self) {
                try parseTimeZoneFile(Array(sound.prefix(count)).span, name: "X")
            }
        }
        for bytes in [
            Array("not a zone file at all, but long enough".utf8), file(footer: "", leaps: 1),
            file(changes: [(5, 0), (5, 0)], footer: ""), file(changes: [(5, 1)], footer: ""),
            file(offsets: [], footer: ""), file(offsets: [100_000], footer: ""),
            file(footer: "E5"), file(footer: "EST"), file(footer: "EST25"), file(footer: "<EST5"),
            file(footer: "EST5EDT,M13.1.0,M3.1.0"), file(footer: "EST5EDT,M3.1.0"),
            file(footer: "EST5EDT,M3.1.0,M4.6.0"), file(footer: "EST5EDT,M3.1.7,M4.1.0"),
            file(footer: "EST5EDT,J0,J5"), file(footer: "EST5EDT,1,366"),
            file(footer: "EST5EDT,1/168,5"), file(footer: "EST5EDT,1,5x"),
        ] {
            #expect(throws: WireError.self) { try parseTimeZoneFile(bytes.span, name: "X") }
        }
    }
}
