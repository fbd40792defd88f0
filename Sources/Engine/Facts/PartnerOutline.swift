/// What an engine takes into account of an absent partner: where it is a member, what was done to it, and
/// when to look at it again.
public struct PartnerOutline: Sendable {
    /// Whether the partner has an address.
    public var hasAddress = false
    /// Why the partner gets no mail, if so.
    public var suppression: Suppression?
    /// The segments the partner is in, and since when.
    public var memberships: [MembershipEntry] = []
    /// What workflows and automations have done to the partner.
    public var marks: [SourceMark] = []
    /// When to look at which segment again, in order of segments.
    public var dues: [SegmentDue] = []

    /// Makes the outline of a partner of whom nothing is known.
    public init() {}
}
