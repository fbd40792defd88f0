import Core
import Engine
import TestSupport
import Testing

/// The worked examples through the engine: what was worked out by hand must come of them.
@Suite struct ExampleTests {
    @Test("comes out as worked out by hand", arguments: Example.all)
    func workedExample(_ example: Example) throws {
        try check(example)
    }

    @Test("the default cap is 10,000", arguments: [10_000, 10_001])
    func cap(count: Int) throws {
        try check(Example.cap(count: count))
    }

    private func check(_ example: Example) throws {
        var program = try EngineProgram(name: "acme", timezone: example.timezone)
        var checks = 0
        for part in example.resolved {
            switch part {
            case .step(let step): try program.run(step)
            case .members(let segment, let partners):
                checks += 1
                #expect(
                    program.members(segment: segment) == partners,
                    "\(example.name): \(segment) at \(Instants.text(program.engine.now.microseconds))"
                )
            }
        }
        #expect(checks > 0 || !example.sends.isEmpty, "\(example.name) checks nothing")

        let sends = program.effects.sends.map { send in
            Example.ExpectedSend(
                program.source(send.source), program.partner(send.partner),
                at: Instants.text(send.decidedAt.microseconds), reason: send.suppressed?.word)
        }
        #expect(sends == example.sends, "\(example.name)")
        let outcome = program.finished()
        if let runs = example.runs {
            #expect(outcome.runs == runs.map(Outcome.line), "\(example.name)")
        }
        if let derived = example.derived {
            #expect(outcome.derived == derived.map(Outcome.line), "\(example.name)")
        }
    }
}

extension EngineProgram {
    func partner(_ number: PartnerNumber) -> String {
        engine.partnerIDs.name(TextID(number: number)).description
    }

    func source(_ number: SourceNumber) -> String {
        engine.registry.sources[Int(number)].id.description
    }

    /// The number of a segment in force.
    func number(ofSegment id: String) -> SegmentNumber? {
        engine.segmentsInForce.first { $0.id.description == id }?.number
    }

    /// The members by now, in order of first appearance; none where no such segment is in force.
    func members(segment id: String) -> [String] {
        guard let number = number(ofSegment: id) else { return [] }
        return engine.members[Int(number)].members.map(partner)
    }
}
