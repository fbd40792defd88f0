import TestSupport

extension Outcome {
    /// What came of a program in the reference model.
    init(_ model: Model) {
        let sorted = model.transitions.enumerated().sorted { left, right in
            (left.element.segment, left.element.partner, left.offset)
                < (right.element.segment, right.element.partner, right.offset)
        }
        transitions = sorted.map { _, transition in
            "\(transition.entered ? "enter" : "leave") \(transition.segment) "
                + "\(transition.partner) \(transition.at)"
                + (transition.byDefinition ? " by definition" : "")
        }
        sends = model.sends.map { send in
            "\(send.kind) \(send.source) \(send.partner) \(send.to ?? "-") \(send.template) "
                + "v\(send.templateVersion) \(send.decidedAt) #\(send.ordinal) "
                + (send.reason ?? "pending")
        }
        runs = model.runs.map(Outcome.line)
        derived = model.derived.map(Outcome.line)
        halts = model.cutOffs.map { "\($0.automation) \($0.partner) \($0.at)" }
    }

    static func line(_ run: Run) -> String {
        "\(run.workflow) \(run.at) \(run.members) \(run.withAddress) \(run.sent) \(run.blocked)"
    }

    static func line(_ event: Derived) -> String {
        "\(event.type) \(event.partner) \(event.tag ?? event.contract ?? "-") "
            + "\(event.term ?? "-") \(event.time) at \(event.depth)"
    }
}
