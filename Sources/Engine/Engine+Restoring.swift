public import Core

/// An engine as it was after some record, put together from stored working state.
extension Engine {
    /// What was stored of an engine.
    public struct StoredState: Sendable {
        /// The latest instant reached; ``Instant/unset`` where the clock was never set.
        public var now: Instant
        /// The position of the latest record.
        public var sequence: EventSequence
        /// Whether the latest record was history (SPEC 3).
        public var isInHistory: Bool
        /// How many sends were decided so far.
        public var sendCount: UInt64
        /// Texts of events and definitions, numbered as they were.
        public var texts: TextTable
        /// Partner ids in the order of partner numbers.
        public var partnerIDs: TextTable
        /// Every definition record so far with its engine time, in order.
        public var definitions: [(changes: [DefinitionChange], at: Instant)]

        /// Makes a stored state.
        public init(
            now: Instant, sequence: EventSequence, isInHistory: Bool, sendCount: UInt64,
            texts: TextTable, partnerIDs: TextTable,
            definitions: [(changes: [DefinitionChange], at: Instant)]
        ) {
            self.now = now
            self.sequence = sequence
            self.isInHistory = isInHistory
            self.sendCount = sendCount
            self.texts = texts
            self.partnerIDs = partnerIDs
            self.definitions = definitions
        }
    }

    /// Restores an engine; all partners are absent, and `note` has to be told of each.
    public init(restoring stored: consuming StoredState, programName: Name, zone: ZoneRules) {
        self.init(programName: programName, zone: zone)
        now = stored.now
        sequence = stored.sequence
        isInHistory = stored.isInHistory
        sendCount = stored.sendCount
        // Swapped, not copied: what is shared would be copied whole at the first change.
        swap(&texts, &stored.texts)
        swap(&partnerIDs, &stored.partnerIDs)
        if now != .unset { today = zone.day(of: now) }
        // Each record's measures in turn, so that they get the slots that they had.
        var slots = rules.slots
        for (changes, time) in stored.definitions {
            registry.apply(changes, at: time)
            guard changes.contains(where: { $0.kind == .segment }) else { continue }
            slots.follow(registry.segmentsInForce.map(\.match), texts: &texts)
        }
        rules = RuleSet(registry, slots: slots, texts: &texts)
        var absent = PartnerState()
        absent.isAbsent = true
        partners = Array(repeating: absent, count: partnerIDs.count)
        absentCount = partners.count
        resizeForRules()
    }
}
