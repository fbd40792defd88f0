public import Core

/// Everything the engine knows about one partner: folds of its events, what follows from them, and
/// when to look again.
///
/// Facts about one thing are kept in their order (``FactOrder``) wherever a late one could change
/// what the later ones mean; where only the latest counts, only it is kept.
public struct PartnerState: Sendable {
    // MARK: The log

    /// The partner's latest record: the head of its chain through the log.
    public var lastSequence: EventSequence = 0
    /// The number of the partner's latest send: the head of its chain through the sends.
    public var lastSend: UInt64?
    /// Whether no event has been applied yet.
    var isUntouched = true
    /// Whether the state lies in a store and is to be fetched before anything happens to the partner.
    public internal(set) var isAbsent = false

    // MARK: Facts

    /// All stage events of the relationship history, in their order.
    public var stages: [StageFact] = []
    /// The contracts that events have named, each once.
    public var contracts: [ContractFacts] = []
    /// The tags that were ever assigned or removed, each once.
    public var tags: [TagFact] = []
    /// All joinings and leavings of groups, in their order.
    public var groups: [GroupFact] = []
    /// The latest setting or removal of the name; nil where there was none.
    public var name: TextFact?
    /// All settings and removals of the address, in their order.
    public var emails: [TextFact] = []
    /// The attributes that were ever set or removed, each once.
    public var attributes = AttributeFacts()
    /// The latest of unsubscribed, complained and resubscribed.
    public var consent: ConsentFact?
    /// The latest hard bounce.
    public var hardBounce: FactOrder?
    /// What is counted and summed, by measure slot.
    public var activity = Activity()
    /// The results of sends that were counted, each send and activity once.
    public var results: [EmailResult] = []
    /// Custom events that count or not as time passes.
    public var occurrences: [Occurrence] = []

    // MARK: What follows from the facts

    /// The relationship history's last entry.
    public internal(set) var stage: RelationshipStage?
    /// The time of the relationship history's last entry.
    public internal(set) var lastTransition: Instant?
    /// The time of the relationship history's first `joined` entry.
    public internal(set) var originalJoined: Instant?
    /// The partner's address.
    public internal(set) var address: TextID?
    /// Why the partner gets no mail, if so.
    public internal(set) var suppression: Suppression?

    /// When which of the occurrences count, by the places of the leaves that count them.
    var occurrenceSpans: [Int: OccurrenceSpans] = [:]

    // MARK: Decisions

    /// The segments the partner is in, and since when.
    public var memberships: [MembershipEntry] = []
    /// What workflows and automations have done to the partner.
    public var marks: [SourceMark] = []
    /// How many entries into segments and actions of workflows there were: tells which came first.
    public var stepCount: UInt32 = 0

    // MARK: Time

    /// When to look at which segment again, in order of segments: none can change before without an event.
    public var dues: [SegmentDue] = []

    /// Makes the state of a partner of whom nothing is known.
    public init() {}

    /// Takes away what is counted in some slots.
    ///
    /// - Returns: Whether there was anything.
    mutating func forgetCounts(of slots: Set<Int>) -> Bool {
        let hadPoints = activity.removeAll(of: slots)
        let count = occurrences.count
        occurrences.removeAll { slots.contains($0.slot) }
        occurrenceSpans = [:]
        return hadPoints || occurrences.count < count
    }

    /// Whether a mail could reach the partner.
    public var isReachable: Bool { address != nil && suppression == nil }
}

/// One stage event of the relationship history.
public struct StageFact: Ordered, Sendable {
    /// When it happened, and by which record.
    public var order: FactOrder
    /// The stage that was entered.
    public var stage: RelationshipStage

    /// Makes it of its parts.
    public init(order: FactOrder, stage: RelationshipStage) {
        self.order = order
        self.stage = stage
    }
}

/// What is known of one contract: its latest stage and its latest term.
public struct ContractFacts: Sendable {
    /// The contract's id.
    public var contract: TextID
    /// The stage last entered.
    public var stage: ContractStage
    /// When that stage was entered, and by which record.
    public var stageOrder: FactOrder
    /// The latest template term; nil where none was given.
    public var term: TextID?
    /// When that term was given, and by which record.
    public var termOrder: FactOrder

    /// Makes it of its parts.
    public init(
        contract: TextID, stage: ContractStage, stageOrder: FactOrder, term: TextID?,
        termOrder: FactOrder
    ) {
        self.contract = contract
        self.stage = stage
        self.stageOrder = stageOrder
        self.term = term
        self.termOrder = termOrder
    }
}

/// The latest fact about one tag: assigned at that time, or removed.
public struct TagFact: Sendable {
    /// When it was assigned or removed, and by which record.
    public var order: FactOrder
    /// The tag's name.
    public var tag: TextID
    /// Whether it was assigned; else it was removed.
    public var isOn: Bool

