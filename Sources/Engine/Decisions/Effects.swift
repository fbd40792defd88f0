public import Core

/// What the engine decided while it took in a record, in the order in which it did (SPEC 3, 5).
///
/// The caller stores all of it in one transaction with the record, or none of it.
public struct Effects: Sendable {
    /// Records that belong in the log, in sequence.
    public var records: [LogRecord] = []
    /// Who entered or left which segment.
    public var transitions: [Transition] = []
    /// Emails decided, suppressed ones too.
    public var sends: [Send] = []
    /// Runs that acted on somebody or were blocked.
    public var runs: [Run] = []
    /// Triggers that came too deep in a chain to be done.
    public var halts: [Halt] = []

    /// Makes effects of nothing.
    public init() {}

    /// Empties all lists and keeps their room.
    public mutating func removeAll() {
        records.removeAll(keepingCapacity: true)
        transitions.removeAll(keepingCapacity: true)
        sends.removeAll(keepingCapacity: true)
        runs.removeAll(keepingCapacity: true)
        halts.removeAll(keepingCapacity: true)
    }
}

/// A record as the engine placed it in the log.
public struct LogRecord: Sendable, Equatable {
    /// Its position in the log.
    public var sequence: EventSequence
    /// The engine time at which it was applied.
    public var engineTime: Instant
    /// Whether it belongs to the time before Muster was in charge (SPEC 3).
    public var isHistory: Bool
    /// Where it came from.
    public var kind: Kind
    /// The partner it is about.
    public var partner: PartnerNumber?
    /// The same partner's previous record; 0 where this is its first.
    public var previous: EventSequence = 0

    /// Where the record came from.
    public enum Kind: Sendable, Equatable {
        /// The record that the engine was given.
        case input
        /// A boundary that decided something (SPEC 3).
        case boundary
        /// An event that a definition caused.
        case derived(DerivedEvent)
    }
}

/// An event that the engine appends because of a definition (SPEC 5).
public struct DerivedEvent: Sendable, Equatable {
    /// The workflow or automation that caused it.
    public var source: SourceNumber
    /// How far it is from an outside event or boundary, which has 0.
    public var depth: UInt8
    /// What happens to the partner.
    public var content: EventContent
    /// When it counts as having happened: at the engine time of its record, or later.
    public var time: Instant
}

/// One partner entering or leaving one segment at one instant (SPEC 1).
public struct Transition: Sendable, Equatable {
    /// The segment's number.
    public var segment: SegmentNumber
    /// The partner's number.
    public var partner: PartnerNumber
    /// Engine time.
    public var time: Instant
    /// The record whose processing moved the partner.
    public var sequence: EventSequence
    /// Whether the partner entered; else it left.
    public var entered: Bool
    /// Whether `apply` itself moved the partner (SPEC 5).
    public var byDefinition: Bool

    /// Makes a transition.
    public init(
        segment: SegmentNumber, partner: PartnerNumber, time: Instant, sequence: EventSequence,
        entered: Bool, byDefinition: Bool
    ) {
        self.segment = segment
        self.partner = partner
        self.time = time
        self.sequence = sequence
        self.entered = entered
        self.byDefinition = byDefinition
    }
}

/// The decision to email one partner once (SPEC 5).
public struct Send: Sendable, Equatable {
    /// Its place among all sends of the program, from 0.
    public var number: UInt64
    /// The number of the same partner's send before; nil where this is its first.
    public var previous: UInt64?
    /// The number of the workflow or automation that decided it.
    public var source: SourceNumber
    /// The partner's number.
    public var partner: PartnerNumber
    /// How many sends the same source decided for the same partner before.
    public var ordinal: UInt32
    /// The address, or nil without one.
    public var address: TextID?
    /// The template's number.
    public var template: UInt32
    /// The template's version at the decision.
    public var templateVersion: UInt32
    /// Engine time of the decision.
    public var decidedAt: Instant
    /// The record whose processing decided it.
    public var sequence: EventSequence
    /// The log's latest record at the decision, all of which it saw: behind a boundary's own record may stand what
    /// automations did at that instant.
    public var knownUpTo: EventSequence
    /// Why it is not to be mailed, if so.
    public var suppressed: SendSuppression?
}

/// Why a decided send is not mailed; where several hold, the first in this order (SPEC 5).
public enum SendSuppression: UInt8, CaseIterable, Sendable {
    case history, staleTrigger, noAddress, unsubscribed, complained, bounced

    /// The word in outputs.
    public var word: String {
        switch self {
        case .history: "history"
        case .staleTrigger: "stale_trigger"
        case .noAddress: "no_address"
        case .unsubscribed: "unsubscribed"
        case .complained: "complained"
        case .bounced: "bounced"
        }
    }

    /// Why a suppressed partner's send is not mailed.
    public init(_ suppression: Suppression) {
        switch suppression {
        case .unsubscribed: self = .unsubscribed
        case .complained: self = .complained
        case .bounced: self = .bounced
        }
    }
}

/// One workflow's evaluation at one top of the hour that acted on somebody or was blocked (SPEC 5).
public struct Run: Sendable, Equatable {
    /// The workflow's number.
    public var workflow: SourceNumber
    /// The top of the hour.
    public var at: Instant
    /// The record whose processing made the run.
    public var sequence: EventSequence
    /// How many were in the segment.
    public var members: Int
    /// How many of them had an address, suppressed ones and those already emailed too.
    public var withAddress: Int
    /// Emails decided.
    public var sent: Int
    /// Whether more than the cap had an address, so that nobody was acted on.
    public var isBlocked: Bool

    /// Makes a run.
    public init(
        workflow: SourceNumber, at: Instant, sequence: EventSequence, members: Int,
        withAddress: Int, sent: Int, isBlocked: Bool
    ) {
        self.workflow = workflow
        self.at = at
        self.sequence = sequence
        self.members = members
        self.withAddress = withAddress
        self.sent = sent
        self.isBlocked = isBlocked
    }
}

/// A trigger at depth 8, whose automation was not done but recorded (SPEC 5).
public struct Halt: Sendable, Equatable {
    /// The number of the automation that was not done.
    public var automation: SourceNumber
    /// The partner's number.
    public var partner: PartnerNumber
    /// Engine time of the trigger.
    public var time: Instant
    /// The record whose processing set it off.
    public var sequence: EventSequence

    /// Makes a halt.
    public init(
        automation: SourceNumber, partner: PartnerNumber, time: Instant, sequence: EventSequence
    ) {
        self.automation = automation
        self.partner = partner
        self.time = time
        self.sequence = sequence
    }
}
