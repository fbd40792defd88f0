import Core
import Definitions
import Engine
import Store
import Wire

/// Explanations for programs (SPEC 6): `Schemas/explain.schema.json` says what each key means.
enum ExplanationTree {
    static func tree(_ answer: MemberAnswer) -> Tree {
        .object(members(answer))
    }

    static func tree(_ answer: SendAnswer) -> Tree {
        let send = answer.send
        var because: [(String, Tree)] = [
            (send.kind.word, .cell(Cell(send.source))),
            ("version", .cell(.number(Int(answer.sourceVersion)))),
        ]
        switch answer.cause {
        case .run(let run, let membership):
            because.append(("run", tree(run)))
            because.append(("membership", tree(membership)))
        case .tag(let tag, let event):
            because.append(("tag_assigned", .cell(Cell(tag))))
            because.append(("event", Self.event(event, in: answer.history)))
        case .segment(let entered, let membership):
            let key = entered ? "segment_entered" : "segment_left"
            because.append((key, .cell(Cell(membership.segment))))
            because.append(("membership", tree(membership)))
        }
        return .object([
            ("send", tree(send)), ("delivery", send.delivery.map { tree($0) } ?? .null),
            ("because", .object(because)),
            ("suppressed_by", answer.suppressedBy.map { event($0) } ?? .null),
        ])
    }

    static func tree(_ answer: WorkflowAnswer) -> Tree {
        func obstacles(_ list: [WorkflowAnswer.Obstacle]) -> Tree {
            .list(list.map { tree($0, answer.history) })
        }
        return .object([
            ("workflow", .cell(Cell(answer.workflow))),
            ("version", .cell(.number(Int(answer.version)))),
            ("partner", .cell(Cell(answer.history.partner))),
            ("segment", .cell(Cell(answer.segment))),
            ("acted_at", .list(answer.actedAt.map { .cell(.instant($0)) })),
            ("sends", .list(answer.sends.map { tree($0) })),
            ("next_run", .cell(.instant(answer.nextRun))),
            ("obstacles", obstacles(answer.obstacles)),
            (
                "stays",
                .list(
                    answer.stays.map { stay in
                        .object([
                            ("from", .cell(.instant(stay.from))), ("to", instant(stay.to)),
                            ("acted_at", instant(stay.actedAt)),
                            ("obstacles", obstacles(stay.obstacles)),
                        ])
                    })
            ),
            ("membership", answer.membership.map { tree($0) } ?? .cell(.null)),
        ])
    }

    // MARK: Parts

    private static func members(_ answer: MemberAnswer) -> [(String, Tree)] {
        var members: [(String, Tree)] = [
            ("segment", .cell(Cell(answer.segment))),
            ("version", .cell(.number(Int(answer.version)))),
            ("partner", .cell(Cell(answer.history.partner))), ("at", .cell(.instant(answer.at))),
        ]
        if let knownAt = answer.knownAt { members.append(("known_at", .cell(.instant(knownAt)))) }
        members.append(("member", .cell(.flag(answer.isMember))))
        members.append(("candidate", .cell(.flag(answer.isCandidate))))
        if answer.knownAt == nil {
            members += [
                ("since", instant(answer.lastTransition?.time)),
                ("seq", answer.lastTransition.map { .cell(.number(Int($0.sequence))) } ?? .null),
                ("by_definition", .cell(.flag(answer.lastTransition?.byDefinition ?? false))),
            ]
        }
        members.append(("flips_at", instant(answer.flipsAt)))
        members.append(("condition", condition(answer.explanation, answer.history)))
        return members
    }

    static func condition(_ explanation: Explanation, _ history: PartnerHistory) -> Tree {
        var members: [(String, Tree)] = [
            ("holds", .cell(.flag(explanation.holds))), ("flips_at", instant(explanation.flipsAt)),
        ]
        switch explanation.form {
        case .all(let parts): members.append(("all", .list(parts.map { condition($0, history) })))
        case .any(let parts): members.append(("any", .list(parts.map { condition($0, history) })))
        case .not(let part): members.append(("not", condition(part, history)))
        case .segment(let name, let part):
            members.append(("segment", .cell(Cell(name))))
            if let part { members.append(("condition", condition(part, history))) }
        case .leaf(let leaf, let finding):
            members.append(("leaf", .json(writtenLeaf(leaf))))
            members.append(("value", value(finding.value)))
            if let window = finding.window { members.append(("window", tree(window))) }
            members.append(("because", .list(finding.causes.list.map { cause($0, history) })))
            members.append(("decisive", .cell(.flag(finding.causes.areDecisive))))
        }
        return .object(members)
    }

