import Core
import Engine

/// A send without what differs between two worlds by nature: numbers and versions.
struct ComparedSend: Hashable {
    var kind: DefinitionKind
    var source: Name
    var partner: PartnerNumber
    var template: Name
    var at: Instant
    var suppressed: SendSuppression?

    init(_ send: Send, _ registry: DefinitionRegistry) {
        let source = registry.sources[Int(send.source)]
        kind = source.kind
        self.source = source.id
        partner = send.partner
        template = registry.templateIDs[Int(send.template)]
        at = send.decidedAt
        suppressed = send.suppressed
    }
}

/// Finds out why a world did not decide a send in the step that it has just done.
///
/// Addresses and suppression are the same in both worlds, as only events from outside change them; so
/// they are never the reason.
struct AbsenceFinder {
    private struct RunKey: Hashable {
        var workflow: SourceNumber
        var at: Instant
    }

    private let world: SimulatedWorld
    private let sends: [PartnerNumber: [ComparedSend]]
    private let transitions: [PartnerNumber: [Transition]]
    private let halts: [PartnerNumber: [Halt]]
    private let blockedRuns: [RunKey: Run]

    init(_ world: SimulatedWorld) {
        self.world = world
        let effects = world.engine.effects
        let registry = world.engine.registry
        sends = Dictionary(
            grouping: effects.sends.map { ComparedSend($0, registry) }, by: \.partner)
        transitions = Dictionary(grouping: effects.transitions, by: \.partner)
        halts = Dictionary(grouping: effects.halts, by: \.partner)
        blockedRuns = Dictionary(
            effects.runs.filter(\.isBlocked).map {
                (RunKey(workflow: $0.workflow, at: $0.at), $0)
            }, uniquingKeysWith: { $1 })
    }

    /// Why the world did not decide a send that the other one decided.
    func reason(for send: ComparedSend) -> SendAbsence {
        let registry = world.engine.registry
        guard let definition = registry.entry(send.kind, send.source)?.definition,
            let source = registry.number(send.kind, send.source)
        else { return .notDefined(send.kind) }
        switch definition {
        case .workflow(let workflow):
            return rule(workflow.state, workflow.actions, send)
                ?? run(of: workflow, source, send)
        case .automation(let automation):
            return rule(automation.state, automation.actions, send)
                ?? firing(of: automation, source, send)
        case .program, .template, .segment: return .notDefined(send.kind)
        }
    }

    /// What can be said of workflows and automations alike.
    private func rule(
        _ state: ActivityState, _ actions: [Action], _ send: ComparedSend
    ) -> SendAbsence? {
        guard state == .active else { return .notActive(send.kind, state) }
        guard actions.contains(.sendEmail(template: send.template)) else {
            return .noSuchAction(template: send.template)
        }
        let same = (sends[send.partner] ?? []).filter {
            $0.kind == send.kind && $0.source == send.source && $0.template == send.template
                && $0.at == send.at
        }
        if same.contains(send) { return .fewerTimes }
        return same.first.map { .otherStatus($0.suppressed) }
    }

    private func run(
        of workflow: Workflow, _ source: SourceNumber, _ send: ComparedSend
    ) -> SendAbsence {
        if let run = blockedRuns[RunKey(workflow: source, at: send.at)] {
            return .runBlocked(withAddress: run.withAddress, cap: workflow.cap)
        }
        guard membership(of: send.partner, in: workflow.segment, at: send.at).isMember else {
            return .notMember(segment: workflow.segment)
        }
        let sends = world.sends(of: source, to: send.partner)
        if let last = sends.first(where: { $0 < send.at }) { return .alreadyActed(at: last) }
        let mark = world.engine.partners[Int(send.partner)].marks.first { $0.source == source }
        // An action of which no send is left was done without one, or only later in the step.
        return mark?.actedAt == nil || !sends.isEmpty
            ? .enteredAfterRun(segment: workflow.segment) : .alreadyActed(at: nil)
    }

    private func firing(
        of automation: Automation, _ source: SourceNumber, _ send: ComparedSend
    ) -> SendAbsence {
        let isHalted = (halts[send.partner] ?? []).contains {
            $0.automation == source && $0.time == send.at
        }
        if isHalted { return .tooDeep }
        switch automation.trigger {
        case .tagAssigned(let tag): return .notAssigned(tag: tag)
        case .segmentEntered(let segment):
            let (isMember, since) = membership(of: send.partner, in: segment, at: send.at)
            return isMember
                ? .alreadyMember(segment: segment, since: since) : .notMember(segment: segment)
        case .segmentLeft(let segment):
            return membership(of: send.partner, in: segment, at: send.at).isMember
                ? .stillMember(segment: segment) : .notMember(segment: segment)
        }
    }

    /// Whether a partner was in a segment at an instant of the step, and since when where that is
    /// known: as things stand, less what moved the partner later.
    ///
    /// Definitions come into force in steps of their own, or before the first instant of one, so they
    /// are never what moved the partner at the instant of a send.
    private func membership(
        of partner: PartnerNumber, in segment: Name, at instant: Instant
    ) -> (isMember: Bool, since: Instant?) {
        let number = world.engine.registry.number(.segment, segment)
        let entry = world.engine.partners[Int(partner)].memberships.first {
            $0.segment == number
        }
        let moves = (transitions[partner] ?? []).filter { $0.segment == number }
        if let last = moves.last(where: { $0.time <= instant }) {
            return (last.entered, last.entered ? last.time : nil)
        }
        // The first move behind the instant says what was the case before it.
        if let first = moves.first { return (!first.entered, nil) }
        return (entry != nil, entry?.since)
    }
}
