import Core
import Testing
import Wire

/// Days and hours of `ZoneRules` against counting: the local clock is read at every quarter of an
/// hour (all changes of the zones here fall on one), and at every second where hours are concerned.
struct ZoneRulesTests {
    static let zones = [
        "Australia/Lord_Howe", "Pacific/Apia", "America/Sao_Paulo", "Europe/Dublin",
        "Asia/Kathmandu", "America/New_York", "UTC", "Africa/Cairo", "America/Havana",
        "Pacific/Kwajalein", "Asia/Pyongyang", "Antarctica/Troll", "America/Scoresbysund",
    ]

    @Test("days tile the line", arguments: zones)
    func days(name: String) throws {
        checkDays(of: try zone(name), in: 0..<4_133_980_800)
    }

    @Test("days tile the line beyond 2100, where rules refreshed so late go on to change")
    func lateDays() {
        let day: Int64 = 86_400
        let year2100: Int64 = 4_102_444_800
        for jump in [7_200, -36_000, 86_400] as [Int32] {
            let rules = ZoneRules(
                name: "Test/Zone", initialOffset: 0,
                changes: [
                    ZoneRules.Change(at: 1_000 * day, offset: 3_600),
                    ZoneRules.Change(at: year2100 + 500 * day, offset: 3_600 + jump),
                    ZoneRules.Change(at: year2100 + 700 * day + 900, offset: 1_800),
                ])
            checkDays(of: rules, in: (year2100 + 300 * day)..<(year2100 + 800 * day))
        }
    }

    private func checkDays(of rules: ZoneRules, in seconds: Range<Int64>) {
        let name = rules.name
        var latest = Int32.min
        var passed = 0
        var offset = Int64(rules.initialOffset)
        for second in stride(from: seconds.lowerBound, to: seconds.upperBound, by: 900) {
            while passed < rules.changes.count, rules.changes[passed].at <= second {
                offset = Int64(rules.changes[passed].offset)
                passed += 1
            }
            let shown = Int32((second + offset).flooredQuotient(by: 86_400))
            let instant = Instant(microseconds: second * .second)
            if shown > latest {
                if latest > .min {
                    for day in (latest + 1)...shown
                    where rules.start(of: Day(number: day)) != instant {
                        Issue.record("\(name): day \(day) begins at \(second)")
                    }
                    let before = instant.advanced(byMicroseconds: -1)
                    #expect(rules.day(of: before).number == latest)
                }
                latest = shown
                #expect(rules.day(of: instant).number == latest)
            } else if second % 21_600 == 0, rules.day(of: instant).number != latest {
                Issue.record("\(name): \(second) lies on day \(latest)")
            }
        }
    }

    @Test("the next hour is the next second with minute 0", arguments: zones)
    func hours(name: String) throws {
        let rules = try zone(name)
        for change in rules.changes where change.at > 0 && change.at < 2_000_000_000 {
            let before = rules.offset(at: change.at - 1)
            func offset(_ second: Int64) -> Int64 {
                second < change.at ? before : Int64(change.offset)
            }
            for start in stride(from: change.at - 7_250, through: change.at + 3_650, by: 350) {
                var next = start + 1
                while (next + offset(next)).flooredRemainder(by: 3600) != 0 { next += 1 }
                let instant = Instant(microseconds: start * .second + 1)
                #expect(rules.nextHour(after: instant).microseconds == next * .second)
                let top = Instant(microseconds: next * .second)
                #expect(rules.nextHour(after: top.advanced(byMicroseconds: -1)) == top)
            }
        }
    }
}
