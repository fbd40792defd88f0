/// A brute-force reference for SPEC 2 to 5, written for clearness.
///
/// It keeps the list of facts and reads everything off it: a partner's state is rebuilt from all its
/// events after each of them, and every condition is evaluated naively. Time passes by trying
/// instants: all local midnights, all tops of the hour at which a workflow may run, and for every
/// instant t that any fact names and every rolling length L, t and t + L.
///
/// Two things are skipped because nothing can be due there. A condition reads the clock only as the
/// local date and in rolling windows; so at a mere top of the hour no membership is evaluated, and
/// at a mere rolling instant only the partners whose facts name it.
public final class Model {
    final class Partner {
        let id: String
        /// Ordered by (time, sequence).
        var events: [Fact] = []
        var sent: [(source: String, when: Dated)] = []
        var facts: Facts
        /// Instants at which a rolling window may open or close, ascending.
        var rolling: [Int64] = []

        init(id: String, calendar: LocalCalendar) {
            self.id = id
            facts = Facts(events: [], sent: [], calendar: calendar)
        }
    }

    /// A partner's stay in a segment.
    struct Entry {
        var isByDefinition: Bool
        /// Its place among all entries and actions.
        var ordinal: Int
    }

    struct Pair: Hashable {
        var first: String
        var second: String
    }

    let programName: String
    let currency: String
    let calendar: LocalCalendar
    var definitions = Definitions()
    var rollingLengths: [Int64] = []
    /// In order of first appearance.
    var partners: [Partner] = []
    var partnerIndex: [String: Int] = [:]
    var seenIDs: Set<String> = []
    var nextSequence = 1
    var nextOrdinal = 1
    var isHistory = false
    /// (segment, partner) to the current stay.
    var entries: [Pair: Entry] = [:]
    /// (workflow, partner) to the ordinal at which it last acted.
    var acted: [Pair: Int] = [:]
    /// Sends so far by kind and source, and partner.
    var sendCounts: [Pair: Int] = [:]
    var queue: [Derived] = []

    /// The engine clock; nil until the first event or clock record.
    public internal(set) var now: Int64?
    /// All transitions in order; at one evaluation by segment id.
    public internal(set) var transitions: [Transition] = []
    /// All sends in order of decision.
    public internal(set) var sends: [Send] = []
    /// All runs in order.
    public internal(set) var runs: [Run] = []
    /// All derived events in the order in which they were appended.
    public internal(set) var derived: [Derived] = []
    /// All triggers dropped at depth 8.
    public internal(set) var cutOffs: [CutOff] = []

    /// An empty program.
    public init(programName: String, timezone: String, currency: String) {
        self.programName = programName
        self.currency = currency
        calendar = LocalCalendar(timezone: timezone)
    }

    /// Takes in definitions in the file format of SPEC 5, known to be valid.
    public func apply(definitionsJSON: String, prune: Bool) {
        guard definitions.apply(JSONValue(parsing: definitionsJSON), prune: prune) else { return }
        isHistory = false
        rollingLengths = definitions.rollingLengths
        for partner in partners { refresh(partner) }
        guard let now else { return }
        for partner in partners {
            _ = evaluate(partner, at: now, byDefinition: true)
        }
    }

    /// Takes in one valid event line; an id seen before is a duplicate.
    ///
    /// - Parameters:
    ///   - line: The line.
    ///   - history: Whether it is from before Muster was in charge.
    ///   - movesClock: Whether the event clock holds; under the wall clock it moves none that is set.
    public func ingest(line: String, history: Bool, movesClock: Bool = true) {
        let fields = JSONValue(parsing: line)
        guard let id = fields["id"]?.text, let type = fields["type"]?.text,
            let partner = fields["partner"]?.text,
            let time = fields["time"]?.text.flatMap(Instants.parse)
        else { preconditionFailure("not an event: \(line)") }
        guard seenIDs.insert(id).inserted else { return }
        // History begins before its first record; without the mark it ends only at the record.
        if history { isHistory = true }
        if movesClock || now == nil { move(to: time) }
        isHistory = history
        process(
            type: type,
            partner: partner,
            time: time,
            fields: fields,
            depth: 0
        )
        workOffQueue()
    }

    /// Appends a clock record; an instant that has passed does nothing.
    public func advance(to instant: Int64) {
        if let now, instant <= now { return }
        move(to: instant)
        isHistory = false
    }

    /// Whether the partner would be in the segment at an instant not before `now`, without new events.
    public func evaluate(segment: String, partner: String, at instant: Int64) -> Bool {
        guard let index = partnerIndex[partner] else { return false }
        var known: [String: Bool] = [:]
        return holds(
            segment,
            for: partners[index],
            at: Moment(now: instant, calendar: calendar),
            known: &known
        )
    }

    /// The segment's members now, in order of first appearance.
    public func members(segment: String) -> [String] {
        partners.map(\.id).filter { entries[Pair(first: segment, second: $0)] != nil }
    }

    /// All partners in order of first appearance.
    public var partnerIDs: [String] {
        partners.map(\.id)
    }

    /// All segments in force in the order of their ids.
    public var segmentIDs: [String] {
        definitions.ids(.segments)
    }
}

// MARK: - Evaluation

extension Model {
    func holds(
        _ segment: String,
        for partner: Partner,
        at moment: Moment,
        known: inout [String: Bool]
    ) -> Bool {
        if let verdict = known[segment] { return verdict }
        guard let condition = definitions.segments[segment] else { return false }
        var others = known
        let verdict = partner.facts.satisfies(condition, partner: partner.id, at: moment) { other in
            self.holds(other, for: partner, at: moment, known: &others)
        }
        known = others
        known[segment] = verdict
        return verdict
    }

