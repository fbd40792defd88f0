import Core
import Engine
import TestSupport
import Testing

/// Sums over windows of a partner with much more activity than random programs have, in whatever order it comes:
/// long enough for several blocks of every series.
@Suite struct LongSeriesTests {
    /// 2026-01-01T00:00:00Z.
    private static let start: Int64 = 1_767_225_600_000_000
    private static let hour: Int64 = 3_600_000_000
    private static let span = 500 * Instants.day
    private static let eventCount = 2_000

    /// What happened: clicks, or money made or taken back, which is in millionths.
    private struct Fact {
        var time: Int64
        var isClick: Bool
        var value: Int64
    }

    /// What a window counts at an instant.
    private enum Window: CaseIterable {
        case within, longerAgo, lastDays, daysAgo, moreThanDaysAgo, dates, allTime

        /// As definitions write it, over so many days.
        func text(_ days: Int) -> String {
            switch self {
            case .within: #"{"within":{"hours":\#(days * 24 + 1)}}"#
            case .longerAgo: #"{"longer_ago_than":{"hours":\#(days * 24 + 1)}}"#
            case .lastDays: #"{"last_days":\#(days)}"#
            case .daysAgo: #"{"days_ago":{"from":\#(days),"to":\#(2 * days)}}"#
            case .moreThanDaysAgo: #"{"more_than_days_ago":\#(days)}"#
            case .dates: #"{"between":["2026-03-02","2026-12-31"]}"#
            case .allTime: #""all_time""#
            }
        }

        /// When what happened at an instant begins to count, and when it ceases to.
        func counted(_ time: Int64, _ days: Int) -> Range<Int64> {
            let midnight = time - time % Instants.day
            func day(_ count: Int) -> Int64 { midnight + Int64(count) * Instants.day }
            let length = Int64(days * 24 + 1) * LongSeriesTests.hour
            switch self {
            case .within: return time..<(time + length)
            case .longerAgo: return (time + length)..<Int64.max
            case .lastDays: return midnight..<day(days + 1)
            case .daysAgo: return day(days)..<day(2 * days + 1)
            case .moreThanDaysAgo: return day(days + 1)..<Int64.max
            case .dates:
                let first = LongSeriesTests.start + 60 * Instants.day
                let end = LongSeriesTests.start + 365 * Instants.day
                return (first..<end).contains(time) ? Int64.min..<Int64.max : 0..<0
            case .allTime: return Int64.min..<Int64.max
            }
        }
    }

    private struct Segment {
        var window: Window
        var days: Int
        var ofClicks: Bool
        var atLeast: Int64

        func sum(_ facts: [Fact], at now: Int64) -> Int64 {
            facts.reduce(0) { sum, fact in
                let counts =
                    fact.isClick == ofClicks && window.counted(fact.time, days).contains(now)
                return counts ? sum + fact.value : sum
            }
        }
    }

    private static func facts(_ random: inout SplitMix64) -> [Fact] {
        let facts = (0..<eventCount).map { _ in
            let isClick = random.chance(50)
            return Fact(
                time: start + random.int64(in: 0...span),
                isClick: isClick,
                value: isClick
                    ? random.int64(in: 1...3) * 1_000_000
                    : random.int64(in: -30...70) * 10_000)
        }
        let ascending = facts.sorted { $0.time < $1.time }
        switch random.int(in: 0...3) {
        case 0: return ascending
        case 1: return ascending.reversed()
        case 2: return facts
        default:
            // Some are late.
            var late: [Fact] = []
            let timely = ascending.filter { fact in
                if random.chance(20) { late.append(fact) }
                return fact.time != late.last?.time
            }
            return timely + random.shuffled(late)
        }
    }

    /// A number of millionths.
    private static func number(_ value: Int64) -> String {
        let fraction = String(abs(value) % 1_000_000 + 1_000_000).dropFirst()
        return "\(value < 0 ? "-" : "")\(abs(value) / 1_000_000).\(fraction)"
    }

