import TestSupport
import Testing

/// The model against itself: what it did by trying instants must agree with naive evaluation at
/// every step, and one seed must always mean the same.
@Suite("Random programs on the model")
struct RandomTests {
    private func model(_ program: RandomProgram) -> Model {
        Model(programName: program.name, timezone: program.timezone, currency: program.currency)
    }

    @Test(
        "membership equals naive evaluation after every step",
        arguments: Seeds.chosen(or: 0..<60))
    func membershipIsNaive(seed: UInt64) {
        let program = RandomProgram(seed: seed)
        let model = model(program)
        for step in RandomHistory(seed: seed, program: program).steps {
            model.run(step)
            guard let now = model.now else { continue }
            for segment in model.segmentIDs {
                let naive = model.partnerIDs.filter {
                    model.evaluate(segment: segment, partner: $0, at: now)
                }
                #expect(model.members(segment: segment) == naive, "seed \(seed), \(segment)")
            }
        }
    }

    @Test("no flip lies between the boundaries", arguments: Seeds.chosen(or: 0..<30))
    func noFlipIsMissed(seed: UInt64) {
        // Without anything that acts, membership moves by time alone; so the transitions up to an
        // instant must account for naive evaluation at any instant on the way.
        let kinds = Kinds.all.subtracting([.workflows, .automations])
        let program = RandomProgram(seed: seed, kinds: kinds)
        let steps = RandomHistory(seed: seed, program: program).steps
        let model = model(program)
        for step in steps { model.run(step) }
        guard let start = model.now else { return }
        var random = SplitMix64(seed: seed)
        let instants = (0..<200).map { _ in
            start + random.int64(in: 0...(40 * Instants.day))
        }.sorted()
        for instant in instants {
            var naive: [String: [String]] = [:]
            for segment in model.segmentIDs {
                naive[segment] = model.partnerIDs.filter {
                    model.evaluate(segment: segment, partner: $0, at: instant)
                }
            }
            model.advance(to: instant)
            for segment in model.segmentIDs {
                #expect(
                    model.members(segment: segment) == naive[segment],
                    "seed \(seed), \(segment)"
                )
            }
        }
    }

    @Test(
        "transitions of one partner and segment alternate",
        arguments: Seeds.chosen(or: 100..<130))
    func transitionsAlternate(seed: UInt64) {
        let program = RandomProgram(seed: seed)
        let model = model(program)
        for step in RandomHistory(seed: seed, program: program).steps { model.run(step) }
        var inside: Set<String> = []
        for transition in model.transitions {
            let pair = transition.segment + "\n" + transition.partner
            let isNew =
                transition.entered ? inside.insert(pair).inserted : inside.remove(pair) != nil
            #expect(isNew, "seed \(seed): \(transition)")
        }
    }

    @Test("a seed means the same every time")
    func seedsAreStable() {
        for seed in UInt64(0)..<20 {
            let first = RandomHistory(seed: seed, program: RandomProgram(seed: seed)).steps
            let second = RandomHistory(seed: seed, program: RandomProgram(seed: seed)).steps
            #expect(first == second)
        }
    }

    @Test("shrinking leaves the two elements that matter")
    func shrinking() {
        let smallest = shrink(Array(0..<100)) { $0.contains(17) && $0.contains(80) }
        #expect(smallest == [17, 80])
    }
}