    /// Makes it of its parts.
    public init(tag: TextID, order: FactOrder, isOn: Bool) {
        self.tag = tag
        self.order = order
        self.isOn = isOn
    }
}

/// One joining or leaving of a group.
public struct GroupFact: Ordered, Sendable {
    /// When it was joined or left, and by which record.
    public var order: FactOrder
    /// The group's name.
    public var group: TextID
    /// Whether it was joined; else it was left.
    public var isIn: Bool

    /// Makes it of its parts.
    public init(group: TextID, order: FactOrder, isIn: Bool) {
        self.group = group
        self.order = order
        self.isIn = isIn
    }
}

/// A name or address set, or removed by nil.
public struct TextFact: Ordered, Sendable {
    /// When it was set or removed, and by which record.
    public var order: FactOrder
    /// What was set; nil removes.
    public var text: TextID?

    /// Makes it of its parts.
    public init(order: FactOrder, text: TextID?) {
        self.order = order
        self.text = text
    }
}

/// The latest value of an attribute, or its removal by nil.
public struct AttributeFact: Sendable {
    /// When it was set or removed, and by which record.
    public var order: FactOrder
    /// What was set; nil removes.
    public var value: Value?
    /// The attribute's name.
    public var name: TextID

    /// Makes it of its parts.
    public init(name: TextID, order: FactOrder, value: Value?) {
        self.name = name
        self.order = order
        self.value = value
    }
}

/// A custom event of a measure whose `where` looks at dates from today's point of view.
public struct Occurrence: Sendable {
    /// The measure's slot.
    public var slot: Int
    /// When it happened.
    public var time: Instant
    /// What its dated properties say, in the order of the measure's conditions.
    public var moments: [Instant]

    /// Makes it of its parts.
    public init(slot: Int, time: Instant, moments: [Instant]) {
        self.slot = slot
        self.time = time
        self.moments = moments
    }
}

/// What became of a send, counted once for each activity (SPEC 10).
public struct EmailResult: Sendable {
    /// The send.
    public var send: SendKey
    /// What happened to it.
    public var activity: EmailActivity
    /// The workflow or automation that the event names.
    public var source: TextID?
    /// When it happened, and by which record: the earliest of the events that tell of it.
    public var order: FactOrder

    /// Makes it of its parts.
    public init(send: SendKey, activity: EmailActivity, source: TextID?, order: FactOrder) {
        self.send = send
        self.activity = activity
        self.source = source
        self.order = order
    }
}

/// The partner's own word on mail.
public struct ConsentFact: Sendable {
    /// Complained, unsubscribed or resubscribed.
    public var kind: Kind
    /// When it was said, and by which record.
    public var order: FactOrder

    /// Makes it of its parts.
    public init(kind: Kind, order: FactOrder) {
        self.kind = kind
        self.order = order
    }

    /// What the partner said.
    public enum Kind: UInt8, Sendable {
        case unsubscribed, complained, resubscribed
    }
}

/// Why a partner gets no mail (SPEC 2, 5).
public enum Suppression: UInt8, Sendable {
    case unsubscribed, complained, bounced
}

/// Membership of a segment that still lasts.
public struct MembershipEntry: Sendable, Equatable {
    /// Engine time of the entry.
    public let since: Instant
    /// The segment's number.
    public let segment: SegmentNumber
    /// The step, and `isByDefinition` in the lowest bit.
    private let packed: UInt32

    /// The entry's place among the partner's entries and the actions on it, less than 2^31.
    public var step: UInt32 { packed >> 1 }
    /// Whether `apply` itself moved the partner in: no re-entry (SPEC 5).
    public var isByDefinition: Bool { packed & 1 == 1 }

    /// Makes it of its parts.
    public init(segment: SegmentNumber, since: Instant, step: UInt32, isByDefinition: Bool) {
        self.segment = segment
        self.since = since
        packed = step << 1 | (isByDefinition ? 1 : 0)
    }
}

/// What one workflow or automation has done to one partner; it outlives edits of the definition.
public struct SourceMark: Sendable, Equatable {
    /// The workflow's or automation's number.
    public var source: SourceNumber
    /// Sends decided, suppressed ones too: the next send's ordinal.
    public var sendCount: UInt32 = 0
    /// The place of a workflow's latest action among the partner's entries and the actions on it; nil
    /// where it has never acted.
    public var actedAt: UInt32?

    /// Makes it of its parts.
    public init(source: SourceNumber) {
        self.source = source
    }
}

/// A segment's dense number, by first definition; it outlives retirement.
public typealias SegmentNumber = UInt32

/// A workflow's or automation's dense number, by first definition; it outlives retirement.
public typealias SourceNumber = UInt32
