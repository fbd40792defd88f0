public import Core

/// Verdicts on one partner at other instants, if no event comes.
extension Engine {
    /// A segment's verdict on a partner at an instant from `now` on, on the facts known now.
    ///
    /// - Returns: The verdict, and until when it surely holds.
    public func verdict(
        on partner: PartnerNumber, segment: SegmentNumber, at instant: Instant
    ) -> (isMember: Bool, holdsUntil: Instant) {
        let truth = truth(ofSegment: segment, partner, at: evaluationTime(at: instant))
        return (truth.value, truth.horizon)
    }

    func evaluationTime(at instant: Instant) -> EvaluationTime {
        EvaluationTime(now: instant, today: zone.day(of: instant), zone: zone)
    }

    func truth(
        ofSegment segment: SegmentNumber, _ partner: PartnerNumber, at time: EvaluationTime
    ) -> Truth {
        rules.positions[Int(segment)].map { truth(at: $0, partner, at: time) } ?? .no
    }

    private func truth(
        at position: Int, _ partner: PartnerNumber, at time: EvaluationTime
    ) -> Truth {
        var state = partners[Int(partner)]
        var leaves = [Truth](repeating: .no, count: rules.leaves.count)
        var isKnown = [Bool](repeating: false, count: rules.leaves.count)
        var series = SeriesPlaces(slots: rules.slots.entries.count)
        var segments = [Truth](repeating: .no, count: rules.programs.count)
        // Each segment once, however many others name it.
        for place in rules.positions(neededFor: position) {
            for leaf in rules.links[rules.programs[place].leaves] where !isKnown[leaf] {
                isKnown[leaf] = true
                leaves[leaf] = rules.leaves.truth(
                    of: leaf, for: &state, number: partner, ids: partnerIDs, texts: texts,
                    at: time, series: &series)
            }
            segments[place] = rules.formulas.truth(
                of: place, leaves: leaves.span, segments: segments.span)
        }
        return segments[position]
    }

    /// When a segment's verdict on a partner next changes by the passing of time alone.
    ///
    /// - Returns: Nil where it never does.
    public func nextFlip(on partner: PartnerNumber, segment: SegmentNumber) -> Instant? {
        guard now != .unset else { return nil }
        return Truth.nextFlip(after: now) { instant in
            truth(ofSegment: segment, partner, at: evaluationTime(at: instant))
        }
    }

    /// The segments in force, in byte order of their ids.
    public var segmentsInForce: [(number: SegmentNumber, id: Name)] {
        rules.programs.indices.sorted { rules.programs[$0].rank < rules.programs[$1].rank }
            .map { (rules.programs[$0].number, rules.segmentIDs[$0]) }
    }

    /// Workflows in force over a segment.
    public func workflows(over segment: SegmentNumber) -> [Workflow] {
        rules.workflows.filter { $0.segment == segment }.map(\.workflow)
    }
}
