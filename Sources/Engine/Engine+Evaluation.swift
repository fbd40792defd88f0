import Core

/// Leaves, segments and transitions of one partner (SPEC 4).
extension Engine {
    /// Evaluates all leaves and segments, whatever was found before.
    ///
    /// - Returns: The transitions, as positions in the effects.
    mutating func evaluateAll(_ partner: PartnerNumber, byDefinition: Bool) -> Range<Int> {
        let row = Int(partner)
        var dues: [SegmentDue] = []
        swap(&dues, &partners[row].dues)
        resetFlags(of: partner)
        scratch.marked.insertAll(below: rules.programs.count)
        let moved = evaluateMarked(partner, at: evaluationTime, byDefinition: byDefinition)
        if partners[row].dues != dues { changedPartners.insert(partner) }
        return moved
    }

    /// Finds a partner's flags from its facts, memberships and due instants.
    mutating func resetFlags(of partner: PartnerNumber) {
        let row = Int(partner)
        let time = evaluationTime
        scratch.beginEvaluation()
        flags.clear(row)
        for leaf in 0..<rules.leaves.lastingCount {
            flags[leaf: leaf, of: row] = truth(ofLeaf: leaf, partner, at: time).value
        }
        for entry in partners[row].memberships {
            if let position = rules.positions[Int(entry.segment)] {
                flags[member: position, of: row] = true
            }
        }
        for due in partners[row].dues {
            if let position = rules.positions[Int(due.segment)] {
                flags[due: position, of: row] = true
            }
        }
    }

    /// Evaluates what an event can have changed: of the touched leaves those that last, and the segments
    /// that name one that changed or that may pass.
    mutating func evaluateTouched(_ partner: PartnerNumber) -> Range<Int> {
        let row = Int(partner)
        let time = evaluationTime
        scratch.beginEvaluation()
        for leaf in scratch.touched {
            if leaf < rules.leaves.lastingCount {
                let value = truth(ofLeaf: leaf, partner, at: time).value
                guard flags[leaf: leaf, of: row] != value else { continue }
                flags[leaf: leaf, of: row] = value
            }
            scratch.marked.formUnion(rules.leafSegments, row: leaf)
        }
        return evaluateMarked(partner, at: time, byDefinition: false)
    }

    /// Evaluates the segments that are due now among some.
    mutating func evaluate(
        _ partner: PartnerNumber, dueAmong entries: ArraySlice<DueQueue.Entry>
    ) -> Range<Int> {
        let row = Int(partner)
        scratch.beginEvaluation()
        for entry in entries {
            if let place = partners[row].dues.place(of: entry.segment),
                partners[row].dues[place].at == now,
                let position = rules.positions[Int(entry.segment)]
            {
                scratch.marked.insert(position)
            }
        }
        return evaluateMarked(partner, at: evaluationTime, byDefinition: false)
    }

    /// The verdict of one leaf.
    private mutating func truth(
        ofLeaf leaf: Int, _ partner: PartnerNumber, at time: EvaluationTime
    ) -> Truth {
        rules.leaves.truth(
            of: leaf, for: &partners[Int(partner)], number: partner, ids: partnerIDs, texts: texts,
            at: time, series: &scratch.series)
    }

    /// Evaluates the marked segments, each after those that it names, and notes when to look again.
    private mutating func evaluateMarked(
        _ partner: PartnerNumber, at time: EvaluationTime, byDefinition: Bool
    ) -> Range<Int> {
        let row = Int(partner)
        scratch.changed.removeAll(keepingCapacity: true)
        var word = 0
        while let position = scratch.marked.removeFirst(from: &word) {
            let program = rules.programs[position]
            let place = place(ofDue: position, row)
            let known = place.map { partners[row].dues[$0].at } ?? .never
            let isMember = flags[member: position, of: row]
            let truth =
                if !flags.isOpen(program.gate, of: row) {
                    Truth.no
                } else if program.literals.isEmpty {
                    truth(of: position, partner, at: time)
                } else {
                    // Where the verdict stays, nobody asks for how long beyond the next look.
                    truth(
                        of: program.literals, partner, at: time,
                        enough: isMember || known <= now ? nil : known)
                }
            setDue(truth.horizon, partner, position, known: known, at: place)
            guard isMember != truth.value else { continue }
            flags[member: position, of: row] = truth.value
            members[Int(program.number)].set(partner, to: truth.value)
            scratch.changed.append((program.rank, program.number, truth.value))
            for place in program.dependents { scratch.marked.insert(rules.links[place]) }
        }
        return commitChanges(partner, byDefinition: byDefinition)
    }

