public import Core

/// What a workflow will find of one partner at the next top of the hour, if no event comes (SPEC 6,
/// `explain workflow`).
public struct Outlook: Sendable {
    /// The top of the hour.
    public var hour: Instant
    /// The workflow in force.
    public var workflow: Workflow
    /// Whether the partner will be in the workflow's segment.
    public var isMember: Bool
    /// When it enters or leaves the segment last until then by the passing of time; nil where it does not.
    public var movesAt: Instant?
    /// Whether the partner will have an address.
    public var hasAddress: Bool
    /// Why the partner will get no mail, if so.
    public var suppression: Suppression?
    /// Whether what it has done to the partner keeps it from acting once more, the stay being what it is.
    public var hasActed: Bool
    /// How many of the segment's members will have an address.
    public var withAddress: Int
    /// Whether those are more than its cap allows.
    public var isBlocked: Bool
    /// Whether the hour still belongs to history, so that its emails are suppressed (SPEC 3).
    public var isHistory: Bool
}

extension Engine {
    /// Lets time pass up to the next top of the hour, and looks at one partner as a workflow will.
    ///
    /// - Parameters:
    ///   - id: The workflow's id.
    ///   - partner: The partner's number.
    ///   - fetch: Gives the stored state of an absent partner.
    /// - Returns: Nil where no such workflow is in force.
    /// - Throws: What `fetch` throws; the engine is of no more use then.
    public mutating func outlook(
        of id: Name, on partner: PartnerNumber,
        fetching fetch: (PartnerNumber) throws -> PartnerState
    ) rethrows -> Outlook? {
        let hour = zone.nextHour(after: now)
        effects.removeAll()
        try reachSnapshot(of: hour, fetching: fetch)
        guard let position = rules.workflows.firstIndex(where: { $0.workflow.id == id }) else {
            return nil
        }
        try admit(partner, fetching: fetch)
        let rule = rules.workflows[position]
        let state = partners[Int(partner)]
        let entry = state.memberships.first { $0.segment == rule.segment }
        // Whom it can reach and has not acted on is a candidate as soon as it is a member.
        let stay =
            entry
            ?? MembershipEntry(
                segment: rule.segment, since: hour, step: .max, isByDefinition: false)
        return Outlook(
            hour: hour, workflow: rule.workflow, isMember: entry != nil,
            movesAt: effects.transitions.last {
                $0.partner == partner && $0.segment == rule.segment
            }?.time, hasAddress: state.address != nil, suppression: state.suppression,
            hasActed: !mayAct(in: stay, marks: state.marks, position),
            withAddress: withAddress[Int(rule.segment)], isBlocked: isBlocked(rule),
            isHistory: isInHistory)
    }
}
