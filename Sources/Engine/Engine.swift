public import Core

/// The state machine that a program is: takes in records in log order, and decides (SPEC 1-5).
///
/// A pure function of the log: it reads no clock, opens nothing and asks no one. The same records
/// give the same effects whether they come from outside, from a store's tail after a crash, or from
/// a whole log that is being audited.
///
/// Between two records the following holds for every partner:
/// - the flags of lasting leaves are right, and memberships until the segment's due instant, which lies
///   ahead of `now`;
/// - `memberships`, their flags, the sets of members, addresses and candidates say the same.
public struct Engine: Sendable {
    /// The program's name, of which send ids are made.
    public let programName: Name
    /// The rules of the program's time zone.
    public internal(set) var zone: ZoneRules
    /// The latest instant reached; ``Instant/unset`` before the first event or clock record.
    public internal(set) var now: Instant = .unset
    /// The local date of `now`.
    var today = Day(number: 0)
    /// The next top of the hour after `now`; earlier ones that had nothing to do may lie behind.
    var nextHour: Instant = .unset
    /// The position of the latest record.
    public internal(set) var sequence: EventSequence = 0
    /// Whether the latest record was history (SPEC 3).
    public internal(set) var isInHistory = false
    /// How many sends were decided so far, suppressed ones too: the next one's number.
    public internal(set) var sendCount: UInt64 = 0

    /// Texts of events and definitions.
    public var texts = TextTable()
    /// Partner ids; a partner's number is its place here.
    public var partnerIDs = TextTable()
    /// What is known of each partner, by partner number.
    ///
    /// Of absent ones only their ``PartnerOutline`` is taken into account until they are fetched.
    public internal(set) var partners: [PartnerState] = []
    /// How many partners are absent.
    public internal(set) var absentCount = 0
    /// The definitions so far, in force or retired.
    public internal(set) var registry = DefinitionRegistry()
    var rules: RuleSet

    var flags = PartnerFlags(leaves: 0, segments: 0, partners: 0)
    /// Members by segment number.
    public internal(set) var members: [PartnerSet] = []
    /// How many members have an address, by segment number.
    public internal(set) var withAddress: [Int] = []
    /// Whom a workflow would act on now, by position in the rules.
    var candidates: [PartnerSet] = []
    var dueQueue = DueQueue()

    /// What was decided since the caller last emptied it.
    public var effects = Effects()
    /// Partners whose state has changed since the caller last emptied it.
    public var changedPartners = ChangedPartners()

    /// Derived events that wait for their turn.
    var queue: [QueuedEvent] = []
    /// The record that decisions are ascribed to.
    var context = DecisionContext()
    var scratch = Scratch()
    /// Slots of measures that definitions have begun to look at, while they are being filled.
    var unfilledSlots: Set<Int> = []

    /// Makes an engine before its first record.
    public init(programName: Name, zone: ZoneRules) {
        self.programName = programName
        self.zone = zone
        rules = RuleSet(texts: &texts)
    }

    /// Takes in the record that founded the store.
    public mutating func begin() {
        appendInput(isHistory: false)
    }

    /// Takes in an event.
    ///
    /// - Parameters:
    ///   - event: What happened, its texts interned in `texts`.
    ///   - id: The partner's id; a new one gets the next partner number.
    ///   - engineTime: When it is applied, not before `now`: the clock advances to it first.
    ///   - isHistory: Whether it is from before Muster was in charge (SPEC 3).
    ///   - fetch: Gives the stored state of an absent partner to whom something happens.
    /// - Throws: What `fetch` throws; the engine is of no more use then.
    public mutating func apply(
        _ event: Event, partner id: Span<UInt8>, at engineTime: Instant, isHistory: Bool,
        fetching fetch: (PartnerNumber) throws -> PartnerState
    ) rethrows {
        try advanceClock(to: engineTime, isHistory: isHistory, fetching: fetch)
        try take(event, of: partnerNumber(id), isHistory: isHistory, fetching: fetch)
    }

    /// Takes in an event of a partner whose number is known, as a log that is replayed has it.
    ///
    /// - Precondition: An event has named the partner before.
    /// - Throws: What `fetch` throws; the engine is of no more use then.
    public mutating func apply(
        _ event: Event, knownPartner partner: PartnerNumber, at engineTime: Instant,
        isHistory: Bool, fetching fetch: (PartnerNumber) throws -> PartnerState
    ) rethrows {
        try advanceClock(to: engineTime, isHistory: isHistory, fetching: fetch)
        try take(event, of: partner, isHistory: isHistory, fetching: fetch)
    }

    private mutating func take(
        _ event: Event, of partner: PartnerNumber, isHistory: Bool,
        fetching fetch: (PartnerNumber) throws -> PartnerState
    ) rethrows {
        isInHistory = isHistory
        try admit(partner, fetching: fetch)
        appendInput(isHistory: isHistory, partner: partner)
        context = DecisionContext(sequence: sequence, isHistory: isHistory)
        process(event, partner: partner, depth: 0)
        drainQueue()
    }

