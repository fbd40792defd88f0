public import Core
public import Definitions
public import Engine

/// A test of rules (SPEC 9): definitions, what happens step by step, and what must come of it.
///
/// Everything in it is checked: running one can't go wrong, it can only come out otherwise than
/// expected.
public struct Scenario: Sendable {
    /// What it shows, for people.
    public let name: String
    /// Where it begins.
    public let place: Place
    /// The program that its definitions name.
    let program: Program
    /// What is in force from the start.
    let definitions: [CanonicalDefinition]
    let steps: [Step]

    /// What a store would hold in its first record.
    struct Program: Sendable {
        var name: Name
        var zone: ZoneRules
        var currency: Name
    }

    /// One step: the clock advances, definitions change, events come in, expectations are checked.
    struct Step: Sendable {
        /// The way to it from the top of its file.
        var path: String
        var at: Instant
        /// Whether it is from before Muster was in charge (SPEC 3).
        var isHistory: Bool
        /// Definitions that are applied before the events.
        var definitions: [CanonicalDefinition]
        var events: [Event]
        var expectations: [Expectation]
    }

    /// An event that `ingest` would accept.
    struct Event: Sendable, Equatable {
        var id: Name
        var partner: Name
        var time: Instant
        /// Type and fields as the log holds them.
        var content: [UInt8]
    }

    /// What must be so.
    struct Expectation: Sendable {
        var subject: Subject
        /// Where it is written.
        var place: Place
        var path: String
        var rows: [Row]
    }
}

/// What an expectation is about.
public enum Subject: Sendable, Equatable {
    /// The members of a segment: all of them, in any order.
    case members(segment: Name)
    /// All sends since the last expectation, suppressed ones too, in any order.
    case sends
    /// All runs since the last expectation, in any order.
    case runs
}

/// One way in which a scenario came out otherwise than expected.
public struct ScenarioFailure: Sendable {
    /// What the expectation is about.
    public let subject: Subject
    /// Where the expectation is written.
    public let place: Place
    /// The way to it from the top of its file.
    public let path: String
    /// The engine's clock.
    public let at: Instant
    /// Expected, and found.
    public let matched: [Row]
    /// Expected, and not found.
    public let missing: [Row]
    /// Found, and not expected.
    public let unexpected: [Row]
    /// Why the first wrong member is in the segment, or why not; nil for sends and runs.
    public let membership: Membership?
    /// A missing send or run that belongs to an earlier expectation; nil where there is none.
    public let earlier: Earlier?

    /// What is looked for too late: each expectation sees what came since the last one.
    public struct Earlier: Sendable {
        /// The send or run.
        public let row: Row
        /// The way to the step whose expectation saw it, or could have.
        public let step: String
    }

    /// Whether a partner is in a segment, and why (SPEC 6, `explain member`).
    public struct Membership: Sendable {
        /// Whether the partner is in the segment.
        public let isMember: Bool
        /// When that changes if nothing happens; nil where it never does.
        public let flipsAt: Instant?
        /// The conditions with their verdicts.
        public let explanation: Explanation
        /// What the verdicts rest on; without an event where none has named the partner.
        public let history: PartnerHistory
    }
}
