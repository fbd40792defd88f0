import Core

/// A leaf with its texts interned and its measure resolved to a slot.
enum CompiledLeaf {
    case relationshipStage(StageSet)
    case contractStage(StageSet)
    case templateTerm(TextMatcher)
    case contract([TextID])
    case contractWith(ContractMatcher)
    case partner([Name])
    case group([TextID])
    case tag([TextID])
    case partnerName(TextMatcher)
    case lastTransition(DateCondition)
    case originalJoined(DateCondition)
    case tagged(TextID, DateCondition)
    case grouped(TextID, DateCondition)
    case measure(slot: Int, Window, Comparison)
    /// A count of events of which each counts or not as time passes.
    case occurrences(slot: Int, [DateCondition], Window, Comparison)
    case attribute(TextID, ValueMatcher)

    init(_ leaf: Leaf, texts: inout TextTable, slots: inout MeasureSlots) {
        switch leaf {
        case .relationshipStage(let stages): self = .relationshipStage(stages)
        case .contractStage(let stages): self = .contractStage(stages)
        case .templateTerm(let test): self = .templateTerm(TextMatcher(test, texts: &texts))
        case .contract(let names): self = .contract(names.map { texts.intern($0) })
        case .contractWith(let test): self = .contractWith(ContractMatcher(test, texts: &texts))
        case .partner(let names): self = .partner(names)
        case .group(let names): self = .group(names.map { texts.intern($0) })
        case .tag(let names): self = .tag(names.map { texts.intern($0) })
        case .partnerName(let test): self = .partnerName(TextMatcher(test, texts: &texts))
        case .lastTransition(let condition): self = .lastTransition(condition)
        case .originalJoined(let condition): self = .originalJoined(condition)
        case .tagged(let tag, let condition): self = .tagged(texts.intern(tag), condition)
        case .grouped(let group, let condition): self = .grouped(texts.intern(group), condition)
        case .measure(let measure, let window, let comparison):
            let key = MeasureKey(measure: measure, window: window)
            let slot = slots.slot(for: key, texts: &texts)
            if let conditions = slots.entries[slot]?.custom?.conditions, !conditions.isEmpty {
                self = .occurrences(slot: slot, conditions, window, comparison)
            } else {
                self = .measure(slot: slot, window, comparison)
            }
        case .attribute(let name, let test):
            self = .attribute(texts.intern(name), ValueMatcher(test, texts: &texts))
        }
    }

    /// Whether the verdict can change with time alone.
    var dependsOnTime: Bool {
        switch self {
        case .lastTransition(let condition), .originalJoined(let condition),
            .tagged(_, let condition), .grouped(_, let condition):
            condition.dependsOnTime
        case .measure(_, let window, _):
            switch window {
            case .allTime, .daysAfterJoining: false
            case .sinceOriginalJoined: true
            case .date(let condition): condition.dependsOnTime
            }
        case .attribute(_, let matcher): matcher.dependsOnTime
        case .occurrences: true
        default: false
        }
    }

    /// Whether the verdict looks at when the partner originally joined.
    var dependsOnJoining: Bool {
        switch self {
        case .originalJoined: true
        case .measure(_, let window, _), .occurrences(_, _, let window, _):
            window.dependsOnJoining
        default: false
        }
    }

    /// The verdict on one partner.
    ///
    /// - Parameters:
    ///   - partner: What is known of the partner.
    ///   - number: The partner's number, by which `ids` gives its id.
    ///   - ids: The ids of all partners, looked at only where a leaf names some.
    ///   - texts: The texts of events and definitions.
    ///   - time: The instant that the verdict is for, and its local date.
    /// - Returns: The verdict, and until when it holds if no event comes.
    func truth(
        for partner: borrowing PartnerState, number: PartnerNumber, ids: borrowing TextTable,
        texts: borrowing TextTable, at time: borrowing EvaluationTime
    ) -> Truth {
        switch self {
        case .relationshipStage(let stages):
            return .always(partner.stage.map { stages.contains(StageSet($0)) } ?? false)
        case .contractStage(let stages):
            return .always(partner.contracts.contains { stages.contains(StageSet($0.stage)) })
        case .templateTerm(let matcher):
            return .always(
                partner.contracts.contains {
                    $0.term.map { matcher.matches($0, in: texts) } ?? false
                })
        case .contract(let list):
            return .always(partner.contracts.contains { list.contains($0.contract) })
        case .contractWith(let matcher):
            return .always(partner.contracts.contains { matcher.matches($0, in: texts) })
        case .partner(let names):
            return .always(names.contains(ids.name(TextID(number: number))))
        case .group(let list):
            return .always(list.contains { partner.groupSince($0) != nil })
        case .tag(let list):
            return .always(partner.tags.contains { $0.isOn && list.contains($0.tag) })
        case .partnerName(let matcher):
            return .always(partner.name?.text.map { matcher.matches($0, in: texts) } ?? false)
        case .lastTransition(let condition):
            return partner.lastTransition.map { time.truth(of: condition, for: $0) } ?? .no
        case .originalJoined(let condition):
            return partner.originalJoined.map { time.truth(of: condition, for: $0) } ?? .no
        case .tagged(let tag, let condition):
            return partner.tagSince(tag).map { time.truth(of: condition, for: $0) } ?? .no
        case .grouped(let group, let condition):
            return partner.groupSince(group).map { time.truth(of: condition, for: $0) } ?? .no
        case .measure(let slot, let window, let comparison):
            let series = slot < partner.series.count ? partner.series[slot] : Series()
            return time.truth(
                of: comparison, over: window, in: series, joined: partner.originalJoined)
        case .occurrences(let slot, let conditions, let window, let comparison):
            let events = partner.occurrences.filter { $0.slot == slot }
            return time.truth(
                of: comparison, over: window, in: events, meeting: conditions,
                joined: partner.originalJoined)
        case .attribute(let name, let matcher):
            return matcher.truth(of: partner.attribute(name), in: texts, at: time)
        }
    }
}

/// What one contract must meet at once, its texts interned.
struct ContractMatcher {
    private let stages: StageSet?
    private let term: TextMatcher?
    private let termNegated: Bool
    private let contracts: [TextID]?
    private let contractNegated: Bool

    init(_ test: ContractTest, texts: inout TextTable) {
        stages = test.stages
        term = test.term.map { TextMatcher($0, texts: &texts) }
        termNegated = test.termNegated
        contracts = test.contracts?.map { texts.intern($0) }
        contractNegated = test.contractNegated
    }

    func matches(_ facts: ContractFacts, in texts: TextTable) -> Bool {
        if let stages, !stages.contains(StageSet(facts.stage)) { return false }
        if let term {
            let passes = facts.term.map { term.matches($0, in: texts) } ?? false
            if passes == termNegated { return false }
        }
        if let contracts, contracts.contains(facts.contract) == contractNegated { return false }
        return true
    }
}