    /// The verdict of a segment that asks for leaves alone.
    ///
    /// - Parameters:
    ///   - literals: What it asks for, as places in the rules' literals.
    ///   - partner: The partner's number.
    ///   - time: The instant that the verdict is for.
    ///   - enough: Where given, a negative verdict that holds so long need not be looked into further.
    /// - Returns: The verdict; it holds as long as all leaves are as they should be, or until none of those
    ///   that are not is left.
    private mutating func truth(
        of literals: Range<Int>, _ partner: PartnerNumber, at time: EvaluationTime,
        enough: Instant?
    ) -> Truth {
        var earliest = Instant.never
        var latestFailing = Instant.unset
        for place in literals {
            let literal = rules.literals[place]
            let truth = freshTruth(ofLeaf: literal.leaf, partner, at: time)
            if truth.value == literal.value {
                earliest = min(earliest, truth.horizon)
            } else {
                latestFailing = max(latestFailing, truth.horizon)
                if let enough, latestFailing >= enough { break }
            }
        }
        return latestFailing == .unset
            ? Truth(value: true, horizon: earliest) : Truth(value: false, horizon: latestFailing)
    }

    /// The verdict of any segment.
    private mutating func truth(
        of position: Int, _ partner: PartnerNumber, at time: EvaluationTime
    ) -> Truth {
        let program = rules.programs[position]
        for place in program.leaves {
            let leaf = rules.links[place]
            scratch.leaves[leaf] = freshTruth(ofLeaf: leaf, partner, at: time)
        }
        for place in program.named {
            let named = rules.links[place]
            // When its verdict changes, this segment is looked at again: time alone does nothing.
            scratch.segments[named] = .always(flags[member: named, of: Int(partner)])
        }
        return rules.formulas.truth(
            of: position, leaves: scratch.leaves.span, segments: scratch.segments.span)
    }

    /// The verdict of a leaf: a lasting one's flag, and of the others each once an evaluation.
    private mutating func freshTruth(
        ofLeaf leaf: Int, _ partner: PartnerNumber, at time: EvaluationTime
    ) -> Truth {
        if leaf < rules.leaves.lastingCount {
            return .always(flags[leaf: leaf, of: Int(partner)])
        }
        if scratch.evaluatedIn[leaf] != scratch.generation {
            scratch.evaluatedIn[leaf] = scratch.generation
            scratch.leaves[leaf] = truth(ofLeaf: leaf, partner, at: time)
        }
        return scratch.leaves[leaf]
    }

    /// Where a segment's due instant stands among the partner's; inlined, as a call copies the engine.
    @inline(__always)
    private func place(ofDue position: Int, _ row: Int) -> Int? {
        guard flags[due: position, of: row] else { return nil }
        return partners[row].dues.place(of: rules.programs[position].number)
    }

    /// Sees to it that a segment is looked at when its verdict may change, or earlier: an instant that
    /// lies ahead already and is early enough stays, which saves an entry for most events.
    private mutating func setDue(
        _ due: Instant, _ partner: PartnerNumber, _ position: Int, known: Instant, at place: Int?
    ) {
        let row = Int(partner)
        guard due < known || known <= now else { return }
        changedPartners.insert(partner)
        let number = rules.programs[position].number
        if let place {
            if due == .never {
                partners[row].dues.remove(at: place)
                flags[due: position, of: row] = false
                return
            }
            partners[row].dues[place].at = due
        } else {
            partners[row].dues.insertInOrder(SegmentDue(at: due, segment: number))
            flags[due: position, of: row] = true
        }
        dueQueue.add(DueQueue.Entry(partner, number, at: due))
    }

    /// Turns noted changes into transitions, by segment id, and keeps everything that follows from
    /// membership in step.
    mutating func commitChanges(
        _ partner: PartnerNumber, byDefinition: Bool
    ) -> Range<Int> {
        let start = effects.transitions.count
        guard !scratch.changed.isEmpty else { return start..<start }
        let index = Int(partner)
        changedPartners.insert(partner)
        if scratch.changed.count > 1 { scratch.changed.sort { $0.rank < $1.rank } }
        partners[index].memberships.makeRoom(for: scratch.changed.count { $0.entered })
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

    /// Fits tables to the rules; candidates are left for `recountCandidates`.
    mutating func resizeForRules() {
        while members.count < rules.positions.count {
            members.append(PartnerSet())
            withAddress.append(0)
        }
        flags = PartnerFlags(
            leaves: rules.leaves.lastingCount, segments: rules.programs.count,
            partners: partners.count)
        scratch.leaves = Array(repeating: .no, count: rules.leaves.count)
        scratch.evaluatedIn = Array(repeating: 0, count: rules.leaves.count)
        scratch.series = SeriesPlaces(slots: rules.slots.entries.count)
        scratch.segments = Array(repeating: .no, count: rules.programs.count)
        scratch.marked.resize(to: rules.programs.count)
        candidates = Array(repeating: PartnerSet(), count: rules.workflows.count)
    }
}
