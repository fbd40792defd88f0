import Core
import Definitions
import Engine
import Store
import Wire

/// Explanations for people: a line a fact, parts below what they are part of, two columns further in.
struct ExplanationText {
    private(set) var lines: [String] = []

    private mutating func add(_ depth: Int, _ text: String) {
        lines.append(String(repeating: "  ", count: depth) + text.withoutControls)
    }

    // MARK: Memberships

    mutating func add(_ answer: MemberAnswer) {
        let place = answer.isMember ? "in" : "not in"
        var head =
            "\(answer.history.partner) is \(place) \(answer.segment), version \(answer.version), at "
            + timestampText(answer.at)
        if let knownAt = answer.knownAt {
            head += ", as known at \(timestampText(knownAt))"
        } else if let last = answer.lastTransition {
            head += ", since \(timestampText(last.time)) (record \(last.sequence)"
            head += last.byDefinition ? ", by definition)" : ")"
        }
        add(0, head)
        if !answer.isCandidate {
            add(0, "no event had named it by then, and who has none is in no segment")
        }
        if let flip = answer.flipsAt {
            add(0, "if nothing happens, until \(timestampText(flip))")
        }
        add(answer.explanation, answer.history, depth: 0)
    }

    /// A condition and its parts.
    mutating func add(_ explanation: Explanation, _ history: PartnerHistory, depth: Int) {
        let verdict = explanation.holds ? "yes" : "no "
        func line(_ text: String) -> String {
            let flip = explanation.flipsAt.map { ", until \(timestampText($0))" } ?? ""
            return "\(verdict)  \(text)\(flip)"
        }
        switch explanation.form {
        case .all(let parts):
            add(depth, line("all of"))
            for part in parts { add(part, history, depth: depth + 1) }
        case .any(let parts):
            add(depth, line("any of"))
            for part in parts { add(part, history, depth: depth + 1) }
        case .not(let part):
            add(depth, line("not"))
            add(part, history, depth: depth + 1)
        case .segment(let name, let part):
            add(depth, line("in segment \(name)"))
            if let part {
                add(part, history, depth: depth + 1)
            } else {
                add(depth + 1, "as above")
            }
        case .leaf(let leaf, let finding):
            add(depth, line(Self.flow(writtenLeaf(leaf))))
            add(depth + 2, "found \(Self.text(finding.value))" + Self.text(finding.window))
            for cause in finding.causes.list { add(depth + 2, Self.text(cause, history)) }
        }
    }

    // MARK: Sends

    mutating func add(_ answer: SendAnswer) {
        let send = answer.send
        let status = Self.status(of: send)
        add(
            0,
            "\(String(decoding: send.id, as: UTF8.self)) to \(send.partner) "
                + "<\(send.to?.description ?? "no address")>: \(status)")
        add(
            0,
            "template \(send.template) version \(send.templateVersion), decided at "
                + "\(timestampText(send.decidedAt)) by record \(send.sequence)")
        if let delivery = send.delivery { add(0, Self.text(delivery)) }
        if let event = answer.suppressedBy { add(0, "suppressed by \(Self.event(event))") }
        let source = "\(send.kind.word) \(send.source), version \(answer.sourceVersion)"
        switch answer.cause {
        case .run(let run, let membership):
            add(
                0,
                "because \(source) ran then: \(run.members) in \(membership.segment), "
                    + "\(run.withAddress) with an address, \(run.sent) sent")
            add(membership)
        case .tag(let tag, let event):
            add(0, "because \(source) answers to the tag \(tag)")
            if let event { add(0, "assigned by \(Self.event(event, answer.history))") }
        case .segment(let entered, let membership):
            let verb = entered ? "entering" : "leaving"
            add(0, "because \(source) answers to \(verb) \(membership.segment)")
            add(membership)
        }
    }

    // MARK: Workflows

    mutating func add(_ answer: WorkflowAnswer) {
        add(
            0,
            "workflow \(answer.workflow), version \(answer.version), and "
                + "\(answer.history.partner)")
        if answer.actedAt.isEmpty { add(0, "it has not acted on this partner") }
        for instant in answer.actedAt {
            let sends = answer.sends.filter { $0.decidedAt == instant }.map { send in
                String(decoding: send.id, as: UTF8.self) + " "
                    + Self.status(of: send)
            }
            add(
                0,
                "it acted at \(timestampText(instant))"
                    + (sends.isEmpty ? "" : ": " + sends.joined(separator: ", ")))
        }
        let next = "at the next top of the hour, \(timestampText(answer.nextRun)),"
        if answer.obstacles.isEmpty {
            add(0, "\(next) it will act, if nothing happens before")
        } else {
            add(0, "\(next) it will not act:")
            for obstacle in answer.obstacles {
                add(1, Self.text(obstacle, answer.history, ahead: true))
            }
        }
        if !answer.stays.isEmpty { add(0, "stays in \(answer.segment), the latest first:") }
        for stay in answer.stays {
            let end = stay.to.map { "to \(timestampText($0))" } ?? "until now"
            let what =
                stay.actedAt.map { "acted at \(timestampText($0))" }
                ?? (stay.obstacles.isEmpty
                    ? "not acted yet"
                    : "not acted: "
                        + stay.obstacles.map { Self.text($0, answer.history) }
                        .joined(separator: "; "))
            add(1, "from \(timestampText(stay.from)) \(end): \(what)")
        }
        if let membership = answer.membership { add(membership) }
    }

