public import Core

/// Verdicts on one partner at other instants, if no event comes.
extension Engine {
    /// A segment's verdict on a partner at an instant from `now` on, on the facts known now.
    ///
    /// - Returns: The verdict, and until when it surely holds.
    public func verdict(
        on partner: PartnerNumber, segment: SegmentNumber, at instant: Instant
    ) -> (isMember: Bool, holdsUntil: Instant) {
        var state = partners[Int(partner)]
        let truth = truth(ofSegment: segment, partner, &state, at: evaluationTime(at: instant))
        return (truth.value, truth.horizon)
    }

    func evaluationTime(at instant: Instant) -> EvaluationTime {
        EvaluationTime(now: instant, today: zone.day(of: instant), zone: zone)
    }

    /// A segment's verdict on some state of a partner, which keeps what was found on the way.
    func truth(
        ofSegment segment: SegmentNumber, _ partner: PartnerNumber, _ state: inout PartnerState,
        at time: EvaluationTime
    ) -> Truth {
        guard let position = rules.positions[Int(segment)] else { return .no }
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
        now == .unset ? nil : nextFlip(on: partner, segment: segment, after: now)
    }

    func nextFlip(
        on partner: PartnerNumber, segment: SegmentNumber, after instant: Instant
    ) -> Instant? {
        var state = partners[Int(partner)]
        return Truth.nextFlip(after: instant) {
            truth(ofSegment: segment, partner, &state, at: evaluationTime(at: $0))
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