    /// Takes in a clock record: the clock advances, and every boundary on the way is processed.
    ///
    /// - Throws: What `fetch` throws; the engine is of no more use then.
    public mutating func advance(
        to instant: Instant, isHistory: Bool,
        fetching fetch: (PartnerNumber) throws -> PartnerState
    ) rethrows {
        try advanceClock(to: instant, isHistory: isHistory, fetching: fetch)
        isInHistory = isHistory
        appendInput(isHistory: isHistory)
    }

    /// Lets time pass without a record from outside; the engine appends those of boundaries that decide by itself.
    ///
    /// - Throws: What `fetch` throws; the engine is of no more use then.
    public mutating func pass(
        to instant: Instant, isHistory: Bool,
        fetching fetch: (PartnerNumber) throws -> PartnerState
    ) rethrows {
        try advanceClock(to: instant, isHistory: isHistory, fetching: fetch)
    }

    mutating func appendInput(isHistory: Bool, partner: PartnerNumber? = nil) {
        append(
            LogRecord(
                sequence: sequence + 1, engineTime: now, isHistory: isHistory, kind: .input,
                partner: partner))
    }

    mutating func append(_ record: LogRecord) {
        var record = record
        sequence = record.sequence
        if let partner = record.partner {
            record.previous = partners[Int(partner)].lastSequence
            partners[Int(partner)].lastSequence = record.sequence
            changedPartners.insert(partner)
        }
        effects.records.append(record)
    }

    mutating func partnerNumber(_ id: Span<UInt8>) -> PartnerNumber {
        let number = partnerIDs.intern(id).number
        if number == partners.count {
            partners.append(PartnerState())
            flags.appendPartner()
        }
        return number
    }

    /// Lends a partner's state; mutating, so that it need not be copied.
    public mutating func withState<Result>(
        of partner: PartnerNumber, _ body: (borrowing PartnerState) -> Result
    ) -> Result {
        partners[Int(partner)].lend(to: body)
    }

    /// Takes in a restore mark (SPEC 8, promise 6), from which nothing follows here.
    public mutating func noteRestore() {
        appendInput(isHistory: isInHistory)
    }
}

extension PartnerState {
    @inline(__always)
    fileprivate mutating func lend<Result>(to body: (borrowing PartnerState) -> Result) -> Result {
        body(self)
    }
}

/// The record that decisions are ascribed to, and what it means for them.
struct DecisionContext {
    var sequence: EventSequence = 0
    var isHistory = false
    /// Whether the context is a boundary whose own record is not appended yet.
    var isUnrecordedBoundary = false
}

/// A derived event that waits for its turn.
struct QueuedEvent {
    var partner: PartnerNumber
    var source: SourceNumber
    var depth: Int
    var content: EventContent
}

/// Working room of one evaluation, kept to save allocations.
struct Scratch {
    /// The leaves that the event at hand can touch; some may stand here twice.
    var touched: [Int] = []
    /// Whether an event also touches the leaves that it could, but, as things stand, did not change.
    var touchesUnchanged = false
    /// Positions of the segments to look at.
    var marked = WorkList()
    /// Verdicts of leaves, as far as segments looked at name them.
    var leaves: [Truth] = []
    /// The evaluation in which each leaf's verdict was found.
    var evaluatedIn: [UInt64] = []
    /// The number of the evaluation at hand, which begins after the partner's facts have changed.
    var generation: UInt64 = 0
    /// Where the partner's series are.
    var series = SeriesPlaces(slots: 0)
    /// Verdicts of segments, as far as others name them.
    var segments: [Truth] = []
    var changed: [(rank: Int, segment: SegmentNumber, entered: Bool)] = []

    /// Begins to look at a partner as its facts are now.
    mutating func beginEvaluation() {
        generation += 1
        series.forgetAll()
    }
}

/// Partners whose state has changed, each once.
public struct ChangedPartners: Sendable {
    private var isIn: [Bool] = []
    /// In order of first change.
    public private(set) var list: [PartnerNumber] = []

    /// Makes an empty list.
    public init() {}

    mutating func insert(_ partner: PartnerNumber) {
        if Int(partner) >= isIn.count {
            isIn.append(
                contentsOf: repeatElement(
                    false, count: max(Int(partner) + 1, isIn.count * 2) - isIn.count))
        }
        guard !isIn[Int(partner)] else { return }
        isIn[Int(partner)] = true
        list.append(partner)
    }

    /// Empties the list.
    public mutating func removeAll() {
        for partner in list { isIn[Int(partner)] = false }
        list.removeAll(keepingCapacity: true)
    }
}
