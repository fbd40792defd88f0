import Core
import Testing

@Suite struct CalendarTests {
    @Test("last_months ends on the last day that reaches back, over all days of eleven years")
    func monthsReachBack() throws {
        let first = try #require(Day(year: 2019, month: 1, day: 1))
        for months in 0...25 {
            // The greatest D for which D minus the months is not after d, looked for day by day.
            var latest = first
            for offset in 0..<Int32(11 * 365) {
                let day = first.adding(days: offset)
                while latest.adding(days: 1).adding(months: -months) <= day {
                    latest = latest.adding(days: 1)
                }
                #expect(day.lastDayReachingBack(months: months) == latest)
            }
        }
    }
}