    private static func value(_ value: LookedAt) -> Tree {
        switch value {
        case .nothing: return .null
        case .names(let names): return .cell(.list(names))
        case .contracts(let contracts):
            return .list(
                contracts.map { contract in
                    .object([
                        ("contract", .cell(Cell(contract.contract))),
                        ("stage", .cell(Cell(contract.stage.word))),
                        ("template_term", contract.term.map { .cell(Cell($0)) } ?? .null),
                    ])
                })
        case .value(.text(let text)): return .cell(Cell(text))
        case .value(.number(let number)): return .cell(.decimal(number.description))
        case .value(.flag(let flag)): return .cell(.flag(flag))
        case .instant(let instant): return .cell(.instant(instant))
        case .sum(let sum): return .cell(.decimal(millionthsText(sum)))
        case .count(let count): return .cell(.decimal(millionthsText(count)))
        }
    }

    private static func tree(_ window: WindowSpan) -> Tree {
        switch window {
        case .days(let from, let to):
            .object([
                ("from", from.map { .cell(Cell(dateText($0))) } ?? .null),
                ("to", to.map { .cell(Cell(dateText($0))) } ?? .null),
            ])
        case .instants(let after, let to):
            .object([("after", instant(after)), ("to", instant(to))])
        }
    }

    private static func cause(_ cause: Cause, _ history: PartnerHistory) -> Tree {
        switch cause {
        case .event(let index): event(index, in: history)
        case .send(let index):
            .object([
                ("send", .cell(Cell(history.sends[index].id))),
                ("seq", .cell(.number(Int(history.sends[index].sequence)))),
                ("time", .cell(.instant(history.sends[index].decidedAt))),
            ])
        }
    }

    private static func event(_ index: Int?, in history: PartnerHistory) -> Tree {
        index.map { event(history.events[$0]) } ?? .null
    }

    private static func event(_ past: PartnerHistory.PastEvent) -> Tree {
        .object([
            ("event", .cell(Cell(past.id))), ("seq", .cell(.number(Int(past.sequence)))),
            ("time", .cell(.instant(past.event.time))),
            ("type", .cell(Cell(past.event.content.typeWord))),
        ])
    }

    private static func tree(_ run: RunRow) -> Tree {
        .object([
            ("workflow", .cell(Cell(run.workflow))), ("at", .cell(.instant(run.at))),
            ("members", .cell(.number(run.members))),
            ("with_address", .cell(.number(run.withAddress))),
            ("sent", .cell(.number(run.sent))), ("blocked", .cell(.flag(run.isBlocked))),
        ])
    }

    private static func tree(_ send: SendRow) -> Tree {
        .object(
            zip(SendRows.columns, SendRows.cells(send)).compactMap { column, cell in
                if column == "reason", case .null = cell { return nil }
                return (column, .cell(cell))
            })
    }

    private static func tree(_ delivery: Delivery) -> Tree {
        .object([
            ("attempts", .cell(.number(Int(delivery.attempts)))),
            ("changed_at", .cell(.instant(delivery.changedAt))),
            ("due_at", instant(delivery.status == .waiting ? delivery.dueAt : nil)),
            ("detail", delivery.detail.bytes.isEmpty ? .null : .cell(Cell(delivery.detail))),
        ])
    }

    private static func tree(
        _ obstacle: WorkflowAnswer.Obstacle, _ history: PartnerHistory
    ) -> Tree {
        var members: [(String, Tree)] = [("reason", .cell(Cell(obstacle.word)))]
        switch obstacle {
        case .notInForce, .inactive, .noTopOfHour, .history: break
        case .overAnother(let segment): members.append(("segment", .cell(Cell(segment))))
        case .notMember(let since): members.append(("since", instant(since)))
        case .noAddress(let event), .suppressed(_, let event):
            members.append(("event", Self.event(event, in: history)))
        case .actedBefore(let instant): members.append(("at", .cell(.instant(instant))))
        case .blocked(let at, let withAddress, let cap):
            members += [
                ("at", .cell(.instant(at))), ("with_address", .cell(.number(withAddress))),
                ("cap", .cell(.number(cap))),
            ]
        }
        return .object(members)
    }

    private static func instant(_ instant: Instant?) -> Tree {
        instant.map { .cell(.instant($0)) } ?? .null
    }
}

extension Tree {
    static let null = Tree.cell(.null)
}

extension WorkflowAnswer.Obstacle {
    /// The reason's word in outputs.
    var word: String {
        switch self {
        case .notInForce: "not_in_force"
        case .overAnother: "other_segment"
        case .inactive(let state): state.word
        case .notMember: "not_a_member"
        case .noTopOfHour: "no_top_of_the_hour"
        case .noAddress: "no_address"
        case .suppressed(let suppression, _): SendSuppression(suppression).word
        case .actedBefore: "acted_before"
        case .blocked: "blocked"
        case .history: "history"
        }
    }
}
