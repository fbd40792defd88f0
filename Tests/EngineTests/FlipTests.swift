import Core
import Engine
import TestSupport
import Testing

/// What the engine says of the future (the next flip, a verdict at a later instant, and until when
/// it surely holds) against naive evaluation, at random points of random programs.
@Suite struct FlipTests {
    /// Each block makes far more; a generator that goes quiet must not pass unseen.
    private static let comparisonsMin = 5_000

    @Test(
        "flips and later verdicts agree with the model",
        arguments: Seeds.blocks(of: 40, or: 0..<200))
    func agrees(seeds: Range<UInt64>) throws {
        var comparisons = 0
        var flips = 0
        for seed in seeds {
            let program = RandomProgram(seed: seed)
            let steps = RandomHistory(seed: seed, program: program).steps
            var random = SplitMix64(seed: seed &+ 0x464C_4950)
            let model = Model(
                programName: program.name, timezone: program.timezone,
                currency: program.currency)
            var engine = try EngineProgram(name: program.name, timezone: program.timezone)
            let places: Set<Int> = [
                steps.count - 1, random.int(in: 1...(steps.count - 1)),
                random.int(in: 1...(steps.count - 1)),
            ]
            for (index, step) in steps.enumerated() {
                try engine.run(step)
                model.run(step)
                guard places.contains(index), model.now != nil else { continue }
                var comparing = FutureComparing(model, engine, random: random.split())
                comparing.run()
                comparisons += comparing.comparisons
                flips += comparing.flips
                if let fault = comparing.fault {
                    Issue.record(
                        """
                        seed \(seed), \(program.timezone), after step \(index): \(fault)
                        \(steps[...index].map(\.description).joined(separator: "\n"))
                        """)
                    return
                }
            }
        }
        #expect(comparisons >= Self.comparisonsMin)
        #expect(flips >= 5)
    }
}

/// Compares every partner's future in every segment, by one program's state.
private struct FutureComparing {
    let model: Model
    let engine: Engine
    var random: SplitMix64
    var comparisons = 0
    var flips = 0
    var fault: String?

    /// How far ahead instants are tried, in microseconds: beyond every window that is generated.
    private static let reach = 500 * Instants.day

    init(_ model: Model, _ program: EngineProgram, random: SplitMix64) {
        self.model = model
        engine = program.engine
        self.random = random
    }

    mutating func run() {
        let now = engine.now.microseconds
        check(now == model.now, "the engine's clock is \(now), the model's differs")
        check(
            engine.segmentsInForce.map(\.id.description) == model.segmentIDs,
            "other segments are in force")
        // Instants at which something happens to somebody are tried on everybody.
        var known: [Int64] = []
        for (segment, _) in engine.segmentsInForce {
            for partner in engine.partners.indices {
                if let flip = engine.nextFlip(on: PartnerNumber(partner), segment: segment) {
                    known.append(flip.microseconds)
                }
            }
        }
        for (segment, id) in engine.segmentsInForce {
            for (index, partner) in model.partnerIDs.enumerated() where fault == nil {
                compare(segment, id.description, PartnerNumber(index), partner, known)
            }
        }
    }

    private mutating func compare(
        _ segment: SegmentNumber, _ id: String, _ number: PartnerNumber, _ partner: String,
        _ known: [Int64]
    ) {
        let now = engine.now.microseconds
        let place = "\(id), \(partner)"
        func expected(_ instant: Int64) -> Bool {
            model.evaluate(segment: id, partner: partner, at: instant)
        }
        let isMember = expected(now)
        check(
            isMember == engine.members[Int(segment)].contains(number),
            "\(place): membership differs now")

        let flip = engine.nextFlip(on: number, segment: segment)?.microseconds
        var instants = [now, now + 1]
        if let flip {
            flips += 1
            check(flip > now, "\(place): the flip \(Instants.text(flip)) is not ahead of now")
            check(
                expected(flip) != isMember,
                "\(place): no flip at \(Instants.text(flip)), from \(isMember)")
            check(
                expected(flip - 1) == isMember,
                "\(place): flipped before \(Instants.text(flip)), from \(isMember)")
            instants += [flip - 1, flip, flip + 1]
        }
        // Nothing happens on the way to the flip, or ever.
        let end = flip ?? now + Self.reach
        for _ in 0..<3 {
            var instant = random.int64(in: now...max(now, end - 1))
            if !known.isEmpty, random.chance(50) {
                let other = random.pick(known)
                if (now..<end).contains(other) { instant = other }
            }
            check(
                expected(instant) == isMember,
                "\(place): a flip before \(flip.map { Instants.text($0) } ?? "never"), by "
                    + "\(Instants.text(instant))")
        }
        for _ in 0..<3 {
            let length = random.pick([Instants.hour, Instants.day, 40 * Instants.day, Self.reach])
            var instant = now + random.int64(in: 0...length)
            if !known.isEmpty, random.chance(30) {
                instant = max(now, random.pick(known) + random.pick([-1, 0, 1]))
            }
            instants.append(instant)
        }
        for instant in instants {
            let verdict = engine.verdict(
                on: number, segment: segment, at: Instant(microseconds: instant))
            check(
                verdict.isMember == expected(instant),
                "\(place): the verdict at \(Instants.text(instant)) is \(verdict.isMember)")
            let until = min(verdict.holdsUntil.microseconds, instant + Self.reach)
            check(until > instant, "\(place): a verdict that ends before it begins")
            guard until > instant else { return }
            for later in [until - 1, random.int64(in: instant...(until - 1))] {
                check(
                    expected(later) == verdict.isMember,
                    "\(place): the verdict at \(Instants.text(instant)) should hold until "
                        + "\(Instants.text(until)), but not at \(Instants.text(later))")
            }
        }
    }

    private mutating func check(_ isRight: Bool, _ message: @autoclosure () -> String) {
        comparisons += 1
        if !isRight, fault == nil { fault = message() }
    }
}
