public import Core

/// One partner's events and sends, for questions about it.
public struct PartnerHistory: Sendable {
    /// A workflow or automation that caused or decided something.
    public struct Source: Sendable, Equatable {
        /// Which of the two it is.
        public var kind: DefinitionKind
        /// Its id.
        public var id: Name

        /// Makes it of kind and id.
        public init(kind: DefinitionKind, id: Name) {
            self.kind = kind
            self.id = id
        }
    }

    /// An event of the log, an outside or a derived one.
    public struct PastEvent: Sendable {
        /// The event's id; the engine's own are `muster:` and the sequence (SPEC 2).
        public var id: Name
        /// The record's position in the log.
        public var sequence: EventSequence
        /// The engine time at which it was applied.
        public var engineTime: Instant
        /// The workflow or automation that caused it; nil for an outside event.
        public var source: Source?
        /// What happened, its texts interned in the table given with the history.
        public var event: Event

        /// Makes it of its parts.
        public init(
            id: Name, sequence: EventSequence, engineTime: Instant, source: Source?, event: Event
        ) {
            self.id = id
            self.sequence = sequence
            self.engineTime = engineTime
            self.source = source
            self.event = event
        }

        /// The instant from which on it belongs to the corrected past: a late event stands at its own
        /// time, one from ahead of the clock where it was applied (SPEC 6, `--known-at`).
        public var place: Instant { min(event.time, engineTime) }
    }

    /// A send to the partner.
    public struct PastSend: Sendable {
        /// `snd_` and 26 characters.
        public var id: Name
        /// The workflow or automation that decided it.
        public var source: Source
        /// Its place among all sends of the program, from 0.
        public var number: UInt64
        /// The record whose processing decided it.
        public var sequence: EventSequence
        /// Engine time of the decision.
        public var decidedAt: Instant
        /// Why it was not to be mailed, if so; only the others count as sent.
        public var suppressed: SendSuppression?

        /// Makes it of its parts.
        public init(
            id: Name, source: Source, number: UInt64, sequence: EventSequence, decidedAt: Instant,
            suppressed: SendSuppression?
        ) {
            self.id = id
            self.source = source
            self.number = number
            self.sequence = sequence
            self.decidedAt = decidedAt
            self.suppressed = suppressed
        }
    }

    /// The partner's id.
    public var partner: Name
    /// In the order of the log.
    public var events: [PastEvent]
    /// In the order of the decisions.
    public var sends: [PastSend]

    /// Makes a history.
    public init(partner: Name, events: [PastEvent], sends: [PastSend]) {
        self.partner = partner
        self.events = events
        self.sends = sends
    }

    /// What was known at an instant: everything applied and decided up to it (SPEC 6, `--at`).
    public func known(at instant: Instant) -> PartnerHistory {
        PartnerHistory(
            partner: partner, events: events.filter { $0.engineTime <= instant },
            sends: sends.filter { $0.decidedAt <= instant })
    }

    /// What had happened by an instant as far as it was known at a later one, late events in their
    /// place; sends and derived events are those that really happened (SPEC 6, known-at).
    public func corrected(at instant: Instant, knownAt later: Instant) -> PartnerHistory {
        PartnerHistory(
            partner: partner,
            events: events.filter { $0.engineTime <= later && $0.place <= instant },
            sends: sends.filter { $0.decidedAt <= instant })
    }
}