    /// Compares all segments with what is stored, and stores what is true now.
    ///
    /// - Returns: The transitions, by segment id.
    func evaluate(_ partner: Partner, at now: Int64, byDefinition: Bool) -> [Transition] {
        let moment = Moment(now: now, calendar: calendar)
        var known: [String: Bool] = [:]
        let stored = retired(partner)
        var found: [Transition] = []
        for segment in (definitions.ids(.segments) + stored).sorted(by: bytewiseLess) {
            let pair = Pair(first: segment, second: partner.id)
            let isMember = holds(segment, for: partner, at: moment, known: &known)
            guard isMember != (entries[pair] != nil) else { continue }
            entries[pair] =
                isMember ? Entry(isByDefinition: byDefinition, ordinal: takeOrdinal()) : nil
            found.append(
                Transition(
                    segment: segment,
                    partner: partner.id,
                    at: now,
                    entered: isMember,
                    byDefinition: byDefinition
                )
            )
        }
        transitions += found
        return found
    }

    /// Segments no longer defined of which the partner is still noted as a member.
    private func retired(_ partner: Partner) -> [String] {
        definitions.retiredSegments.filter { entries[Pair(first: $0, second: partner.id)] != nil }
    }

    func takeOrdinal() -> Int {
        defer { nextOrdinal += 1 }
        return nextOrdinal
    }

    /// Rebuilds what is known about a partner from the list of its facts.
    func refresh(_ partner: Partner) {
        partner.facts = Facts(events: partner.events, sent: partner.sent, calendar: calendar)
        guard !rollingLengths.isEmpty else {
            partner.rolling = []
            return
        }
        var instants: Set<Int64> = []
        for instant in partner.facts.instants {
            instants.insert(instant)
            for length in rollingLengths { instants.insert(instant + length) }
        }
        partner.rolling = instants.sorted()
    }
}

// MARK: - Events

extension Model {
    /// Appends one event at `now` and evaluates its partner once, after the whole of its effect.
    func process(type: String, partner id: String, time: Int64, fields: JSONValue, depth: Int) {
        guard let now else { preconditionFailure("the clock is set before events") }
        let partner = partner(id)
        let when = Dated(instant: time, date: calendar.date(of: time))
        var effective = when
        if type == "action.reversed", let text = fields["original_time"]?.text,
            let original = Instants.parse(text)
        {
            effective = Dated(instant: original, date: calendar.date(of: original))
        }
        let fact = Fact(
            sequence: nextSequence,
            type: type,
            partner: id,
            when: when,
            fields: fields,
            effective: effective
        )
        nextSequence += 1
        let place = partner.events.lastIndex { $0.when.instant <= time }.map { $0 + 1 } ?? 0
        partner.events.insert(fact, at: place)
        refresh(partner)

        var triggers: [Trigger] = []
        if type == "tag.assigned" { triggers.append(.tagAssigned(fields["tag"]?.text ?? "")) }
        triggers += evaluate(partner, at: now, byDefinition: false).map(Trigger.init)
        if fire(triggers, for: partner, causedAt: time, depth: depth) {
            reevaluate(partner, depth: depth + 1)
        }
    }

    /// Evaluates a partner again because sends to it were decided.
    ///
    /// They count from their decision on: what that sets off is not late, however late the event was that the
    /// sends came of.
    func reevaluate(_ partner: Partner, depth: Int) {
        guard let now else { return }
        let triggers = evaluate(partner, at: now, byDefinition: false).map(Trigger.init)
        if fire(triggers, for: partner, causedAt: now, depth: depth) {
            reevaluate(partner, depth: depth + 1)
        }
    }

    /// Appends and processes derived events, first in first out.
    func workOffQueue() {
        while !queue.isEmpty {
            let event = queue.removeFirst()
            derived.append(event)
            var fields: [(key: String, value: JSONValue)] = []
            if let tag = event.tag { fields.append(("tag", .string(tag))) }
            if let contract = event.contract { fields.append(("contract", .string(contract))) }
            process(
                type: event.type,
                partner: event.partner,
                time: partner(event.partner).timeOfChange(by: event),
                fields: .object(fields),
                depth: event.depth
            )
        }
    }

    private func partner(_ id: String) -> Partner {
        if let index = partnerIndex[id] { return partners[index] }
        let partner = Partner(id: id, calendar: calendar)
        partnerIndex[id] = partners.count
        partners.append(partner)
        return partner
    }
}

extension Model.Partner {
    /// When a derived event counts as having happened: not before the latest event about what it changes.
    func timeOfChange(by derived: Derived) -> Int64 {
        let changed = events.filter { event in
            switch event.type {
            case "tag.assigned", "tag.removed":
                return derived.tag.map { $0 == event.fields["tag"]?.text } ?? false
            case "relationship.changed", "partner.joined":
                return derived.type == "partner.joined"
            case "contract.changed", "application.submitted":
                return derived.contract.map {
                    $0 == event.fields["contract"]?.text ?? "default"
                } ?? false
            default: return false
            }
        }
        return max(derived.time, changed.map(\.when.instant).max() ?? derived.time)
    }
}

extension Trigger {
    init(_ transition: Transition) {
        self =
            transition.entered
            ? .segmentEntered(transition.segment) : .segmentLeft(transition.segment)
    }
}
