public import Core

/// Why a condition holds for a partner at an instant, or why not (SPEC 6, `explain`).
public struct Explanation: Sendable {
    /// Whether it holds.
    public var holds: Bool
    /// When that changes by the passing of time alone; nil where it never does.
    public var flipsAt: Instant?
    /// What it is made of.
    public var form: Form

    /// What a condition is made of, with an explanation of each part.
    public indirect enum Form: Sendable {
        case all([Explanation])
        case any([Explanation])
        case not(Explanation)
        /// A segment that is named, and why the partner is in it or not; nil where that was explained before and
        /// the whole is long.
        case segment(Name, Explanation?)
        case leaf(Leaf, LeafFinding)
    }
}

/// What a leaf looked at, and what made its verdict.
public struct LeafFinding: Sendable {
    /// The value that was looked at.
    public var value: LookedAt
    /// The days or instants that counted; nil where the leaf has no window.
    public var window: WindowSpan?
    /// What made it so.
    public var causes: Causes

    /// Events and sends that made what a leaf found, in the order of facts.
    public struct Causes: Sendable {
        /// The events and sends; none where verdict and value would be the same, whatever of the history
        /// one leaves out.
        public var list: [Cause] = []
        /// Whether the verdict would be another without them; else only the value would.
        public var areDecisive = false
    }
}

/// A value that a leaf looked at.
public enum LookedAt: Sendable, Equatable {
    /// The partner has no such value.
    case nothing
    /// Stages, tags, groups, or an id.
    case names([Name])
    /// The contracts, in byte order of ids.
    case contracts([ContractSummary])
    /// An attribute's value, or a name.
    case value(ConstantValue)
    /// The instant that a date condition looks at.
    case instant(Instant)
    /// A sum of money in millionths.
    case sum(Int128)
    /// A count in millionths.
    case count(Int128)

    /// One contract as a leaf sees it.
    public struct ContractSummary: Sendable, Equatable {
        /// The contract's id.
        public var contract: Name
        /// Its stage.
        public var stage: ContractStage
        /// Its template term; nil where none was given.
        public var term: Name?
    }
}

/// The stretch that a window stands for at an instant; an open end is nil.
public enum WindowSpan: Sendable, Equatable {
    /// Local days, both ends in.
    case days(from: Day?, to: Day?)
    /// Instants: after the first, up to the second with it.
    case instants(after: Instant?, to: Instant?)
}

/// Something of the history that made a verdict, by its place there.
public enum Cause: Sendable, Hashable {
    /// A place in ``PartnerHistory/events``.
    case event(Int)
    /// A place in ``PartnerHistory/sends``.
    case send(Int)
}
