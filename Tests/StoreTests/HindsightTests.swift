import Core
import Engine
import Store
import TestSupport
import Testing

/// The past as it is known later (SPEC 6, `--known-at` and `--corrected`).
@Suite struct HindsightTests {
    @Test(
        "the order of arrival makes no difference in hindsight",
        arguments: Seeds.chosen(or: 0..<40))
    func shuffled(seed: UInt64) throws {
        let kinds = Kinds.all.subtracting([
            .workflows, .automations, .changes, .pruning, .late, .duplicates, .history,
        ])
        let program = RandomProgram(seed: seed, kinds: kinds)
        let steps = RandomHistory(seed: seed, program: program).steps
        var random = SplitMix64(seed: seed &+ 0x4849_4E44)
        let (definitions, lines) = distinct(steps)
        let inOrder = try run(definitions, lines, program)
        let late = try run(definitions, random.shuffled(lines), program)
        let now = try #require(lines.map(\.time).max())
        for segment in try inOrder.store.segments().map(\.id) {
            for _ in 0..<5 {
                let near = random.pick(lines).time + random.int64(in: -1...1)
                let instant = Instant(
                    microseconds: min(
                        now, random.chance(50) ? near : near + random.int64(in: 0...Instants.day)))
                let known = try inOrder.store.members(of: segment, at: .time(instant))
                let expected = Set(known.map(\.partner))
                for stored in [inOrder, late] {
                    let found = try stored.store.members(of: segment, at: instant, in: .now)
                    #expect(
                        Set(found) == expected,
                        "seed \(seed): \(segment) at \(Instants.text(instant.microseconds))")
                }
                let partner = Name(random.pick(lines).partner)
                let answer = try late.store.explainMember(
                    segment, partner, Viewpoint(at: instant, hindsight: .now))
                #expect(answer.isMember == expected.contains(partner), "seed \(seed): \(partner)")
            }
        }
    }

    @Test(
        "what was known at an instant does not change afterwards",
        arguments: Seeds.chosen(or: 50..<70))
    func stable(seed: UInt64) throws {
        let program = RandomProgram(seed: seed, kinds: .all.subtracting([.pruning]))
        let steps = RandomHistory(seed: seed, program: program).steps
        let stored = try StoreProgram(name: program.name, timezone: program.timezone)
        try stored.makeWriters(count: 1)
        var random = SplitMix64(seed: seed)
        var answers: [(segment: Name, at: Instant, knownAt: Instant, members: [Name])] = []
        for batch in stride(from: 0, to: steps.count, by: 9) {
            try stored.run(steps[batch..<min(batch + 9, steps.count)], flushing: false)
            if seed % 2 == 1, random.chance(10) {
                try stored.refreshTimeZone(
                    shiftedBy: random.pick([-7_200, -1_800, 3_600, 20_700]))
            }
            guard let now = try? stored.clock() else { continue }
            // Records may still come at the clock's own instant.
            let knownAt = now.advanced(byMicroseconds: -1)
            let at = knownAt.advanced(byMicroseconds: -random.int64(in: 0...(3 * Instants.day)))
            for segment in try stored.store.segments().map(\.id).prefix(3) {
                guard
                    let members = try? stored.store.members(
                        of: segment, at: at, in: .instant(knownAt))
                else { continue }
                answers.append((segment, at, knownAt, members))
            }
        }
        let partners = Set(distinct(steps).lines.map { Name($0.partner) }).sorted()
        for answer in answers {
            let later = try stored.store.members(
                of: answer.segment, at: answer.at, in: .instant(answer.knownAt))
            #expect(later == answer.members, "seed \(seed): \(answer.segment) at \(answer.at)")
            let view = Viewpoint(at: answer.at, hindsight: .instant(answer.knownAt))
            for partner in partners.filter({ _ in random.chance(30) }) {
                let why = try stored.store.explainMember(answer.segment, partner, view)
                #expect(
                    why.isMember == answer.members.contains(partner),
                    "seed \(seed): \(partner) in \(answer.segment) at \(answer.at)")
                let then = try stored.store.explainMember(
                    answer.segment, partner, Viewpoint(at: answer.knownAt))
                guard then.isCandidate else { continue }
                let report = try stored.store.partner(partner, Viewpoint(at: answer.knownAt))
                #expect(
                    then.isMember == report.memberships.contains { $0.segment == answer.segment },
                    "seed \(seed): \(partner) in \(answer.segment) at \(answer.knownAt)")
            }
        }
        #expect(!answers.isEmpty, "seed \(seed)")
    }

    @Test(
        "without late events hindsight says what was known",
        arguments: Seeds.chosen(or: 100..<120))
    func nothingLate(seed: UInt64) throws {
        let kinds = Kinds.all.subtracting([.late, .changes, .pruning])
        let program = RandomProgram(seed: seed, kinds: kinds)
        let steps = RandomHistory(seed: seed, program: program).steps
        let stored = try StoreProgram(name: program.name, timezone: program.timezone)
        try stored.makeWriters(count: 1)
        try stored.run(steps[...], flushing: true)
        let now = try stored.clock()
        var random = SplitMix64(seed: seed)
        for segment in try stored.store.segments().map(\.id) {
            for back in [0, random.int64(in: 0...(20 * Instants.day)), Instants.hour] {
                let at = now.advanced(byMicroseconds: -back)
                let known = try stored.store.members(of: segment, at: .time(at)).map(\.partner)
                #expect(
                    try stored.store.members(of: segment, at: at, in: .now) == known,
                    "seed \(seed): \(segment) at \(Instants.text(at.microseconds))")
            }
        }
    }

    @Test("what is known can't end before the instant asked about")
    func knownBefore() throws {
        let stored = try StoreProgram(name: "p", timezone: "UTC")
        try stored.makeWriters(count: 1)
        try stored.run(
            [
                .apply(
                    #"{"segments":[{"id":"s","match":{"tag":{"any_of":["x"]}}}]}"#, prune: false),
                .advance(Instants.day * 20_000),
            ], flushing: true)
        let now = try stored.clock()
        let earlier = now.advanced(byMicroseconds: -1)
        #expect(throws: QuestionError.knownBefore(now)) {
            _ = try stored.store.members(of: "s", at: now, in: .instant(earlier))
        }
        #expect(throws: QuestionError.afterNow(now: now)) {
            _ = try stored.store.members(
                of: "s", at: now, in: .instant(now.advanced(byMicroseconds: 1)))
        }
    }

    private typealias Line = (time: Int64, partner: String, step: Step)

    /// Definitions, and lines of which no two have the same time.
    private func distinct(_ steps: [Step]) -> (definitions: [Step], lines: [Line]) {
        var times: Set<Int64> = []
        var lines: [Line] = []
        for case .line(let text, _) in steps {
            let fields = JSONValue(parsing: text)
            guard let time = fields["time"]?.text.flatMap(Instants.parse),
                let partner = fields["partner"]?.text, times.insert(time).inserted
            else { continue }
            lines.append((time, partner, .line(text, history: false)))
        }
        let definitions = steps.filter { if case .apply = $0 { true } else { false } }
        return (Array(definitions.prefix(1)), lines.sorted { $0.time < $1.time })
    }

    private func run(
        _ definitions: [Step], _ lines: [Line], _ program: RandomProgram
    ) throws -> StoreProgram {
        let stored = try StoreProgram(name: program.name, timezone: program.timezone)
        try stored.makeWriters(count: 1)
        try stored.run(definitions[...], flushing: false)
        try stored.run(lines.map(\.step)[...], flushing: true)
        return stored
    }
}
