import Core

/// Leaves, segments and transitions of one partner (SPEC 4).
extension Engine {
    /// Evaluates all leaves and segments, whatever was found before.
    ///
    /// - Returns: The transitions, as positions in the effects.
    mutating func evaluateAll(_ partner: PartnerNumber, byDefinition: Bool) -> Range<Int> {
        let row = Int(partner)
        let time = evaluationTime
        for leaf in 0..<rules.leaves.lastingCount {
            leafFlags[row, leaf] = truth(ofLeaf: leaf, partner, at: time).value
        }
        memberFlags.clear(row)
        for entry in partners[row].memberships {
            if let position = rules.positions[Int(entry.segment)] {
                memberFlags[row, position] = true
            }
        }
        dueFlags.clear(row)
        partners[row].dues.removeAll(keepingCapacity: true)
        scratch.marked.insertAll(below: rules.programs.count)
        return evaluateMarked(partner, at: time, byDefinition: byDefinition)
    }

    /// Evaluates what an event can have changed: of the touched leaves those that last, and the segments
    /// that name one that changed or that may pass.
    mutating func evaluateTouched(_ partner: PartnerNumber) -> Range<Int> {
        let row = Int(partner)
        let time = evaluationTime
        for leaf in scratch.touched {
            if leaf < rules.leaves.lastingCount {
                let value = truth(ofLeaf: leaf, partner, at: time).value
                guard leafFlags[row, leaf] != value else { continue }
                leafFlags[row, leaf] = value
            }
            scratch.marked.formUnion(rules.leafSegments, row: leaf)
        }
        return evaluateMarked(partner, at: time, byDefinition: false)
    }

    /// Evaluates the segments that are due now among some.
    mutating func evaluate(
        _ partner: PartnerNumber, dueAmong entries: ArraySlice<DueQueue.Entry>
    ) -> Range<Int> {
        for entry in entries {
            let isDue = partners[Int(partner)].dues.contains {
                $0.segment == entry.segment && $0.at == now
            }
            if isDue, let position = rules.positions[Int(entry.segment)] {
                scratch.marked.insert(position)
            }
        }
        return evaluateMarked(partner, at: evaluationTime, byDefinition: false)
    }

    /// The verdict of one leaf; mutating, so that the partner's state need not be copied.
    private mutating func truth(
        ofLeaf leaf: Int, _ partner: PartnerNumber, at time: EvaluationTime
    ) -> Truth {
        partners[Int(partner)].truth(
            of: leaf, in: rules.leaves, number: partner, ids: partnerIDs, texts: texts, at: time)
    }

    /// Evaluates the marked segments, each after those that it names, and notes when to look again.
    private mutating func evaluateMarked(
        _ partner: PartnerNumber, at time: EvaluationTime, byDefinition: Bool
    ) -> Range<Int> {
        let row = Int(partner)
        scratch.generation += 1
        scratch.changed.removeAll(keepingCapacity: true)
        var word = 0
        while let position = scratch.marked.removeFirst(from: &word) {
            let truth = truth(of: position, partner, at: time)
            setDue(truth.horizon, partner, position)
            guard memberFlags[row, position] != truth.value else { continue }
            memberFlags[row, position] = truth.value
            let program = rules.programs[position]
            members[Int(program.number)].set(partner, to: truth.value)
            scratch.changed.append((program.rank, program.number, truth.value))
            for place in program.dependents { scratch.marked.insert(rules.links[place]) }
        }
        return commitChanges(partner, byDefinition: byDefinition)
    }

    /// The verdict of one segment, on the flags of lasting leaves and the others as they are now.
    private mutating func truth(
        of position: Int, _ partner: PartnerNumber, at time: EvaluationTime
    ) -> Truth {
        let row = Int(partner)
        let program = rules.programs[position]
        guard program.gate.isOpen(leafFlags.words.span.extracting(leafFlags.range(row)))
        else { return .no }
        for place in program.leaves {
            let leaf = rules.links[place]
            guard scratch.evaluatedIn[leaf] != scratch.generation else { continue }
            scratch.evaluatedIn[leaf] = scratch.generation
            scratch.leaves[leaf] =
                leaf < rules.leaves.lastingCount
                ? .always(leafFlags[row, leaf]) : truth(ofLeaf: leaf, partner, at: time)
        }
        for place in program.named {
            let named = rules.links[place]
            // When its verdict changes, this segment is looked at again: time alone does nothing.
            scratch.segments[named] = .always(memberFlags[row, named])
        }
        return rules.formulas.truth(
            of: position, leaves: scratch.leaves.span, segments: scratch.segments.span)
    }

    /// Sees to it that a segment is looked at when its verdict may change, or earlier: an instant that
    /// lies ahead already and is early enough stays, which saves an entry for most events.
    private mutating func setDue(_ due: Instant, _ partner: PartnerNumber, _ position: Int) {
        let row = Int(partner)
        let number = rules.programs[position].number
        if dueFlags[row, position] {
            let index = partners[row].dues.firstIndex { $0.segment == number } ?? 0
            let known = partners[row].dues[index].at
            guard due < known || known <= now else { return }
            if due == .never {
                partners[row].dues.swapAt(index, partners[row].dues.count - 1)
                partners[row].dues.removeLast()
                dueFlags[row, position] = false
                return
            }
            partners[row].dues[index].at = due
        } else {
            guard due != .never else { return }
            partners[row].dues.append(SegmentDue(at: due, segment: number))
            dueFlags[row, position] = true
        }
        dueQueue.add(DueQueue.Entry(partner, number), at: due)
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
        if scratch.changed.count > 1 { scratch.changed.sort { $0.rank < $1.rank } }
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

    // MARK: Definitions

    /// Moves everybody into and out of segments as the new definitions or zone rules have it; fires
    /// nothing.
    public mutating func finishDefinitions() {
        unfilledSlots = []
        resizeForRules()
        for (segment, position) in rules.positions.enumerated() where position == nil {
            retire(SegmentNumber(segment))
        }
        for partner in partners.indices {
            _ = evaluateAll(PartnerNumber(partner), byDefinition: true)
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
        while members.count < rules.positions.count {
            members.append(PartnerSet())
            withAddress.append(0)
        }
        leafFlags = BitRows(width: rules.leaves.lastingCount, count: partners.count)
        memberFlags = BitRows(width: rules.programs.count, count: partners.count)
        dueFlags = BitRows(width: rules.programs.count, count: partners.count)
        scratch.leaves = Array(repeating: .no, count: rules.leaves.count)
        scratch.evaluatedIn = Array(repeating: 0, count: rules.leaves.count)
        scratch.segments = Array(repeating: .no, count: rules.programs.count)
        scratch.marked.resize(to: rules.programs.count)
        candidates = Array(repeating: PartnerSet(), count: rules.workflows.count)
    }
}

extension PartnerState {
    fileprivate mutating func truth(
        of leaf: Int, in leaves: borrowing LeafTable, number: PartnerNumber,
        ids: borrowing TextTable, texts: borrowing TextTable, at time: borrowing EvaluationTime
    ) -> Truth {
        leaves.truth(of: leaf, for: self, number: number, ids: ids, texts: texts, at: time)
    }
}
