import TestSupport
import Testing

@Suite("Worked examples on the model")
struct ExampleTests {
    @Test("comes out as worked out by hand", arguments: Example.all)
    func workedExample(_ example: Example) {
        check(example)
    }

    @Test("the default cap is 10,000", arguments: [10_000, 10_001])
    func cap(count: Int) {
        check(Example.cap(count: count))
    }

    private func check(_ example: Example) {
        let model = Model(programName: "acme", timezone: example.timezone, currency: "USD")
        for part in example.resolved {
            switch part {
            case .step(let step): model.run(step)
            case .members(let segment, let partners):
                let now = model.now.map { Instants.text($0) } ?? "unset"
                #expect(
                    model.members(segment: segment) == partners,
                    "\(example.name): \(segment) at \(now)"
                )
            }
        }
        let sends = model.sends.map {
            Example.ExpectedSend(
                $0.source,
                $0.partner,
                at: Instants.text($0.decidedAt),
                reason: $0.reason
            )
        }
        #expect(sends == example.sends, "\(example.name)")
        if let runs = example.runs { #expect(model.runs == runs, "\(example.name)") }
        if let derived = example.derived { #expect(model.derived == derived, "\(example.name)") }
    }
}
