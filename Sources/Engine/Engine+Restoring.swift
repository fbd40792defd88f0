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
        /// By partner number; what follows from the facts need not be set.
        public var partners: [PartnerState]
        /// Every definition record so far with its engine time, in order.
        public var definitions: [(changes: [DefinitionChange], at: Instant)]

        /// Makes a stored state.
        public init(
            now: Instant, sequence: EventSequence, isInHistory: Bool, sendCount: UInt64,
            texts: TextTable, partnerIDs: TextTable, partners: [PartnerState],
            definitions: [(changes: [DefinitionChange], at: Instant)]
        ) {
            self.now = now
            self.sequence = sequence
            self.isInHistory = isInHistory
            self.sendCount = sendCount
            self.texts = texts
            self.partnerIDs = partnerIDs
            self.partners = partners
            self.definitions = definitions
        }
    }

    /// Restores an engine.
    ///
    /// Flags of leaves and due instants are found anew from the facts. The verdicts on segments must come out
    /// as the stored memberships have them.
    ///
    /// - Returns: Nil where a stored membership contradicts the facts.
    public init?(restoring stored: consuming StoredState, programName: Name, zone: ZoneRules) {
        self.init(programName: programName, zone: zone)
        now = stored.now
        sequence = stored.sequence
        isInHistory = stored.isInHistory
        sendCount = stored.sendCount
        // Swapped, not copied: what is shared would be copied whole at the first change.
        swap(&texts, &stored.texts)
        swap(&partnerIDs, &stored.partnerIDs)
        swap(&partners, &stored.partners)
        if now != .unset { today = zone.day(of: now) }
        // Each record's rules in turn, so that measures get the slots that they had.
        for (changes, time) in stored.definitions {
            registry.apply(changes, at: time)
            rules = RuleSet(registry, after: rules, texts: &texts)
        }
        resizeForRules()
        for index in partners.indices {
            partners[index].isUntouched = false
            partners[index].deriveRelationship()
            partners[index].deriveReachability()
            for entry in partners[index].memberships {
                guard Int(entry.segment) < members.count else { return nil }
                members[Int(entry.segment)].set(PartnerNumber(index), to: true)
                if partners[index].address != nil { withAddress[Int(entry.segment)] += 1 }
            }
        }
        for partner in partners.indices {
            let moved = evaluateAll(PartnerNumber(partner), byDefinition: false)
            guard moved.isEmpty else { return nil }
        }
        recountCandidates()
    }
}
