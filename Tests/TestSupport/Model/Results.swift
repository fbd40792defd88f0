/// One partner entering or leaving one segment at one instant.
public struct Transition: Hashable, Sendable {
    /// The segment's id.
    public var segment: String
    /// The partner's id.
    public var partner: String
    /// Engine time.
    public var at: Int64
    /// True for entering, false for leaving.
    public var entered: Bool
    /// Whether `apply` itself caused it.
    public var byDefinition: Bool
}

/// The decision to email one partner once (SPEC 5), without its id.
public struct Send: Hashable, Sendable {
    /// `workflow` or `automation`.
    public var kind: String
    /// The workflow's or automation's id.
    public var source: String
    /// The partner's id.
    public var partner: String
    /// The address at the decision.
    public var to: String?
    /// The template's id.
    public var template: String
    /// The template's version in force.
    public var templateVersion: Int
    /// Engine time.
    public var decidedAt: Int64
    /// How many sends, suppressed ones too, this source and partner had before.
    public var ordinal: Int
    /// `pending` or `suppressed`.
    public var status: String
    /// Why it is suppressed.
    public var reason: String?
}

/// One workflow's evaluation at one top of the hour that did something or was blocked.
public struct Run: Hashable, Sendable {
    /// The workflow's id.
    public var workflow: String
    /// The top of the hour.
    public var at: Int64
    /// The segment's members.
    public var members: Int
    /// Those of them with an address, suppressed or not.
    public var withAddress: Int
    /// Emails decided, `history` included.
    public var sent: Int
    /// Whether the cap stopped it.
    public var blocked: Bool
}

/// An event that the engine itself appends because of a definition.
public struct Derived: Hashable, Sendable {
    /// `tag.assigned`, `tag.removed` or `partner.joined`.
    public var type: String
    /// The partner's id.
    public var partner: String
    /// The tag, for tag events.
    public var tag: String?
    /// The contract, for joining.
    public var contract: String?
    /// The template term; accepting gives none.
    public var term: String?
    /// When it was appended.
    public var time: Int64
    /// 1 for what an outside event or a boundary caused.
    public var depth: Int
}

/// A trigger that was not done because it stood at depth 8.
public struct CutOff: Hashable, Sendable {
    /// The automation's id.
    public var automation: String
    /// The partner's id.
    public var partner: String
    /// Engine time.
    public var at: Int64
}
