public import Core
import Definitions
public import Engine
import LMDB

/// Why a partner is in a segment at an instant, or why not (SPEC 6, `explain member`).
public struct MemberAnswer: Sendable {
    /// The segment's id.
    public var segment: Name
    /// The version of the segment that answers.
    public var version: UInt32
    /// The instant that the answer is for.
    public var at: Instant
    /// Up to where records count, where that is asked for.
    public var knownAt: Instant?
    /// Whether the partner is in the segment.
    public var isMember: Bool
    /// The transition that made it so; nil where the partner was never in it, and in hindsight.
    public var lastTransition: Transition?
    /// When that changes if nothing happens; nil where it never does.
    public var flipsAt: Instant?
    /// Whether any event had named the partner by then: who has none is in no segment (SPEC 4).
    public var isCandidate: Bool { !history.events.isEmpty }
    /// The conditions with their verdicts.
    public var explanation: Explanation
    /// What the verdicts rest on: causes are places in it.
    public var history: PartnerHistory
    /// The texts that the history's events are interned in.
    public var texts: TextTable
}

extension Store {
    /// Explains whether a partner is in a segment.
    ///
    /// - Parameters:
    ///   - segment: The segment's id.
    ///   - partner: The partner's id.
    ///   - viewpoint: The instant asked about, and what is known then.
    /// - Returns: The membership and why it is so.
    /// - Throws: ``QuestionError`` where there is no such segment, partner or moment, or
    ///   ``StoreError``.
    public func explainMember(
        _ segment: Name, _ partner: Name, _ viewpoint: Viewpoint
    ) throws -> MemberAnswer {
        try read { transaction, head in
            let catalog = try Catalog(tables, upTo: head.sequence, in: transaction)
            let view = try viewpoint.resolved(head)
            let version = try versionInForce(
                of: segment, at: view.rules, knownAt: view.later, catalog)
            var texts = TextTable()
            let trail = try PartnerTrail(
                of: partner, in: self, head, catalog, texts: &texts, transaction)
            let explainer = Explainer(
                view.part(of: trail.history), at: view.instant,
                definitions: try catalog.definitions(of: segment, at: view.rules), texts: texts,
                programName: program.name, zone: try zone(at: view.rules, transaction))
            var answer = MemberAnswer(segment, version: version, explainer)
            answer.knownAt = view.later
            if view.later == nil {
                answer.lastTransition = try lastTransition(
                    of: trail, segment, at: view.instant, catalog, transaction)
                guard (answer.lastTransition?.entered ?? false) == answer.isMember else {
                    throw StoreError.damaged(
                        "the stored membership of \(partner) in \(segment) is not what the "
                            + "partner's events make it")
                }
            }
            return answer
        }
    }

    /// A partner's last transition in a segment up to an instant; nil where there is none.
    func lastTransition(
        of trail: PartnerTrail, _ segment: Name, at instant: Instant, _ catalog: Catalog,
        _ transaction: borrowing ReadTransaction
    ) throws -> Transition? {
        guard let number = catalog.numbers.number(.segment, segment),
            let first = trail.history.events.first
        else { return nil }
        func last(upTo end: Instant, notBefore start: Instant) throws -> Transition? {
            try MembershipHistory.lastTransition(
                of: number, of: trail.number, at: .time(end), notBefore: start, tables, transaction)
        }
        if let (asOf, memberships) = trail.memberships, asOf <= instant,
            let since = memberships.since(number)
        {
            // The state says where to look; only what is newer has to be passed through.
            return try last(upTo: instant, notBefore: asOf)
                ?? last(upTo: since, notBefore: since)
        }
        return try last(upTo: instant, notBefore: first.engineTime)
    }
}

extension MemberAnswer {
    init(_ segment: Name, version: UInt32, _ explainer: Explainer) {
        self.segment = segment
        self.version = version
        at = explainer.instant
        isMember = explainer.isMember(of: segment)
        flipsAt = explainer.nextFlip(of: segment)
        explanation = explainer.explanation(of: segment)
        history = explainer.history
        texts = explainer.texts
    }
}
