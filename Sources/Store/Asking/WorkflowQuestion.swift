import Core
import Definitions
import Engine
import LMDB

extension Store {
    /// Explains what a workflow did with a partner, or why it did nothing.
    ///
    /// - Throws: ``QuestionError`` where there is no such workflow or partner, or ``StoreError``.
    public func explainWorkflow(_ workflow: Name, _ partner: Name) throws -> WorkflowAnswer {
        try read { transaction, head in
            let catalog = try Catalog(tables, upTo: head.sequence, in: transaction)
            guard !catalog.versions(.workflow, workflow).isEmpty else {
                throw QuestionError.unknown(
                    .workflow, workflow, nearest: nearest(workflow, catalog.ids(.workflow)))
            }
            var texts = TextTable()
            let trail = try PartnerTrail(
                of: partner, in: self, head, catalog, texts: &texts, transaction)
            let question = WorkflowQuestion(
                store: self, head: head, catalog: catalog, trail: trail, texts: texts,
                id: workflow)
            return try question.answer(transaction)
        }
    }
}

/// What a workflow meets in one partner at tops of the hour (SPEC 3, 5).
private struct WorkflowQuestion {
    let store: Store
    let head: Head
    let catalog: Catalog
    let trail: PartnerTrail
    let texts: TextTable
    let id: Name

    /// Stays that are looked at, from the latest back.
    private static let staysMax = 20

    private var zone: ZoneRules { store.zone }

    func answer(_ transaction: borrowing ReadTransaction) throws -> WorkflowAnswer {
        let versions = catalog.versions(.workflow, id)
        guard let version = versions.last, let workflow = try latestDefinition(versions) else {
            throw QuestionError.unknown(.workflow, id, nearest: nil)
        }
        let nextRun = zone.nextHour(after: head.now)
        var answer = WorkflowAnswer(
            workflow: id, version: version.version, segment: workflow.segment,
            sends: try zip(trail.history.sends, trail.sends).filter { isOwn($0.0.source) }.map {
                try store.row(of: $0.0, $0.1, to: trail.history.partner, catalog, transaction)
            }, actedAt: actedAt, stays: [],
            obstacles: try obstacles(at: nextRun, transaction), nextRun: nextRun,
            membership: nil, history: trail.history)
        answer.stays = try stays(in: workflow.segment, transaction)
        let now = MembershipHistory.Moment.time(head.now)
        if let segment = catalog.version(.segment, workflow.segment, at: now),
            segment.canonical != nil
        {
            let explainer = Explainer(
                trail.history, at: head.now,
                definitions: try catalog.definitions(of: workflow.segment, at: now),
                texts: texts, programName: store.program.name, zone: zone)
            var membership = MemberAnswer(
                workflow.segment, version: segment.version, explainer)
            membership.lastTransition = try store.lastTransition(
                of: trail, workflow.segment, at: head.now, catalog, transaction)
            answer.membership = membership
        }
        return answer
    }

    private func latestDefinition(_ versions: [Catalog.Version]) throws -> Workflow? {
        guard let canonical = versions.last(where: { $0.canonical != nil })?.canonical,
            case .workflow(let workflow) = try storedDefinition(
                kind: .workflow, bytes: canonical
            ).definition
        else { return nil }
        return workflow
    }

    private func isOwn(_ source: PartnerHistory.Source?) -> Bool {
        source == PartnerHistory.Source(kind: .workflow, id: id)
    }

    /// When the workflow acted on the partner: what it sent and what it derived shows it.
    private var actedAt: [Instant] {
        let sent = trail.history.sends.filter { isOwn($0.source) }.map(\.decidedAt)
        let derived = trail.history.events.filter { isOwn($0.source) }.map(\.engineTime)
        return Set(sent + derived).sorted()
    }

    // MARK: Stays

    private func stays(
        in segment: Name, _ transaction: borrowing ReadTransaction
    ) throws -> [WorkflowAnswer.Stay] {
        guard let number = catalog.numbers.number(.segment, segment),
            let first = trail.history.events.first?.engineTime
        else { return [] }
        var stays: [WorkflowAnswer.Stay] = []
        var end: Instant?
        try MembershipHistory.eachTransitionBackwards(
            of: number, of: trail.number, at: .time(.never), notBefore: first, store.tables,
            transaction
        ) { transition in
            if transition.entered {
                stays.append(
                    WorkflowAnswer.Stay(
                        from: transition.time, to: end, actedAt: nil, obstacles: []))
            }
            end = transition.time
            return stays.count < Self.staysMax
        }
        for index in stays.indices {
            let stay = stays[index]
            stays[index].actedAt = actedAt.last {
                $0 >= stay.from && $0 <= stay.to ?? head.now
            }
            guard stays[index].actedAt == nil else { continue }
            stays[index].obstacles = try obstacles(in: stay, transaction)
        }
        return stays
    }