    private static func text(
        _ obstacle: WorkflowAnswer.Obstacle, _ history: PartnerHistory, ahead: Bool = false
    ) -> String {
        switch obstacle {
        case .notInForce: "the workflow was not in force"
        case .overAnother(let segment): "the workflow was over the segment \(segment) then"
        case .inactive(let state):
            "the workflow \(ahead ? "is" : "was") \(state == .draft ? "a draft" : state.word)"
        case .notMember(.some(let since)):
            "not a member since \(timestampText(since))"
        case .notMember(nil): "not a member, and never was"
        case .noTopOfHour: "no top of the hour fell into the stay"
        case .history:
            "history lasts until a record that is none: what it mails before that is recorded as "
                + "suppressed, and counts as done"
        case .noAddress(let event):
            "no address"
                + (event.map { ": removed by \(Self.event($0, history))" } ?? ": none was given")
        case .suppressed(let suppression, let event):
            SendSuppression(suppression).word
                + (event.map { " by \(Self.event($0, history))" } ?? "")
        case .actedBefore(let instant): "it had acted before, at \(timestampText(instant))"
        case .blocked(let at, let withAddress, let cap):
            "the run at \(timestampText(at)) \(ahead ? "will be" : "was") blocked: \(withAddress) with an address, "
                + "the cap is \(cap)"
        }
    }

    // MARK: Parts

    private static func text(_ delivery: Delivery) -> String {
        let due =
            delivery.status == .waiting
            ? ", to be tried again from \(timestampText(delivery.dueAt)) on" : ""
        return "so since \(timestampText(delivery.changedAt)), after "
            + counted(delivery.attempts, "attempt") + due
    }

    private static func status(of send: SendRow) -> String {
        send.status.rawValue + (send.reason.map { ", \($0)" } ?? "")
    }

    private static func text(_ value: LookedAt) -> String {
        switch value {
        case .nothing: "nothing"
        case .names(let names): names.map(\.description).joined(separator: ", ")
        case .contracts(let contracts):
            contracts.map { contract in
                "\(contract.contract) \(contract.stage.word)"
                    + (contract.term.map { " under \($0)" } ?? "")
            }.joined(separator: ", ")
        case .value(.text(let text)): written(text.description)
        case .value(.number(let number)): number.description
        case .value(.flag(let flag)): String(flag)
        case .instant(let instant): timestampText(instant)
        case .sum(let sum), .count(let sum): millionthsText(sum)
        }
    }

    private static func text(_ window: WindowSpan?) -> String {
        switch window {
        case nil: ""
        case .days(let from, let to):
            (from.map { " from \(dateText($0))" } ?? "") + (to.map { " to \(dateText($0))" } ?? "")
        case .instants(let after, let to):
            (after.map { " after \(timestampText($0))" } ?? "")
                + (to.map { " to \(timestampText($0))" } ?? "")
        }
    }

    private static func text(_ cause: Cause, _ history: PartnerHistory) -> String {
        switch cause {
        case .event(let index): return "because of \(event(index, history))"
        case .send(let index):
            let send = history.sends[index]
            return "because of \(send.id) from \(send.source.id) at "
                + "\(timestampText(send.decidedAt)), record \(send.sequence)"
        }
    }

    private static func event(_ index: Int, _ history: PartnerHistory) -> String {
        event(history.events[index])
    }

    private static func event(_ past: PartnerHistory.PastEvent) -> String {
        "\(past.id) (\(past.event.content.typeWord)) at \(timestampText(past.event.time)), "
            + "record \(past.sequence)"
    }

    /// A text, in quotes where it looks like a value of another kind.
    private static func written(_ text: String) -> String {
        let words = ["true", "false", "null"]
        let isNumber = parseDecimal(Array(text.utf8).span) != nil
        return words.contains(text) || isNumber ? "\"\(text)\"" : text
    }

    /// JSON as an operator would write it in one line of YAML.
    private static func flow(_ node: JSONNode) -> String {
        switch node.value {
        case .object(let members):
            let parts = members.map {
                "\(String(decoding: $0.key, as: UTF8.self)): \(flow($0.value))"
            }
            return "{\(parts.joined(separator: ", "))}"
        case .array(let nodes): return "[\(nodes.map { flow($0) }.joined(separator: ", "))]"
        case .string(let text): return written(String(decoding: text, as: UTF8.self))
        case .number(_, let text): return String(decoding: text, as: UTF8.self)
        case .bool(let flag): return String(flag)
        case .null: return "null"
        }
    }
}
