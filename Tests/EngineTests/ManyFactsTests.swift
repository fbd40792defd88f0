import Core
import Engine
import TestSupport
import Testing

/// One partner of whom very much is known: what happens to it costs about what it costs with others.
///
/// Where every event looks at all before it, one of these takes half a minute to many minutes; the limit only ends
/// the worst.
@Suite(.timeLimit(.minutes(5))) struct ManyFactsTests {
    /// 2026-01-01T00:00:00Z.
    private static let start: Int64 = 1_767_225_600_000_000

    private static func line(_ id: Int, _ time: Int64, _ fields: String) -> String {
        #"{"id":"e\#(id)","partner":"p","time":"\#(Instants.text(time))",\#(fields)}"#
    }

    @Test("custom events that count or not as time passes are counted right, and fast")
    func occurrences() throws {
        let definitions = """
            {"segments":[
            {"id":"due","match":{"event":{"name":"bill","where":[
            {"name":"due","date":{"last_days":7}}],"at_least":2800}}},
            {"id":"fresh","match":{"event":{"name":"bill","where":[
            {"name":"due","date":{"more_than_days_ago":2}}],"over":{"within":{"hours":200}},
            "between":[500,900]}}},
            {"id":"since","match":{"event":{"name":"bill","where":[
            {"name":"due","date":{"last_days":7}}],"over":{"since":"original_joined"},
            "at_least":1500}}}]}
            """
        let minute: Int64 = 60_000_000
        var bills: [(time: Int64, due: Int64)] = []
        var random = SplitMix64(seed: 1)
        for index in 0..<20_000 {
            let time = Self.start + Int64(index) * minute
            bills.append((time, time + random.int64(in: 0...40 * Instants.day)))
        }
        /// The partner joins, and later it is known that it did so before.
        func joined(knownAt now: Int64) -> Int64? {
            if now < bills[12_000].time { return nil }
            return now < bills[16_000].time ? bills[12_000].time : bills[8_000].time
        }
        func day(_ instant: Int64) -> Int64 { instant / Instants.day }
        func expected(at now: Int64) -> [String] {
            let known = bills.filter { $0.time <= now }
            func isDue(_ due: Int64) -> Bool { (0...7).contains(day(now) - day(due)) }
            let due = known.count { isDue($0.due) }
            let fresh = known.count {
                day(now) - day($0.due) > 2 && now < $0.time + 200 * 3_600_000_000
            }
            let joined = joined(knownAt: now)
            let since = known.count { isDue($0.due) && day($0.time) >= day(joined ?? .max) }
            var segments: [String] = []
            if due >= 2_800 { segments.append("due") }
            if (500...900).contains(fresh) { segments.append("fresh") }
            if since >= 1_500 { segments.append("since") }
            return segments
        }
        var program = try EngineProgram(name: "acme", timezone: "UTC")
        try program.apply(definitions, prune: false)
        var seen: Set<String> = []
        func check(_ program: EngineProgram) {
            let now = program.engine.now.microseconds
            let found = ["due", "fresh", "since"].filter {
                program.members(segment: $0) == ["p"]
            }
            #expect(found == expected(at: now), "\(Instants.text(now))")
            seen.formUnion(found)
            seen.formUnion(
                ["due", "fresh", "since"].filter { !found.contains($0) }.map { "no \($0)" })
        }
        for (index, bill) in bills.enumerated() {
            try program.ingest(
                Self.line(
                    index, bill.time,
                    #""type":"custom.recorded","name":"bill","properties":{"due":"\#(Instants.text(bill.due))"}"#
                ), isHistory: false)
            if index == 12_000 || index == 16_000, let joined = joined(knownAt: bill.time) {
                try program.ingest(
                    Self.line(-index, joined, #""type":"partner.joined""#), isHistory: false)
            }
            if index.isMultiple(of: 1_000) { check(program) }
        }
        for days in 14..<70 {
            program.advance(to: Self.start + Int64(days) * Instants.day)
            check(program)
        }
        #expect(seen.count == 6, "\(seen.sorted())")
    }

    /// Conditions on one partner's many events, which random programs do not have.
    private static func segment(_ id: Int, _ random: inout SplitMix64) -> String {
        func days() -> String {
            let count = random.int(in: 0...9)
            return switch random.int(in: 0...8) {
            case 0: #""today":true"#
            case 1: #""days_ago":\#(count)"#
            case 2: #""days_ago":{"from":\#(count),"to":\#(count + 3)}"#
            case 3: #""last_days":\#(count)"#
            case 4: #""last_months":\#(count % 3)"#
            case 5: #""more_than_days_ago":\#(count)"#
            case 6: #""within":{"hours":\#(count * 7 + 1)}"#
            case 7: #""longer_ago_than":{"hours":\#(count * 9 + 1)}"#
            default: #""before":"2026-03-1\#(count)""#
            }
        }
        let tests = (0...random.int(in: 0...1)).map { _ in
            #"{"name":"\#(random.pick(["due", "paid"]))","date":{\#(days())}}"#
        }
        let window =
            switch random.int(in: 0...4) {
            case 0: #","over":{"since":"original_joined"}"#
            case 1: #","over":{"days_after_joining":{"from":0,"to":\#(random.int(in: 0...9))}}"#
            case 2: #","over":{\#(days())}"#
            default: ""
            }
        let count = random.int(in: 0...12)
        let comparison = random.pick([
            #""at_least":\#(count)"#, #""equals":\#(count)"#, #""at_most":\#(count)"#,
            #""between":[\#(count),\#(count + 5)]"#,
        ])
        return #"{"id":"s\#(id)","match":{"event":{"name":"bill","where":"#
            + #"[\#(tests.joined(separator: ","))]\#(window),\#(comparison)}}}"#
    }

    private static func steps(seed: UInt64) -> [Step] {
        var random = SplitMix64(seed: seed)
        func apply() -> Step {
            let segments = (0..<6).map { segment($0, &random) }.joined(separator: ",")
            return .apply(#"{"segments":[\#(segments)]}"#, prune: false)
        }
        // From 2026-03-01 on.
        var time: Int64 = 1_772_323_200_000_000
        var steps = [apply()]
        for index in 0..<90 {
            time += random.int64(in: 0...Instants.day / 4)
            func moment() -> String {
                let instant = time + random.int64(in: -5 * Instants.day...9 * Instants.day)
                let text = Instants.text(instant)
                return random.chance(30) ? String(text.prefix(10)) : text
            }
            let own = random.chance(30) ? time - random.int64(in: 0...6 * Instants.day) : time
            switch random.int(in: 0...20) {
            case 0: steps.append(.advance(time))
            case 1: steps.append(apply())
            case 2:
                steps.append(
                    .line(line(index, own, #""type":"partner.joined""#), history: false))
            default:
                let properties = #"{"due":"\#(moment())","paid":"\#(moment())"}"#
                steps.append(
                    .line(
                        line(
                            index, own,
                            #""type":"custom.recorded","name":"bill","properties":\#(properties)"#
                        ), history: false))
            }
        }
        return steps + [.advance(time + 40 * Instants.day)]
    }

    @Test(
        "custom events that count or not as time passes agree with the model",
        arguments: Seeds.blocks(of: 10, or: 0..<40))
    func occurrencesAgree(seeds: Range<UInt64>) {
        for seed in seeds {
            let program = RandomProgram(seed: seed)
            let steps = Self.steps(seed: seed)
            guard ModelComparisonTests.difference(program, steps) != nil else { continue }
            let short = shrink(steps, triesMax: 600) {
                ModelComparisonTests.difference(program, $0) != nil
            }
            Issue.record(
                """
                seed \(seed): \(ModelComparisonTests.difference(program, short) ?? "")
                \(short.map(\.description).joined(separator: "\n"))
                """)
            return
        }
    }

    @Test("stages of a partner who never joins")
    func stages() throws {
        var program = try EngineProgram(name: "acme", timezone: "UTC")
        try program.apply(
            #"{"segments":[{"id":"out","match":{"last_transition":{"today":true}}}]}"#,
            prune: false)
        for index in 0..<200_000 {
            // Half of them change nothing.
            let stage = index / 2 % 2 == 0 || index > 100_000 ? "new" : "outreach"
            try program.ingest(
                Self.line(
                    index, Self.start + Int64(index),
                    #""type":"relationship.changed","stage":"\#(stage)""#),
                isHistory: false)
        }
        #expect(program.members(segment: "out") == ["p"])
    }

    @Test("an address said again and again is the one that bounced, until it is another")
    func addresses() throws {
        var program = try EngineProgram(name: "acme", timezone: "UTC")
        func address(_ index: Int, at offset: Int, _ text: String) -> String {
            Self.line(
                index, Self.start + Int64(offset),
                #""type":"partner.updated","email":"\#(text)@b.c""#)
        }
        try program.ingest(address(0, at: 0, "a"), isHistory: false)
        try program.ingest(
            Self.line(1, Self.start + 10, #""type":"email.bounced""#), isHistory: false)
        for index in 100..<150_000 {
            try program.ingest(address(index, at: index, "a"), isHistory: false)
        }
        #expect(program.engine.partners[0].suppression == .bounced)
        // It was another one for an instant, which is heard of late.
        try program.ingest(address(150_000, at: 500, "b"), isHistory: false)
        #expect(program.engine.partners[0].suppression == nil)
    }

    @Test("attributes by tens of thousands, in one line and one by one")
    func attributes() throws {
        var program = try EngineProgram(name: "acme", timezone: "UTC")
        try program.apply(
            #"{"segments":[{"id":"last","match":{"attribute":{"name":"a255r","equals":3}}}]}"#,
            prune: false)
        let names = (0..<100_000).map { "a\(String($0, radix: 36))" }
        func update(_ id: Int, _ names: [String], _ value: Int) -> String {
            let values = names.map { #""\#($0)":\#(value)"# }.joined(separator: ",")
            return Self.line(
                id, Self.start + Int64(id),
                #""type":"partner.updated","attributes":{\#(values)}"#)
        }
        for (index, value) in [1, 2, 3].enumerated() {
            try program.ingest(
                update(index, index == 1 ? names.reversed() : names, value), isHistory: false)
        }
        #expect(program.members(segment: "last") == ["p"])
        for (index, name) in names.enumerated() {
            try program.ingest(update(10 + index, [name], 4), isHistory: false)
        }
        #expect(program.members(segment: "last") == [])
        // What is known already is not overtaken by what comes late.
        try program.ingest(update(5, names, 3), isHistory: false)
        #expect(program.members(segment: "last") == [])
    }
}