    private static func line(_ id: Int, _ fact: Fact) -> String {
        let rest =
            fact.isClick
            ? #""type":"click.recorded","count":\#(fact.value / 1_000_000)"#
            : #""type":"action.\#(fact.value < 0 ? "reversed" : "recorded")","amount":\#(number(abs(fact.value)))"#
        return #"{"id":"e\#(id)","partner":"p","time":"\#(Instants.text(fact.time))",\#(rest)}"#
    }

    @Test(
        "members are those of the plain sums, while it comes and at every flip ± 1 µs that was tried",
        arguments: Seeds.blocks(of: 1, or: 0..<24))
    func agrees(seeds: Range<UInt64>) throws {
        for seed in seeds { try check(seed) }
    }

    private func check(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed &+ 0x5345_5249)
        let facts = Self.facts(&random)
        let end = Self.start + Self.span
        let segments = (0..<8).map { _ in
            var segment = Segment(
                window: random.pick(Window.allCases),
                days: random.int(in: 1...(random.chance(50) ? 90 : 490)),
                ofClicks: random.chance(50), atLeast: 0)
            // So that there are flips.
            segment.atLeast = segment.sum(facts, at: end + random.int64(in: 0...60) * Instants.day)
            return segment
        }
        var program = try EngineProgram(name: "acme", timezone: "UTC")
        let written = segments.enumerated().map { index, segment in
            #"{"id":"s\#(index)","match":{"\#(segment.ofClicks ? "clicks" : "revenue")":"#
                + #"{"over":\#(segment.window.text(segment.days)),"#
                + #""at_least":\#(Self.number(segment.atLeast))}}}"#
        }
        let definitions = #"{"segments":[\#(written.joined(separator: ","))]}"#
        // Some measures are filled from what there is already.
        let first = random.int(in: 0...facts.count)
        func expect(_ known: ArraySlice<Fact>) {
            let now = program.engine.now.microseconds
            for (index, segment) in segments.enumerated() {
                let isMember = program.members(segment: "s\(index)") == ["p"]
                #expect(
                    isMember == (segment.sum(Array(known), at: now) >= segment.atLeast),
                    "seed \(seed), \(known.count) events, \(written[index]) at \(Instants.text(now))"
                )
            }
        }
        for (index, fact) in facts.enumerated() {
            if index == first { try program.apply(definitions, prune: false) }
            try program.ingest(Self.line(index, fact), isHistory: false)
            if index >= first, index.isMultiple(of: 250) { expect(facts[...index]) }
        }
        if first == facts.count { try program.apply(definitions, prune: false) }
        expect(facts[...])
        var asked: Set<Int64> = []
        for _ in 0..<40 {
            let segment = random.pick(segments)
            let counted = segment.window.counted(random.pick(facts).time, segment.days)
            for flip in [counted.lowerBound, counted.upperBound] where flip > end && flip < .max {
                asked.formUnion([flip - 1, flip])
            }
        }
        for instant in asked.sorted() {
            program.advance(to: instant)
            expect(facts[...])
        }
        try expectSeries(program, facts, seed)
    }

    /// The series as it is stored: keys ascend, and totals are the sums up to them.
    private func expectSeries(_ program: EngineProgram, _ facts: [Fact], _ seed: UInt64) throws {
        var series: [Int: [Activity.Point]] = [:]
        for point in program.engine.partners[0].activity.points {
            series[point.slot, default: []].append(point)
        }
        let clicks = try #require(series[2], "clicks by day are the third measure")
        var days: [Int64: Int64] = [:]
        for fact in facts where fact.isClick {
            days[fact.time / Instants.day, default: 0] += fact.value
        }
        var total: Int64 = 0
        let expected = days.sorted { $0.key < $1.key }.map { day, value in
            total += value
            return Activity.Point(slot: 2, key: day, total: Int128(total))
        }
        #expect(clicks == expected, "seed \(seed)")
    }
}
