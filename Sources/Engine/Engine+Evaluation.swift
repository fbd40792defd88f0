import Core

/// Leaves, segments and transitions of one partner (SPEC 4).
extension Engine {
    /// Evaluates every leaf that time can change, or all of them, and all segments; finds when to
    /// look again.
    ///
    /// - Returns: The transitions, as positions in the effects.
    mutating func evaluateFully(_ partner: PartnerNumber, allLeaves: Bool) -> Range<Int> {
        if allLeaves {
            evaluate(rules.leaves.indices, of: partner)
        } else {
            evaluate(rules.timeLeaves, of: partner)
        }
        return evaluateSegments(partner, byDefinition: false)
    }

    /// Evaluates leaves among which are all that time can change.
    private mutating func evaluate(_ list: some Sequence<Int>, of partner: PartnerNumber) {
        let time = evaluationTime
        let state = partners[Int(partner)]
        let leaves = rules.leaves
        let base = Int(partner) * leaves.count
        var freshUntil = Instant.never
        for leaf in list {
            let truth = leaves.span[leaf].truth(
                for: state, number: partner, ids: partnerIDs, texts: texts, at: time)
            leafBits[base + leaf] = truth.value
            scratch.leafHorizons[leaf] = truth.horizon
            freshUntil = min(freshUntil, truth.horizon)
        }
        partners[Int(partner)].freshUntil = freshUntil
    }

    /// Evaluates all segments on leaf bits and horizons that are all fresh.
    private mutating func evaluateSegments(
        _ partner: PartnerNumber, byDefinition: Bool
    ) -> Range<Int> {
        let formulas = rules.formulas
        let order = rules.evaluationOrder
        let base = Int(partner) * rules.leaves.count
        let bits = base..<(base + rules.leaves.count)
        var due = Instant.never
        for number in order {
            let truth = formulas.truth(
                of: number, leaves: leafBits.span.extracting(bits),
                leafHorizons: scratch.leafHorizons.span,
                segments: scratch.segmentValues.span,
                segmentHorizons: scratch.segmentHorizons.span)
            scratch.segmentValues[Int(number)] = truth.value
            scratch.segmentHorizons[Int(number)] = truth.horizon
            due = min(due, truth.horizon)
        }
        schedule(partner, at: due)
        noteAll(partner, order)
        return commitChanges(partner, byDefinition: byDefinition)
    }

    /// Notes every verdict that differs from the partner's memberships.
    private mutating func noteAll(_ partner: PartnerNumber, _ order: [SegmentNumber]) {
        for entry in partners[Int(partner)].memberships {
            scratch.isMarked[Int(entry.segment)] = true
        }
        scratch.changed.removeAll(keepingCapacity: true)
        for number in order
        where scratch.segmentValues[Int(number)] != scratch.isMarked[Int(number)] {
            note(scratch.segmentValues[Int(number)], partner, number)
        }
        for entry in partners[Int(partner)].memberships {
            scratch.isMarked[Int(entry.segment)] = false
        }
    }

    /// Evaluates the touched leaves, and of the segments only those that a changed one can move.
    mutating func evaluateTouched(_ partner: PartnerNumber) -> Range<Int> {
        let index = Int(partner)
        if partners[index].freshUntil <= now {
            // Some leaf that no segment cared for has gone stale: look at all that time can change.
            let touched = scratch.touched.filter { !rules.leaves[$0].dependsOnTime }
            evaluate(touched + rules.timeLeaves, of: partner)
            return evaluateSegments(partner, byDefinition: false)
        }
        let time = evaluationTime
        let leaves = rules.leaves
        let state = partners[index]
        let base = index * leaves.count
        scratch.generation += 1
        var horizon = Instant.never
        var hasMarks = false
        for leaf in scratch.touched {
            let truth = leaves.span[leaf].truth(
                for: state, number: partner, ids: partnerIDs, texts: texts, at: time)
            scratch.leafHorizons[leaf] = truth.horizon
            scratch.evaluatedIn[leaf] = scratch.generation
            horizon = min(horizon, truth.horizon)
            // A segment is looked at where a leaf of its changed, or may change before it is due.
            guard leafBits[base + leaf] != truth.value || truth.horizon < state.due else {
                continue
            }
            leafBits[base + leaf] = truth.value
            hasMarks = true
            for segment in rules.leafSegments[leaf] { scratch.isMarked[Int(segment)] = true }
        }
        partners[index].freshUntil = min(state.freshUntil, horizon)
        guard hasMarks else { return effects.transitions.count..<effects.transitions.count }
        evaluateMarked(partner, state, at: time)
        return commitChanges(partner, byDefinition: false)
    }

