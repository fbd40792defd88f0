import Core
import Engine
import TestSupport
import Testing

/// Flips that lie further ahead than the engine looks at once, or that are found on the day itself.
@Suite struct LookAheadTests {
    private static let definitions = """
        {"segments":[
        {"id":"slowing","match":{"actions":{"over":{"last_days":30},"less_than":10}}},
        {"id":"steady","match":{"actions":{"over":{"last_days":30},"at_least":10}}},
        {"id":"hot","match":{"event":{"name":"login","over":{"within":{"minutes":90}}}}},
        {"id":"never","match":{"all":[{"tag":{"any_of":["a"]}},{"tag":{"none_of":["a"]}}]}}]}
        """

    private static func event(_ id: Int, _ type: String, _ time: String, _ more: String) -> String {
        #"{"id":"e\#(id)","type":"\#(type)","partner":"p","time":"\#(time)"\#(more)}"#
    }

    /// In UTC: a sale on each of 30 days; from the 30th day on one leaves the window each midnight.
    @Test("a sum that flips at its 21st change does so at that midnight")
    func manyChanges() throws {
        var program = try EngineProgram(name: "acme", timezone: "UTC")
        try program.apply(Self.definitions, prune: false)
        for day in 1...30 {
            let time = Instants.text(Self.start + Int64(day - 1) * Instants.day + 3_600_000_000)
            try program.ingest(
                Self.event(day, "action.recorded", time, #","amount":1"#), isHistory: false)
        }
        #expect(program.members(segment: "steady") == ["p"])
        // Day d leaves at the midnight that begins day d + 31; nine are left when day 21 has left.
        let flip = Self.start + (21 + 30) * Instants.day
        program.advance(to: flip - 1)
        #expect(program.members(segment: "steady") == ["p"])
        #expect(program.members(segment: "slowing") == [])
        program.advance(to: flip)
        #expect(program.members(segment: "steady") == [])
        #expect(program.members(segment: "slowing") == ["p"])
        let last = program.effects.transitions.suffix(2).map(\.time.microseconds)
        #expect(last == [flip, flip])
    }

    @Test("a window of minutes ends on a day that has begun, each time it is opened")
    func sameDay() throws {
        var program = try EngineProgram(name: "acme", timezone: "UTC")
        try program.apply(Self.definitions, prune: false)
        var ends: [Int64] = []
        for hour in [1, 4, 5, 10] as [Int64] {
            let time = Self.start + hour * 3_600_000_000
            try program.ingest(
                Self.event(
                    Int(hour), "custom.recorded", Instants.text(time), #","name":"login""#),
                isHistory: false)
            ends.append(time + 5_400_000_000)
        }
        program.advance(to: Self.start + Instants.day)
        let hot = try #require(program.number(ofSegment: "hot"))
        let left = program.effects.transitions.filter { $0.segment == hot && !$0.entered }
        // What began at 4 was still open at 5.
        #expect(left.map(\.time.microseconds) == [ends[0], ends[2], ends[3]])
    }

    @Test("a segment that asks for a tag and against it has nobody")
    func contradiction() throws {
        var program = try EngineProgram(name: "acme", timezone: "UTC")
        try program.apply(Self.definitions, prune: false)
        for (index, type) in ["tag.assigned", "tag.removed", "tag.assigned"].enumerated() {
            let time = Instants.text(Self.start + Int64(index))
            try program.ingest(Self.event(index, type, time, #","tag":"a""#), isHistory: false)
            #expect(program.members(segment: "never") == [])
        }
    }

    /// 2026-01-01T00:00:00Z.
    private static let start: Int64 = 1_767_225_600_000_000
}
