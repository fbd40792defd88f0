extension Model {
    /// Moves the clock, processing every boundary after `now` and not after `target` in order.
    func move(to target: Int64) {
        guard var now else {
            // Setting the clock fires no boundary.
            self.now = target
            return
        }
        while let boundary = nextBoundary(after: now, upTo: target) {
            self.now = boundary
            process(boundary: boundary, after: now)
            now = boundary
        }
        self.now = max(now, target)
    }

    private func nextBoundary(after now: Int64, upTo target: Int64) -> Int64? {
        guard now < target else { return nil }
        var candidates = [calendar.midnight(after: now)]
        if definitions.workflows.values.contains(where: \.isActive) {
            candidates.append(calendar.topOfHour(after: now))
        }
        for partner in partners {
            if let instant = partner.rolling.first(where: { $0 > now }) {
                candidates.append(instant)
            }
        }
        return candidates.filter { $0 <= target }.min()
    }

    private func process(boundary: Int64, after last: Int64) {
        // (1) Everything that the new instant changes.
        let isMidnight = calendar.midnight(after: last) == boundary
        var moved: [(partner: Partner, triggers: [Trigger])] = []
        for partner in partners where isMidnight || partner.rolling.contains(boundary) {
            let found = evaluate(partner, at: boundary, byDefinition: false)
            if !found.isEmpty { moved.append((partner, found.map(Trigger.init))) }
        }

        // (2) Automations, then those who were sent something again, then the queue.
        var emailed: [Partner] = []
        for (partner, triggers) in moved {
            if fire(triggers, for: partner, causedAt: boundary, depth: 0) {
                emailed.append(partner)
            }
        }
        for partner in emailed { reevaluate(partner, depth: 1) }
        workOffQueue()

        // (3) Workflows.
        if calendar.topOfHour(after: last) == boundary { runWorkflows(at: boundary) }
    }

    /// All active workflows choose on one snapshot; only then do their actions take effect.
    private func runWorkflows(at top: Int64) {
        var chosen: [(id: String, workflow: Workflow, partners: [Partner])] = []
        for id in definitions.ids(.workflows) {
            guard let workflow = definitions.workflows[id], workflow.isActive else { continue }
            let sendsEmail = workflow.emailCount > 0
            let members = partners.filter {
                entries[Pair(first: workflow.segment, second: $0.id)] != nil
            }
            let withAddress = members.filter { $0.facts.email != nil }.count
            let isBlocked = sendsEmail && withAddress > workflow.cap
            let eligible = members.filter { partner in
                guard isDue(id, workflow, partner) else { return false }
                let isReachable = partner.facts.email != nil && partner.facts.suppression == nil
                return !sendsEmail || isReachable
            }
            guard isBlocked || !eligible.isEmpty else { continue }
            runs.append(
                Run(
                    workflow: id,
                    at: top,
                    members: members.count,
                    withAddress: withAddress,
                    sent: isBlocked ? 0 : eligible.count * workflow.emailCount,
                    blocked: isBlocked
                )
            )
            if !isBlocked { chosen.append((id, workflow, eligible)) }
        }

        var emailed: Set<String> = []
        for (id, workflow, eligible) in chosen {
            for partner in eligible {
                acted[Pair(first: id, second: partner.id)] = takeOrdinal()
                let isSent = act(
                    workflow.actions,
                    kind: "workflow",
                    source: id,
                    for: partner,
                    depth: 1,
                    isStale: false
                )
                if isSent { emailed.insert(partner.id) }
            }
        }
        for partner in partners where emailed.contains(partner.id) {
            reevaluate(partner, depth: 1)
        }
        workOffQueue()
    }

    /// Whether the workflow has still to act on this member, address and suppression aside.
    private func isDue(_ id: String, _ workflow: Workflow, _ partner: Partner) -> Bool {
        guard let last = acted[Pair(first: id, second: partner.id)] else { return true }
        guard workflow.repeatsOnReentry,
            let entry = entries[Pair(first: workflow.segment, second: partner.id)]
        else { return false }
        return entry.ordinal > last && !entry.isByDefinition
    }
}
