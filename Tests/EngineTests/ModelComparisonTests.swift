import TestSupport
import Testing

/// Random programs and histories through the engine and through the brute-force model: every
/// transition, send, run and derived event must be the same, to the microsecond.
///
/// A failure is shrunk to few steps and printed with its seed.
@Suite struct ModelComparisonTests {
    @Test(
        "agrees with the model on random programs", arguments: Seeds.blocks(of: 20, or: 0..<2_000))
    func agrees(seeds: Range<UInt64>) throws {
        compare(seeds, isAhead: false)
    }

    @Test(
        "agrees with the model where events are ahead of the clock",
        arguments: Seeds.blocks(of: 20, or: 0..<500))
    func ahead(seeds: Range<UInt64>) throws {
        compare(seeds, isAhead: true)
    }

    private func compare(_ seeds: Range<UInt64>, isAhead: Bool) {
        for seed in seeds {
            let program = RandomProgram(seed: seed)
            let steps = RandomHistory(seed: seed, program: program, isAhead: isAhead).steps
            guard Self.difference(program, steps) != nil else { continue }
            let short = shrink(steps, triesMax: 600) { Self.difference(program, $0) != nil }
            Issue.record(
                """
                seed \(seed), \(program.timezone): \(Self.difference(program, short) ?? "")
                \(short.map(\.description).joined(separator: "\n"))
                """)
            return
        }
    }

    static func difference(_ program: RandomProgram, _ steps: [Step]) -> String? {
        let model = Model(
            programName: program.name, timezone: program.timezone, currency: program.currency)
        do {
            var engine = try EngineProgram(name: program.name, timezone: program.timezone)
            for step in steps {
                try engine.run(step)
                model.run(step)
            }
            return engine.finished().difference(from: Outcome(model))
        } catch {
            return "\(error)"
        }
    }
}