    /// Evaluates the marked segments, each after those that it names, and looks again when the
    /// earliest of them may change.
    private mutating func evaluateMarked(
        _ partner: PartnerNumber, _ state: PartnerState, at time: EvaluationTime
    ) {
        let formulas = rules.formulas
        let leaves = rules.leaves
        let base = Int(partner) * leaves.count
        var due = state.due
        scratch.changed.removeAll(keepingCapacity: true)
        for number in rules.evaluationOrder where scratch.isMarked[Int(number)] {
            scratch.isMarked[Int(number)] = false
            guard let rule = rules.segments[Int(number)] else { continue }
            for leaf in rule.timeLeaves where scratch.evaluatedIn[leaf] != scratch.generation {
                let truth = leaves.span[leaf].truth(
                    for: state, number: partner, ids: partnerIDs, texts: texts, at: time)
                scratch.leafHorizons[leaf] = truth.horizon
                scratch.evaluatedIn[leaf] = scratch.generation
            }
            for named in rule.named {
                scratch.segmentValues[Int(named)] = members[Int(named)].contains(partner)
                // Nothing that it hangs on changes before the earliest leaf does.
                scratch.segmentHorizons[Int(named)] = partners[Int(partner)].freshUntil
            }
            let truth = formulas.truth(
                of: number,
                leaves: leafBits.span.extracting(base..<(base + leaves.count)),
                leafHorizons: scratch.leafHorizons.span,
                segments: scratch.segmentValues.span,
                segmentHorizons: scratch.segmentHorizons.span)
            due = min(due, truth.horizon)
            guard members[Int(number)].contains(partner) != truth.value else { continue }
            note(truth.value, partner, number)
            for dependent in rule.dependents { scratch.isMarked[Int(dependent)] = true }
        }
        if due < state.due { schedule(partner, at: due) }
    }

    /// Moves the partner into or out of a segment's set, and notes it.
    private mutating func note(
        _ value: Bool, _ partner: PartnerNumber, _ number: SegmentNumber
    ) {
        members[Int(number)].set(partner, to: value)
        scratch.changed.append((rules.segments[Int(number)]?.rank ?? 0, number, value))
    }

    /// Turns noted changes into transitions, by segment id, and keeps everything that follows from
    /// membership in step.
    private mutating func commitChanges(
        _ partner: PartnerNumber, byDefinition: Bool
    ) -> Range<Int> {
        let start = effects.transitions.count
        guard !scratch.changed.isEmpty else { return start..<start }
        let index = Int(partner)
        changedPartners.insert(partner)
        scratch.changed.sort { $0.rank < $1.rank }
        for (_, segment, entered) in scratch.changed {
            effects.transitions.append(
                Transition(
                    segment: segment, partner: partner, time: now,
                    sequence: max(context.sequence, sequence), entered: entered,
                    byDefinition: byDefinition))
            if partners[index].address != nil { withAddress[Int(segment)] += entered ? 1 : -1 }
            if entered {
                partners[index].stepCount += 1
                partners[index].memberships.append(
                    MembershipEntry(
                        segment: segment, since: now, step: partners[index].stepCount,
                        isByDefinition: byDefinition))
            } else {
                partners[index].memberships.removeAll { $0.segment == segment }
            }
            updateCandidates(partner, segment)
        }
        return start..<effects.transitions.count
    }

    private mutating func schedule(_ partner: PartnerNumber, at due: Instant) {
        guard partners[Int(partner)].due != due else { return }
        partners[Int(partner)].due = due
        dueQueue.add(partner, at: due)
    }

    // MARK: Definitions

    /// Moves everybody into and out of segments as the new definitions or zone rules have it; fires
    /// nothing.
    public mutating func finishDefinitions() {
        unfilledSlots = []
        resizeForRules()
        for (segment, rule) in rules.segments.enumerated() where rule == nil {
            retire(SegmentNumber(segment))
        }
        for partner in partners.indices {
            evaluate(rules.leaves.indices, of: PartnerNumber(partner))
            _ = evaluateSegments(PartnerNumber(partner), byDefinition: true)
        }
        recountCandidates()
    }

    private mutating func retire(_ segment: SegmentNumber) {
        for partner in members[Int(segment)].members {
            scratch.changed = [(0, segment, false)]
            members[Int(segment)].set(partner, to: false)
            _ = commitChanges(partner, byDefinition: true)
        }
    }

    /// Fits tables to the rules; candidates are left for `recountCandidates`.
    mutating func resizeForRules() {
        let segmentCount = rules.segments.count
        while members.count < segmentCount {
            members.append(PartnerSet())
            withAddress.append(0)
        }
        leafBits = Array(repeating: false, count: partners.count * rules.leaves.count)
        scratch.leafHorizons = Array(repeating: .never, count: rules.leaves.count)
        scratch.evaluatedIn = Array(repeating: 0, count: rules.leaves.count)
        scratch.segmentValues = Array(repeating: false, count: segmentCount)
        scratch.segmentHorizons = Array(repeating: .never, count: segmentCount)
        scratch.isMarked = Array(repeating: false, count: segmentCount)
        candidates = Array(repeating: PartnerSet(), count: rules.workflows.count)
    }
}
