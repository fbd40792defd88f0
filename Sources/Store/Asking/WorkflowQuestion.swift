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
            let acts = try WorkflowActs(
                of: workflow, on: trail, in: self, head, catalog, transaction)
            let question = WorkflowQuestion(
                store: self, head: head, catalog: catalog, trail: trail, texts: texts,
                id: workflow, acts: acts)
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
    let acts: WorkflowActs

    private struct StayBounds {
        var entry: Transition
        var leaving: Transition?
    }

    /// Stays that are looked at, from the latest back.
    private static let staysMax = 20

    private var zone: ZoneRules { store.zone }

    func answer(_ transaction: borrowing ReadTransaction) throws -> WorkflowAnswer {
        let versions = catalog.versions(.workflow, id)
        guard let version = versions.last, let workflow = try latestDefinition(versions) else {
            throw QuestionError.unknown(.workflow, id, nearest: nil)
        }
        let membership = try membership(in: workflow.segment, transaction)
        return WorkflowAnswer(
            workflow: id, version: version.version, segment: workflow.segment,
            sends: try zip(trail.history.sends, trail.sends).filter { isOwn($0.0.source) }.map {
                try store.row(of: $0.0, $0.1, to: trail.history.partner, catalog, transaction)
            }, actedAt: acts.list.map(\.at), stays: try stays(in: workflow.segment, transaction),
            obstacles: try obstaclesAhead(since: membership?.lastTransition, transaction),
            nextRun: zone.nextHour(after: head.now), membership: membership,
            history: trail.history)
    }

    /// The membership now; nil where the segment is not in force.
    private func membership(
        in segment: Name, _ transaction: borrowing ReadTransaction
    ) throws -> MemberAnswer? {
        let now = LogPlace.time(head.now)
        guard let version = catalog.version(.segment, segment, at: now),
            version.canonical != nil
        else { return nil }
        let explainer = Explainer(
            trail.history, at: head.now,
            definitions: try catalog.definitions(of: segment, at: now), texts: texts,
            programName: store.program.name, zone: try store.zone(at: now, transaction))
        var membership = MemberAnswer(segment, version: version.version, explainer)
        membership.lastTransition = try store.lastTransition(
            of: trail, segment, at: head.now, catalog, transaction)
        return membership
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

    // MARK: Stays

    private func stays(
        in segment: Name, _ transaction: borrowing ReadTransaction
    ) throws -> [WorkflowAnswer.Stay] {
        guard let number = catalog.numbers.number(.segment, segment),
            let first = trail.history.events.first?.engineTime
        else { return [] }
        var bounds: [StayBounds] = []
        var leaving: Transition?
        try MembershipHistory.eachTransitionBackwards(
            of: number, of: trail.number, at: .time(.never), notBefore: first, store.tables,
            transaction
        ) { transition in
            if transition.entered {
                bounds.append(StayBounds(entry: transition, leaving: leaving))
            }
            leaving = transition
            return bounds.count < Self.staysMax
        }
        var actedAt: [Instant?] = Array(repeating: nil, count: bounds.count)
        for act in acts.list {
            // What a run's own emails moved carries the run's record and seems to come before it.
            let begun = bounds.indices.filter { act.comesAfter(bounds[$0].entry) }
            let lasting = begun.first { place in
                bounds[place].leaving.map { !act.comesAfter($0) } ?? true
            }
            if let place = lasting ?? begun.first { actedAt[place] = act.at }
        }
        return try zip(bounds, actedAt).map { stay, acted in
            WorkflowAnswer.Stay(
                from: stay.entry.time, to: stay.leaving?.time, actedAt: acted,
                obstacles: try acted == nil ? obstacles(in: stay, of: segment, transaction) : [])
        }
    }

    private func obstacles(
        in stay: StayBounds, of segment: Name, _ transaction: borrowing ReadTransaction
    ) throws -> [WorkflowAnswer.Obstacle] {
        // What an event or `apply` did at a top of the hour is behind its runs, unless an automation
        // derived the event at the boundary itself.
        let isBehindRuns =
            stay.entry.byDefinition
            || trail.history.events.contains {
                $0.sequence == stay.entry.sequence && $0.source?.kind != .automation
            }
        var hour = lastHour(upTo: stay.leaving?.time ?? head.now)
        while hour > stay.entry.time || hour == stay.entry.time && !isBehindRuns {
            if let found = try obstacles(at: hour, in: stay, of: segment, transaction) {
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

    /// What kept the workflow from acting at a top of the hour of a stay; nil where the partner was not a
    /// member on the snapshot.
    ///
    /// A run sees what happened before it, and rules that came into force before it.
    private func obstacles(
        at hour: Instant, in stay: StayBounds, of segment: Name,
        _ transaction: borrowing ReadTransaction
    ) throws -> [WorkflowAnswer.Obstacle]? {
        let before = LogPlace.time(hour.advanced(byMicroseconds: -1))
        guard
            case .workflow(let workflow)? = try catalog.definition(.workflow, id, at: before)
        else { return [.notInForce] }
        guard workflow.segment == segment else {
            return [.overAnother(segment: workflow.segment)]
        }
        let definitions = try catalog.definitions(of: segment, at: before)
        let rules = try store.zone(at: before, transaction)
        for history in snapshots(at: hour) {
            var recollection = Recollection(
                programName: store.program.name, zone: rules, definitions: definitions,
                texts: texts)
            let number = recollection.learn(history)
            guard recollection.isMember(number, of: segment, at: hour) else { continue }
            let state = recollection.partners[Int(number)]
            let found = try obstacles(
                to: workflow, at: hour, in: stay, state, history, transaction)
            // Where nothing was in the way of a stay that ends here, it ended before the snapshot.
            if !found.isEmpty || stay.leaving?.time != hour { return found }
        }
        return nil
    }

    /// What a run at a top of the hour may have seen of the partner: what happened before that hour, and
    /// the same with what automations did at the boundary.
    ///
    /// They act before workflows run and again on what runs did; the log does not tell the two apart.
    private func snapshots(at hour: Instant) -> [PartnerHistory] {
        let history = trail.history
        let before = PartnerHistory(
            partner: history.partner, events: history.events.filter { $0.engineTime < hour },
            sends: history.sends.filter { $0.decidedAt < hour })
        let atHour = history.events.filter { $0.engineTime == hour }
        let derived = atHour.prefix { $0.source?.kind == .automation }
        let next = atHour.dropFirst(derived.count).first?.sequence ?? .max
        let sent = history.sends.filter {
            $0.decidedAt == hour && $0.source.kind == .automation && $0.sequence < next
        }
        guard !derived.isEmpty || !sent.isEmpty else { return [before] }
        var after = before
        after.events += derived
        after.sends += sent
        return [before, after]
    }

    /// What kept a workflow from acting on a member whose state and history a snapshot saw.
    private func obstacles(
        to workflow: Workflow, at hour: Instant, in stay: StayBounds, _ state: PartnerState,
        _ history: PartnerHistory, _ transaction: borrowing ReadTransaction
    ) throws -> [WorkflowAnswer.Obstacle] {
        var obstacles: [WorkflowAnswer.Obstacle] = []
        if workflow.state != .active { obstacles.append(.inactive(workflow.state)) }
        if workflow.sendsEmail {
            obstacles += unreachable(
                hasAddress: state.address != nil, state.suppression, history)
        }
        if let acted = acts.list.last(where: { $0.at < hour }),
            workflow.repeats == .never || stay.entry.byDefinition
        {
            obstacles.append(.actedBefore(acted.at))
        }
        if let number = catalog.numbers.number(.workflow, id),
            let run = try store.run(of: number, at: hour, head, catalog, transaction),
            run.isBlocked
        {
            obstacles.append(
                .blocked(at: run.at, withAddress: run.withAddress, cap: workflow.cap))
        }
        return obstacles
    }

    /// What will keep the workflow from acting at the next top of the hour if no event comes, as an engine
    /// that goes there finds it.
    private func obstaclesAhead(
        since last: Transition?, _ transaction: borrowing ReadTransaction
    ) throws -> [WorkflowAnswer.Obstacle] {
        let states = StoredStates(tables: store.tables)
        var engine = try LoadedEngine(store, in: transaction).engine
        let found = try engine.outlook(of: id, on: trail.number) {
            try states.state(of: $0, in: transaction)
        }
        guard let outlook = found else { return [.notInForce] }
        let workflow = outlook.workflow
        var obstacles: [WorkflowAnswer.Obstacle] = []
        if workflow.state != .active { obstacles.append(.inactive(workflow.state)) }
        if !outlook.isMember { obstacles.append(.notMember(since: outlook.movesAt ?? last?.time)) }
        if workflow.sendsEmail {
            obstacles += unreachable(
                hasAddress: outlook.hasAddress, outlook.suppression, trail.history)
        }
        if outlook.hasActed, let acted = acts.list.last {
            obstacles.append(.actedBefore(acted.at))
        }
        if workflow.sendsEmail, outlook.isHistory { obstacles.append(.history) }
        if outlook.isBlocked {
            obstacles.append(
                .blocked(at: outlook.hour, withAddress: outlook.withAddress, cap: workflow.cap))
        }
        return obstacles
    }

    private func unreachable(
        hasAddress: Bool, _ suppression: Suppression?, _ history: PartnerHistory
    ) -> [WorkflowAnswer.Obstacle] {
        guard hasAddress else {
            return [
                .noAddress(event: Explainer.suppressingEvent(in: history, reason: .noAddress))
            ]
        }
        guard let suppression else { return [] }
        let event = Explainer.suppressingEvent(
            in: history, reason: SendSuppression(suppression))
        return [.suppressed(suppression, event: event)]
    }
}
