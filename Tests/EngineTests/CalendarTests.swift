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

    @Test("decimals compare by value, whatever way they are written")
    func decimals() {
        let ascending = [
            Decimal(isNegative: true, digits: [1, 2], power: 0),
            Decimal(isNegative: true, digits: [1], power: -3), Decimal(0),
            Decimal(isNegative: false, digits: [1], power: -3),
            Decimal(isNegative: false, digits: [9, 9, 9], power: -3), Decimal(1),
            Decimal(isNegative: false, digits: [1, 0, 1], power: -2),
            Decimal(isNegative: false, digits: [1, 1], power: 0), Decimal(12), Decimal(100),
        ]
        for (left, smaller) in ascending.enumerated() {
            for (right, greater) in ascending.enumerated() {
                #expect((smaller < greater) == (left < right))
                #expect((smaller == greater) == (left == right))
            }
        }
        #expect(Decimal(isNegative: false, digits: [0, 1, 0], power: 1) == Decimal(100))
        #expect(Decimal(100).description == "100")
    }
}
