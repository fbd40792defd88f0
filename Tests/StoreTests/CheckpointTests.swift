import Core
import Engine
import Store
import TestSupport
import Testing

/// Past memberships of a segment with many more transitions than lie between two checkpoints, against
/// the list of who had the tag at each moment.
@Suite struct CheckpointTests {
    private static let start: Int64 = 1_700_000_000_000_000
    private static let second: Int64 = 1_000_000

    @Test("answers about the past come right from checkpoints", arguments: [7, 1_000, 20_000])
    func pastMemberships(batch: Int) throws {
        let program = try StoreProgram(name: "acme", timezone: "Europe/Berlin")
        try program.makeWriters(count: 1)
        let definitions = """
            {"segments":[{"id":"vips","match":{"tag":{"any_of":["vip"]}}},
            {"id":"others","match":{"tag":{"none_of":["vip"]}}}]}
            """
        try program.run([.apply(definitions, prune: false)], flushing: false)

        var random = SplitMix64(seed: UInt64(batch))
        var hasTag = [Bool](repeating: false, count: 60)
        var order: [Int] = []
        var moments: [(sequence: UInt64, vips: [String], others: [String])] = []
        var steps: [Step] = []
        let count = batch == 7 ? 6_000 : 12_000
        for index in 0..<count {
            let partner = random.int(in: 0...59)
            if !order.contains(partner) { order.append(partner) }
            hasTag[partner].toggle()
            let type = hasTag[partner] ? "tag.assigned" : "tag.removed"
            let at = Instants.text(Self.start + Int64(index) * Self.second)
            let fields =
                #""id":"e\#(index)","type":"\#(type)","partner":"p\#(partner)","time":"\#(at)","#
                + #""tag":"vip""#
            steps.append(.line("{\(fields)}", history: false))
            moments.append(
                (
                    UInt64(index + 3), order.filter { hasTag[$0] }.map { "p\($0)" },
                    order.filter { !hasTag[$0] }.map { "p\($0)" }
                ))
        }
        for from in stride(from: 0, to: count, by: batch) {
            // Small batches each by a new writer, who has seen few of the members that checkpoints list.
            if batch == 7 { try program.makeWriters(count: 1) }
            try program.run(steps[from..<min(from + batch, count)], flushing: batch == 7)
        }
        for _ in 0..<150 {
            let index = random.int(in: 0...(count - 1))
            let instant = Instant(microseconds: Self.start + Int64(index) * Self.second)
            for moment in [Moment.time(instant), .sequence(moments[index].sequence)] {
                let vips = try program.store.members(of: "vips", at: moment)
                let others = try program.store.members(of: "others", at: moment)
                #expect(vips.map(\.partner.description) == moments[index].vips)
                #expect(others.map(\.partner.description) == moments[index].others)
                let counts = try ["vips", "others"].map {
                    try program.store.memberCount(of: $0, at: moment)
                }
                #expect(counts == [vips.count, others.count])
            }
        }
    }

    @Test("a row about a partner that there is not is damage, not a member")
    func unknownPartner() throws {
        let program = try StoreProgram(name: "acme", timezone: "UTC")
        try program.makeWriters(count: 1)
        let definitions = #"{"segments":[{"id":"vips","match":{"tag":{"any_of":["vip"]}}}]}"#
        let event =
            #"{"id":"e","type":"tag.assigned","partner":"p","time":"2026-01-01T00:00:00Z","tag":"vip"}"#
        try program.run(
            [.apply(definitions, prune: false), .line(event, history: false)], flushing: false)
        let copy = try TamperedStore(copying: program.directory)
        var row = try #require(try copy.rows("transitions").first)
        // The last number is the partner's, with two flags: partner 0, entered.
        #expect(row.value.last == 2)
        row.value.removeLast()
        row.value += [0xFE, 0xFF, 0x3F]
        try copy.put("transitions", row)
        let damaged = try Store.open(directory: copy.directory, isReadOnly: true)
        #expect(throws: StoreError.self) { try damaged.members(of: "vips", at: .now) }
    }
}
