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
        guard let rule = rules.segments[Int(segment)] else { return .no }
        var values = [Bool](repeating: false, count: rules.leaves.count)
        var horizons = [Instant](repeating: .never, count: rules.leaves.count)
        for leaf in rule.leaves {
            let truth = rules.leaves[leaf].truth(
                for: partners[Int(partner)], number: partner, ids: partnerIDs, texts: texts,
                at: time)
            values[leaf] = truth.value
            horizons[leaf] = truth.horizon
        }
        var segmentValues = [Bool](repeating: false, count: rules.segments.count)
        var segmentHorizons = [Instant](repeating: .never, count: rules.segments.count)
        for named in rule.named {
            let truth = truth(ofSegment: named, partner, at: time)
            segmentValues[Int(named)] = truth.value
            segmentHorizons[Int(named)] = truth.horizon
        }
        return rules.formulas.truth(
            of: segment, leaves: values.span, leafHorizons: horizons.span,
            segments: segmentValues.span, segmentHorizons: segmentHorizons.span)
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
        rules.segments.compactMap { $0 }.sorted { $0.rank < $1.rank }.map { ($0.number, $0.id) }
    }

    /// Workflows that send email, and how many members of a segment each has already emailed.
    public func emailed(among partners: [PartnerNumber]) -> [(workflow: Name, count: Int)] {
        rules.workflows.filter(\.workflow.sendsEmail).map { rule in
            let count = partners.count { partner in
                self.partners[Int(partner)].mark(of: rule.source).sendCount > 0
            }
            return (rule.workflow.id, count)
        }
    }

    /// Workflows in force over a segment.
    public func workflows(over segment: SegmentNumber) -> [Workflow] {
        rules.workflows.filter { $0.segment == segment }.map(\.workflow)
    }
}
