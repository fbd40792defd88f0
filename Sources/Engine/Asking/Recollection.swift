public import Core

/// Partners' facts put together again from past events, under definitions of choice.
///
/// It answers questions about the past; it decides nothing and sets nothing off.
///
/// Facts of one thing are ordered by time and sequence (SPEC 2), so events may be learnt in any
/// order, and any of them left out.
public struct Recollection: Sendable {
    var engine: Engine

    /// Makes one that knows of no partner.
    ///
    /// - Parameters:
    ///   - programName: The program's name.
    ///   - zone: The rules of the program's time zone.
    ///   - definitions: The definitions in force; the segments that they name must be among them.
    ///   - texts: The texts that events learnt later are interned in.
    public init(
        programName: Name, zone: ZoneRules, definitions: [Definition],
        texts: TextTable = TextTable()
    ) {
        engine = Engine(programName: programName, zone: zone)
        engine.texts = texts
        engine.registry.apply(
            definitions.map {
                DefinitionChange(kind: $0.kind, id: $0.id, version: 1, definition: $0)
            }, at: .unset)
        engine.rules = RuleSet(engine.registry, slots: engine.rules.slots, texts: &engine.texts)
        engine.resizeForRules()
        engine.scratch.touchesUnchanged = true
    }

    /// The texts of events, in which those to be learnt are interned.
    public var texts: TextTable {
        get { engine.texts }
        _modify { yield &engine.texts }
    }

    /// Whether any condition counts sends.
    public var countsSends: Bool {
        engine.rules.dispatch.emailSlots.contains { $0.activity == .sent }
    }

    /// The kinds of facts that any condition looks at; others need not be learnt, only that there are
    /// events.
    public var lookedAt: FactKinds { engine.rules.dispatch.factKinds }

    /// What is known of each partner, by the numbers that `partner` gave.
    public var partners: [PartnerState] { engine.partners }

    /// The number of a partner here, which is added where it is new.
    public mutating func partner(_ id: Span<UInt8>) -> PartnerNumber {
        engine.partnerNumber(id)
    }

    /// The id of a partner by its number here.
    public func id(of partner: PartnerNumber) -> Name {
        engine.partnerIDs.name(TextID(number: partner))
    }

    /// Takes an event into its partner's facts.
    public mutating func learn(
        _ event: Event, of partner: PartnerNumber, sequence: EventSequence
    ) {
        engine.sequence = sequence
        engine.scratch.touched.removeAll(keepingCapacity: true)
        engine.fold(event, into: Int(partner))
    }

    /// The leaves that what was learnt last can touch.
    var touchedLeaves: Set<Int> { Set(engine.scratch.touched) }

    /// Takes in that a partner has an event, whatever it says.
    public mutating func noteEvent(of partner: PartnerNumber) {
        engine.partners[Int(partner)].isUntouched = false
    }

    /// Makes room for so many partners.
    public mutating func reserve(partners count: Int) {
        engine.partners.reserveCapacity(count)
    }

    /// Takes a send that was not suppressed into its partner's facts.
    public mutating func learnSend(from source: Name, at time: Instant, of partner: PartnerNumber) {
        engine.scratch.touched.removeAll(keepingCapacity: true)
        engine.addEmail(
            .sent, source: engine.texts.find(source), at: time, Int(partner))
    }

    /// Takes a partner's whole history in.
    ///
    /// - Returns: The partner's number here.
    public mutating func learn(_ history: PartnerHistory) -> PartnerNumber {
        let number = partner(history.partner.bytes.span)
        for past in history.events { learn(past.event, of: number, sequence: past.sequence) }
        for past in history.sends where past.suppressed == nil {
            learnSend(from: past.source.id, at: past.decidedAt, of: number)
        }
        return number
    }

    /// Whether a segment's condition holds for a partner at an instant.
    ///
    /// - Returns: False where the segment is not in force, or the partner's first event is not learnt:
    ///   only who has an event can be a member (SPEC 4).
    public func isMember(_ partner: PartnerNumber, of segment: Name, at instant: Instant) -> Bool {
        guard let number = engine.registry.number(.segment, segment),
            !engine.partners[Int(partner)].isUntouched
        else { return false }
        return engine.verdict(on: partner, segment: number, at: instant).isMember
    }

    /// When a partner next enters or leaves a segment by the passing of time alone; nil where it
    /// never does.
    public func nextFlip(
        _ partner: PartnerNumber, of segment: Name, after instant: Instant
    ) -> Instant? {
        guard let number = engine.registry.number(.segment, segment),
            !engine.partners[Int(partner)].isUntouched
        else { return nil }
        return engine.nextFlip(on: partner, segment: number, after: instant)
    }
}