    private func obstacles(
        in stay: WorkflowAnswer.Stay, _ transaction: borrowing ReadTransaction
    ) throws -> [WorkflowAnswer.Obstacle] {
        var hour = lastHour(upTo: stay.to ?? head.now)
        // The stay's first and last instant may be tops of the hour whose snapshot lies outside.
        while hour >= stay.from {
            let found = try obstacles(at: hour, transaction)
            if !found.contains(where: { if case .notMember = $0 { true } else { false } }) {
                return found
            }
            hour = lastHour(upTo: hour.advanced(byMicroseconds: -1))
        }
        return [.noTopOfHour]
    }

    private func lastHour(upTo instant: Instant) -> Instant {
        var hour = zone.nextHour(after: instant.advanced(byMicroseconds: -2 * .hour))
        while true {
            let next = zone.nextHour(after: hour)
            guard next <= instant else { return hour }
            hour = next
        }
    }

    // MARK: One top of the hour

    /// What kept the workflow from acting at a top of the hour, or will at one ahead.
    ///
    /// A run sees what happened before it, and rules that came into force before it.
    private func obstacles(
        at hour: Instant, _ transaction: borrowing ReadTransaction
    ) throws -> [WorkflowAnswer.Obstacle] {
        let before = MembershipHistory.Moment.time(hour.advanced(byMicroseconds: -1))
        guard
            case .workflow(let workflow)? = try catalog.definition(.workflow, id, at: before)
        else { return [.notInForce] }
        var obstacles: [WorkflowAnswer.Obstacle] = []
        if workflow.state != .active { obstacles.append(.inactive(workflow.state)) }
        let history = PartnerHistory(
            partner: trail.history.partner,
            events: trail.history.events.filter { $0.engineTime < hour },
            sends: trail.history.sends.filter { $0.decidedAt < hour })
        var recollection = Recollection(
            programName: store.program.name, zone: zone,
            definitions: try catalog.definitions(of: workflow.segment, at: before), texts: texts)
        let number = recollection.learn(history)
        let entry = try lastTransition(in: workflow.segment, at: min(hour, head.now), transaction)
        if !recollection.isMember(number, of: workflow.segment, at: hour) {
            obstacles.append(.notMember(since: entry.flatMap { $0.entered ? nil : $0.time }))
        }
        if workflow.sendsEmail {
            obstacles += unreachable(recollection.partners[Int(number)], history)
        }
        if let acted = actedAt.last(where: { $0 < hour }),
            workflow.repeats == .never || entry?.byDefinition ?? false
                || acted >= entry?.time ?? .never
        {
            obstacles.append(.actedBefore(acted))
        }
        if let run = try blockedRun(at: min(hour, lastHour(upTo: head.now)), transaction) {
            obstacles.append(
                .blocked(at: run.at, withAddress: run.withAddress, cap: workflow.cap))
        }
        return obstacles
    }

    private func lastTransition(
        in segment: Name, at instant: Instant, _ transaction: borrowing ReadTransaction
    ) throws -> Transition? {
        try store.lastTransition(of: trail, segment, at: instant, catalog, transaction)
    }

    private func unreachable(
        _ state: PartnerState, _ history: PartnerHistory
    ) -> [WorkflowAnswer.Obstacle] {
        if state.address == nil {
            return [
                .noAddress(event: Explainer.suppressingEvent(in: history, reason: .noAddress))
            ]
        }
        guard let suppression = state.suppression else { return [] }
        let event = Explainer.suppressingEvent(
            in: history, reason: SendSuppression(suppression))
        return [.suppressed(suppression, event: event)]
    }

    private func blockedRun(
        at hour: Instant, _ transaction: borrowing ReadTransaction
    ) throws -> RunRow? {
        guard let number = catalog.numbers.number(.workflow, id),
            let run = try store.run(of: number, at: hour, head, catalog, transaction),
            run.isBlocked
        else { return nil }
        return run
    }
}
