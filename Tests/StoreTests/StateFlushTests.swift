import Store
import TestSupport
import Testing

/// How changed states are stored, and what is read of them afterwards.
///
/// That every way leads to the same state is what all tests of this target hang on: their programs flush
/// in all ways in turn, and `audit` compares the rows with the engine's.
@Suite struct StateFlushTests {
    /// The choice among a million states, eight on a page.
    private func choice(
        _ changed: Int, layerPages: Int = 0, newestLayer: UInt32 = 0
    ) -> StateFlush {
        .cheapest(
            changed: changed, of: 1_000_000, pages: 125_000, layerPages: layerPages,
            newestLayer: newestLayer)
    }

    @Test("few states, and nearly all of them, are stored where they are")
    func inPlace() {
        for count in 0...1 {
            let choice = StateFlush.cheapest(
                changed: count, of: count, pages: count, layerPages: 0, newestLayer: 0)
            #expect(choice == .inPlace)
        }
        // A page each is less than the eighth of the pages that a layer's merge will cost.
        #expect(choice(15_000) == .inPlace)
        #expect(choice(900_000) == .inPlace)
    }

    @Test("some out of many become a layer, until that takes more room than all of them")
    func layer() {
        #expect(choice(100_000) == .layer)
        #expect(choice(100_000, layerPages: 112_500, newestLayer: 7) == .layer)
        #expect(choice(100_000, layerPages: 112_501, newestLayer: 7) == .merge)
        #expect(choice(100_000, layerPages: 1, newestLayer: 8) == .merge)
    }

    /// The layers that there are.
    private func layers(_ stored: StoreProgram) throws -> [UInt64] {
        let copy = try TamperedStore(copying: stored.directory)
        return Set(try copy.rows("state_layers").map { number($0.key.prefix(4)) }).sorted()
    }

    @Test("layers come one by one, take what changes again, and are gone after a merge")
    func sequence() throws {
        let stored = try StoreProgram(name: "acme", timezone: "UTC")
        try stored.makeWriters(count: 1)
        var count = 0
        func click(_ partners: ClosedRange<Int>, _ flush: StateFlush) throws {
            let steps = partners.map { partner in
                count += 1
                return Step.line(
                    #"{"id":"\#(count)","type":"click.recorded","partner":"p\#(partner)","#
                        + #""time":"2026-03-01T00:00:00Z"}"#, history: false)
            }
            try stored.run(steps[...], flushing: true, as: flush)
            #expect(throws: Never.self) { try stored.store.audit { _, _ in } }
        }
        try click(0...9, .layer)
        #expect(try layers(stored) == [], "everybody is new")
        try click(0...4, .layer)
        #expect(try layers(stored) == [1])
        try click(3...7, .layer)
        #expect(try layers(stored) == [1, 2])
        try stored.makeWriters(count: 2)
        try click(4...12, .inPlace)
        #expect(try layers(stored) == [1, 2])
        for layer in 3...8 {
            try click(layer...(layer + 1), .layer)
            #expect(try layers(stored).last == UInt64(layer))
        }
        try stored.makeWriters(count: 1)
        try click(2...2, .layer)
        #expect(try layers(stored) == [], "a ninth layer is a merge")
        try click(1...1, .layer)
        try click(0...0, .merge)
        #expect(try layers(stored) == [])
    }

    @Test("a partner of long series is stored whole, and goes on from what is stored")
    func longSeries() throws {
        let definitions = """
            {"segments":[
            {"id":"busy","match":{"clicks":{"over":{"within":{"hours":10}},"at_least":40}}},
            {"id":"calm","match":{"revenue":{"over":{"longer_ago_than":{"hours":9}},"at_most":20}}}]}
            """
        var random = SplitMix64(seed: 5)
        // Newest first, and any way; as instants, and all on one day.
        let minutes = Array((0..<700).reversed()) + random.shuffled(Array(700..<1_400))
        let steps = minutes.map { minute in
            let time = Instants.text(1_772_323_200_000_000 + Int64(minute) * 60_000_000)
            let kind =
                minute % 2 == 0 ? #""click.recorded""# : #""action.recorded","amount":0.05"#
            return Step.line(
                #"{"id":"\#(minute)","type":\#(kind),"partner":"p","time":"\#(time)"}"#,
                history: false)
        }
        func fed(batch: Int) throws -> StoreProgram {
            let stored = try StoreProgram(name: "acme", timezone: "UTC")
            try stored.makeWriters(count: 1)
            try stored.run([.apply(definitions, prune: false)], flushing: false)
            for from in stride(from: 0, to: steps.count, by: batch) {
                try stored.run(steps[from..<min(from + batch, steps.count)], flushing: true)
                try stored.makeWriters(count: 1)
            }
            return stored
        }
        let pieces = try fed(batch: 150)
        #expect(throws: Never.self) { try pieces.store.audit { _, _ in } }
        #expect(try pieces.store.digest() == fed(batch: steps.count).store.digest())
    }
}
