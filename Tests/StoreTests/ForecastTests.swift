import Core
import Store
import TestSupport
import Testing

/// What `forecast` says, against what then happens when the clock advances and no event comes.
@Suite struct ForecastTests {
    @Test("a forecast comes true", arguments: Seeds.chosen(or: 0..<40))
    func comesTrue(seed: UInt64) throws {
        let program = RandomProgram(seed: seed)
        let steps = RandomHistory(seed: seed, program: program).steps
        var random = SplitMix64(seed: seed &+ 0x464F_5245)
        let stored = try StoreProgram(name: program.name, timezone: program.timezone)
        try stored.makeWriters(count: 1)
        // Without the closing advance, and up to anywhere, so that much is still ahead.
        let end = random.int(in: steps.count / 2...(steps.count - 1))
        try stored.run(steps[..<end], flushing: random.chance(50))
        guard let now = stored.now else { return }
        let instant = now.advanced(
            byMicroseconds: random.pick([0, 1, Instants.hour, Instants.day, 40 * Instants.day])
                + random.int64(in: 0...Instants.day))

        let segments = try stored.store.segments().map(\.id)
        var forecasts: [[ForecastRow]] = []
        var members: [[Name]] = []
        for segment in segments {
            forecasts.append(try stored.store.forecast(segment, to: instant))
            members.append(try stored.store.members(of: segment, at: .now).map(\.partner))
        }
        try stored.run([.advance(instant.microseconds)], flushing: false)
        for (segment, (forecast, before)) in zip(segments, zip(forecasts, members)) {
            #expect(
                forecast.allSatisfy { $0.at > now && $0.at <= instant }, "seed \(seed), \(segment)")
            #expect(forecast.map(\.at) == forecast.map(\.at).sorted(), "seed \(seed), \(segment)")
            // Every instant at which the forecast has somebody move, those around it, and the end.
            var moments = forecast.map(\.at)
            moments += moments.map { $0.advanced(byMicroseconds: -1) } + [now, instant]
            for _ in 0..<5 {
                let span = instant.microseconds - now.microseconds
                moments.append(now.advanced(byMicroseconds: random.int64(in: 0...span)))
            }
            for moment in moments where moment >= now {
                var expected = Set(before)
                for row in forecast where row.at <= moment {
                    if row.enters {
                        #expect(expected.insert(row.partner).inserted, "seed \(seed), \(segment)")
                    } else {
                        #expect(expected.remove(row.partner) != nil, "seed \(seed), \(segment)")
                    }
                }
                let found = try stored.store.members(of: segment, at: .time(moment))
                #expect(
                    Set(found.map(\.partner)) == expected,
                    "seed \(seed), \(segment) at \(Instants.text(moment.microseconds))")
            }
        }
    }

    @Test(
        "the next flip of a partner is the first of its forecast",
        arguments: Seeds.chosen(or: 0..<20))
    func nextFlips(seed: UInt64) throws {
        let kinds = Kinds.all.subtracting([.workflows, .automations])
        let program = RandomProgram(seed: seed, kinds: kinds)
        let steps = RandomHistory(seed: seed, program: program).steps
        let stored = try StoreProgram(name: program.name, timezone: program.timezone)
        try stored.makeWriters(count: 1)
        try stored.run(steps[..<(steps.count * 2 / 3)], flushing: false)
        guard let now = stored.now else { return }
        let instant = now.advanced(byMicroseconds: 40 * Instants.day)
        let segments = try stored.store.segments().map(\.id)
        let forecasts = try segments.map { try stored.store.forecast($0, to: instant) }
        try compareFlips(stored, segments, forecasts, until: instant)
    }

    /// Compares `next_flip` of every partner with the first that a forecast has it do.
    private func compareFlips(
        _ stored: StoreProgram, _ segments: [Name], _ forecasts: [[ForecastRow]],
        until instant: Instant
    ) throws {
        for partner in ["p1", "p2", "p3", "P1", "p10", "zoë", "a b"] as [Name] {
            guard let report = try? stored.store.partner(partner, Viewpoint()) else { continue }
            for (segment, forecast) in zip(segments, forecasts) {
                let inside = report.memberships.first { $0.segment == segment }
                let outside = report.ahead.first { $0.segment == segment }
                let flip: Instant? = inside?.nextFlip ?? outside?.at
                let first = forecast.first { $0.partner == partner }?.at
                #expect(
                    flip.flatMap { $0 <= instant ? $0 : nil } == first, "\(partner), \(segment)")
            }
        }
    }

    @Test("a question without an answer says why")
    func errors() throws {
        let stored = try StoreProgram(name: "acme", timezone: "UTC")
        try stored.makeWriters(count: 1)
        let tagged = #"{"segments":[{"id":"vips","match":{"tag":{"any_of":["vip"]}}}]}"#
        try stored.run([.apply(tagged, prune: false)], flushing: false)
        let noon = Instant(microseconds: 1_700_000_000_000_000)
        #expect(throws: QuestionError.afterNow(now: nil)) {
            try stored.store.forecast("vips", to: noon)
        }
        try stored.run([.advance(noon.microseconds)], flushing: false)
        #expect(try stored.store.forecast("vips", to: noon).isEmpty)
        #expect(throws: QuestionError.beforeNow(now: noon)) {
            try stored.store.forecast("vips", to: noon.advanced(byMicroseconds: -1))
        }
        #expect(throws: QuestionError.unknown(.segment, "vip", nearest: "vips")) {
            try stored.store.forecast("vip", to: noon)
        }
    }
}
