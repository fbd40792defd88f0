public import Core

/// Explains verdicts on one partner from its history (SPEC 6, `explain`).
public struct Explainer: Sendable {
    /// What verdicts rest on.
    public let history: PartnerHistory
    /// Rules with the whole history learnt.
    let recollection: Recollection
    private let segments: [Name: Segment]
    let time: EvaluationTime
    let partner: PartnerNumber
    /// Which leaves each event of the history can touch, and each send.
    let touched: [Set<Int>]
    let touchedBySend: [Set<Int>]
    /// Rules with nothing learnt but the partner's id.
    let blank: Recollection

    /// Learns a history.
    ///
    /// - Parameters:
    ///   - history: What counts; what came later is left out already.
    ///   - instant: The instant that verdicts are for.
    ///   - definitions: The definitions in force; the segments that they name must be among them.
    ///   - texts: The texts that the history's events are interned in.
    ///   - programName: The program's name.
    ///   - zone: The rules of the program's time zone.
    public init(
        _ history: PartnerHistory, at instant: Instant, definitions: [Definition],
        texts: TextTable, programName: Name, zone: ZoneRules
    ) {
        self.history = history
        time = EvaluationTime(now: instant, today: zone.day(of: instant), zone: zone)
        var rules = Recollection(
            programName: programName, zone: zone, definitions: definitions, texts: texts)
        let number = rules.partner(history.partner.bytes.span)
        partner = number
        blank = rules
        touched = history.events.map { past in
            rules.learn(past.event, of: number, sequence: past.sequence)
            return rules.touchedLeaves
        }
        touchedBySend = history.sends.map { past in
            guard past.suppressed == nil else { return [] }
            rules.learnSend(from: past.source.id, at: past.decidedAt, of: number)
            return rules.touchedLeaves
        }
        recollection = rules
        var segments: [Name: Segment] = [:]
        for case .segment(let segment) in definitions { segments[segment.id] = segment }
        self.segments = segments
    }

    /// The instant that verdicts are for.
    public var instant: Instant { time.now }

    /// What the partner's facts come to.
    public var state: PartnerState { recollection.partners[Int(partner)] }

    /// The texts that the facts are interned in.
    public var texts: TextTable { recollection.texts }

    /// Why the partner is in a segment in force, or why not.
    public func explanation(of segment: Name) -> Explanation {
        var told = Told()
        return explanation(of: segments[segment]?.match ?? .any([]), &told)
    }

    /// Whether the partner is in a segment; only who has an event can be (SPEC 4).
    public func isMember(of segment: Name) -> Bool {
        recollection.isMember(partner, of: segment, at: time.now)
    }

    /// When the partner next enters or leaves a segment by the passing of time alone.
    public func nextFlip(of segment: Name) -> Instant? {
        recollection.nextFlip(partner, of: segment, after: time.now)
    }

    /// What was explained so far.
    private struct Told {
        var parts = 0
        var segments: Set<Name> = []
    }

    /// From so many parts on, each segment is explained once: segments that name the same others many
    /// times over would else make an explanation without end.
    private static let repeatingPartsMax = 10_000

    private func explanation(of condition: Condition, _ told: inout Told) -> Explanation {
        let form: Explanation.Form
        told.parts += 1
        switch condition {
        case .all(let parts): form = .all(parts.map { explanation(of: $0, &told) })
        case .any(let parts): form = .any(parts.map { explanation(of: $0, &told) })
        case .not(let part): form = .not(explanation(of: part, &told))
        case .segment(let name):
            let isNew = told.segments.insert(name).inserted
            // A definition in force names no segment that is not.
            let match = segments[name]?.match ?? .any([])
            form = .segment(
                name,
                isNew || told.parts < Self.repeatingPartsMax
                    ? explanation(of: match, &told) : nil)
        case .leaf(let leaf): form = .leaf(leaf, finding(on: leaf))
        }
        var state = state
        return Explanation(
            holds: truth(of: condition, for: &state, at: time).value,
            flipsAt: Truth.nextFlip(after: time.now) {
                truth(
                    of: condition, for: &state,
                    at: recollection.engine.evaluationTime(at: $0))
            }, form: form)
    }

    /// The verdict on any part of a condition, and until when it holds; the state keeps what was found on
    /// the way.
    private func truth(
        of condition: Condition, for state: inout PartnerState, at time: EvaluationTime
    ) -> Truth {
        switch condition {
        case .all(let parts):
            return Truth.all(parts.map { truth(of: $0, for: &state, at: time) })
        case .any(let parts):
            return Truth.all(parts.map { truth(of: $0, for: &state, at: time).negated }).negated
        case .not(let part): return truth(of: part, for: &state, at: time).negated
        case .segment(let name):
            guard let number = recollection.engine.registry.number(.segment, name) else {
                return .no
            }
            return recollection.engine.truth(ofSegment: number, partner, &state, at: time)
        case .leaf(let leaf): return truth(of: leaf, for: &state, at: time)
        }
    }

    /// The verdict of a leaf of the definitions in force on some facts of the partner.
    func truth(of leaf: Leaf, for state: inout PartnerState, at time: EvaluationTime) -> Truth {
        let engine = recollection.engine
        guard let number = engine.rules.leaves.number(of: leaf) else { return .no }
        var series = SeriesPlaces(slots: engine.rules.slots.entries.count)
        return engine.rules.leaves.truth(
            of: number, for: &state, number: partner, ids: engine.partnerIDs, texts: engine.texts,
            at: time, series: &series)
    }

    private func finding(on leaf: Leaf) -> LeafFinding {
        LeafFinding(
            value: value(lookedAtBy: leaf, in: state), window: windowSpan(of: leaf),
            causes: causes(of: leaf))
    }
}

extension Truth {
    fileprivate var negated: Truth { Truth(value: !value, horizon: horizon) }

    /// A true `all` holds as long as every part, a false one as long as its longest-lived false part.
    fileprivate static func all(_ parts: [Truth]) -> Truth {
        let failing = parts.filter { !$0.value }.map(\.horizon).max()
        if let failing { return Truth(value: false, horizon: failing) }
        return Truth(value: true, horizon: parts.map(\.horizon).min() ?? .never)
    }
}
