import Core

/// Workflows at the top of the hour (SPEC 3, 5).
extension Engine {
    /// Whether any active workflow would leave a record if it ran now.
    var hasRunWork: Bool {
        for (position, rule) in rules.workflows.enumerated() where rule.isActive {
            if candidates[position].count > 0 || isBlocked(rule) { return true }
        }
        return false
    }

    func isBlocked(_ rule: RuleSet.WorkflowRule) -> Bool {
        rule.workflow.sendsEmail && withAddress[Int(rule.segment)] > rule.workflow.cap
    }

    /// Runs all active workflows on one snapshot: every one chooses its partners before any acts.
    mutating func runWorkflows(
        fetching fetch: (PartnerNumber) throws -> PartnerState
    ) rethrows {
        var chosen: [(position: Int, run: Run, partners: [PartnerNumber])] = []
        for (position, rule) in rules.workflows.enumerated() where rule.isActive {
            let isBlocked = isBlocked(rule)
            let partners = isBlocked ? [] : candidates[position].members
            guard isBlocked || !partners.isEmpty else { continue }
            let segment = Int(rule.segment)
            let run = Run(
                workflow: rule.source, at: now, sequence: 0, members: members[segment].count,
                withAddress: withAddress[segment], sent: 0, isBlocked: isBlocked)
            chosen.append((position, run, partners))
        }
        guard !chosen.isEmpty else { return }
        recordBoundaryIfNeeded()
        var mailed = PartnerSet()
        for choice in chosen {
            let rule = rules.workflows[choice.position]
            var run = choice.run
            run.sequence = context.sequence
            for partner in choice.partners {
                try admit(partner, fetching: fetch)
                let emails = act(rule, position: choice.position, on: partner)
                run.sent += emails
                if emails > 0, !context.isHistory { mailed.set(partner, to: true) }
            }
            effects.runs.append(run)
        }
        reevaluate(mailed.members, depth: 1)
        drainQueue()
    }

    /// Does a workflow's actions for one partner, and marks it as acted on.
    ///
    /// - Returns: How many emails were decided.
    private mutating func act(
        _ rule: RuleSet.WorkflowRule, position: Int, on partner: PartnerNumber
    ) -> Int {
        var emails = 0
        for action in rule.actions {
            if case .sendEmail(let template, let version) = action {
                decideSend(
                    rule.source, partner, template: template, version: version,
                    suppressed: context.isHistory ? .history : nil)
                emails += 1
            } else {
                enqueue(action, partner, source: rule.source, depth: 1)
            }
        }
        var mark = partners[Int(partner)].marks.mark(of: rule.source)
        partners[Int(partner)].stepCount += 1
        mark.actedAt = partners[Int(partner)].stepCount
        partners[Int(partner)].setMark(mark)
        changedPartners.insert(partner)
        candidates[position].set(partner, to: false)
        return emails
    }

    // MARK: Candidates

    /// Keeps the candidates of a segment's workflows in step after one partner's change.
    mutating func updateCandidates(_ partner: PartnerNumber, _ segment: SegmentNumber) {
        guard !rules.segmentWorkflows[Int(segment)].isEmpty else { return }
        let row = Int(partner)
        let entry = partners[row].memberships.first { $0.segment == segment }
        let (marks, isReachable) = (partners[row].marks, partners[row].isReachable)
        for position in rules.segmentWorkflows[Int(segment)] {
            let isChosen = isCandidate(
                entry, marks: marks, isReachable: isReachable, position)
            candidates[position].set(partner, to: isChosen)
        }
    }

    /// Whether a workflow would act on a partner: a member whom it can reach, and on whom it has not
    /// acted yet, or where it repeats not since the partner last entered (SPEC 5).
    ///
    /// The entry is the partner's membership of the workflow's segment, if it is in it.
    func isCandidate(
        _ entry: MembershipEntry?, marks: [SourceMark], isReachable: Bool, _ position: Int
    ) -> Bool {
        guard let entry, !rules.workflows[position].workflow.sendsEmail || isReachable else {
            return false
        }
        return mayAct(in: entry, marks: marks, position)
    }

    /// Whether what a workflow has done to a partner leaves it free to act in a stay in its segment.
    func mayAct(in entry: MembershipEntry, marks: [SourceMark], _ position: Int) -> Bool {
        let rule = rules.workflows[position]
        guard let actedAt = marks.mark(of: rule.source).actedAt else { return true }
        return rule.workflow.repeats == .onReentry && !entry.isByDefinition
            && entry.step > actedAt
    }

    /// Keeps address counts and candidates in step after an address or a suppression changed.
    mutating func updateReachability(_ partner: PartnerNumber, hadAddress: Bool) {
        let hasAddress = partners[Int(partner)].address != nil
        for entry in partners[Int(partner)].memberships {
            if hasAddress != hadAddress {
                withAddress[Int(entry.segment)] += hasAddress ? 1 : -1
            }
            updateCandidates(partner, entry.segment)
        }
    }

    /// Finds the candidates of all workflows anew, after definitions changed.
    mutating func recountCandidates() {
        candidates = Array(repeating: PartnerSet(), count: rules.workflows.count)
        for (segment, positions) in rules.segmentWorkflows.enumerated() where !positions.isEmpty {
            for partner in members[segment].members {
                updateCandidates(partner, SegmentNumber(segment))
            }
        }
    }
}
