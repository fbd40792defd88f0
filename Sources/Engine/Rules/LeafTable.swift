import Core

/// The leaves of the definitions in force, each once and by number.
///
/// Equal leaves of different segments are one leaf (the alpha network of Forgy's Rete, 1982). Those
/// whose verdict time alone can't change, the lasting ones, have the lowest numbers.
struct LeafTable {
    private(set) var rules: [CompiledLeaf] = []
    private(set) var matchers: [LeafMatcher] = []
    /// How many leaves are lasting ones.
    private(set) var lastingCount = 0
    private var numbers: [Leaf: Int] = [:]

    var count: Int { rules.count }

    /// Compiles no leaves.
    init() {}

    /// Compiles each leaf once, in the order in which conditions name them: this order gives measures
    /// their slots, by which stored states name them.
    init(of conditions: [Condition], texts: inout TextTable, slots: inout MeasureSlots) {
        var compiled: [(leaf: Leaf, rule: CompiledLeaf)] = []
        for leaf in conditions.flatMap(\.leaves) where numbers[leaf] == nil {
            numbers[leaf] = compiled.count
            compiled.append((leaf, compile(leaf, &texts, &slots)))
        }
        let lasting = compiled.filter { !$0.rule.dependsOnTime(matchers) }
        let passing = compiled.filter { $0.rule.dependsOnTime(matchers) }
        lastingCount = lasting.count
        rules = (lasting + passing).map(\.rule)
        for (number, entry) in (lasting + passing).enumerated() { numbers[entry.leaf] = number }
    }

    /// A leaf's number; nil where no definition in force names it.
    func number(of leaf: Leaf) -> Int? { numbers[leaf] }

    /// How much work a leaf is, compared with others.
    func cost(of leaf: Int) -> Int {
        if leaf < lastingCount { return 0 }
        switch rules[leaf] {
        case .measure: return 2
        case .matching: return 3
        default: return 1
        }
    }

    private mutating func compile(
        _ leaf: Leaf, _ texts: inout TextTable, _ slots: inout MeasureSlots
    ) -> CompiledLeaf {
        func matching(_ matcher: LeafMatcher) -> CompiledLeaf {
            matchers.append(matcher)
            return .matching(matchers.count - 1)
        }
        switch leaf {
        case .relationshipStage(let stages): return .relationshipStage(stages)
        case .contractStage(let stages): return .contractStage(stages)
        case .templateTerm(let test):
            return matching(.templateTerm(TextMatcher(test, texts: &texts)))
        case .contract(let names):
            return matching(.contract(names.map { texts.intern($0) }))
        case .contractWith(let test):
            return matching(.contractWith(ContractMatcher(test, texts: &texts)))
        case .partner(let names): return matching(.partner(names))
        case .group(let names): return matching(.group(names.map { texts.intern($0) }))
        case .tag(let names): return matching(.tag(names.map { texts.intern($0) }))
        case .partnerName(let test):
            return matching(.partnerName(TextMatcher(test, texts: &texts)))
        case .lastTransition(let condition): return .lastTransition(condition)
        case .originalJoined(let condition): return .originalJoined(condition)
        case .tagged(let tag, let condition): return .tagged(texts.intern(tag), condition)
        case .grouped(let group, let condition): return .grouped(texts.intern(group), condition)
        case .measure(let measure, let window, let comparison):
            let key = MeasureKey(measure: measure, window: window)
            let slot = slots.slot(for: key, texts: &texts)
            if let conditions = slots.entries[slot]?.custom?.conditions, !conditions.isEmpty {
                return matching(
                    .occurrences(
                        OccurrenceCount(
                            slot: slot, conditions: conditions, window: window,
                            comparison: comparison, place: matchers.count)))
            }
            return .measure(slot: slot, window, comparison)
        case .attribute(let name, let test):
            let name = texts.intern(name)
            return matching(.attribute(name, ValueMatcher(test, texts: &texts)))
        }
    }

    /// The verdict of one leaf on one partner.
    ///
    /// - Parameters:
    ///   - leaf: The leaf's number.
    ///   - partner: What is known of the partner; `inout`, so that hundreds of bytes need not be copied.
    ///   - number: The partner's number, by which `ids` gives its id.
    ///   - ids: The ids of all partners, looked at only where a leaf names some.
    ///   - texts: The texts of events and definitions.
    ///   - time: The instant that the verdict is for, and its local date.
    ///   - series: Where the partner's series are, as far as they were looked up.
    /// - Returns: The verdict, and until when it holds if no event comes.
    func truth(
        of leaf: Int, for partner: inout PartnerState, number: PartnerNumber,
        ids: borrowing TextTable, texts: borrowing TextTable, at time: borrowing EvaluationTime,
        series: inout SeriesPlaces
    ) -> Truth {
        switch rules[leaf] {
        case .relationshipStage(let stages):
            return .always(partner.stage.map { stages.contains(StageSet($0)) } ?? false)
        case .contractStage(let stages):
            return .always(partner.contracts.contains { stages.contains(StageSet($0.stage)) })
        case .lastTransition(let condition):
            return partner.lastTransition.map { time.truth(of: condition, for: $0) } ?? .no
        case .originalJoined(let condition):
            return partner.originalJoined.map { time.truth(of: condition, for: $0) } ?? .no
        case .tagged(let tag, let condition):
            return partner.tagSince(tag).map { time.truth(of: condition, for: $0) } ?? .no
        case .grouped(let group, let condition):
            return partner.groupSince(group).map { time.truth(of: condition, for: $0) } ?? .no
        case .measure(let slot, let window, let comparison):
            return switch series.place(of: slot, in: partner.activity) {
            case .short(let place):
                time.truth(
                    of: comparison, over: window,
                    in: partner.activity.short.span.extracting(place),
                    joined: partner.originalJoined)
            case .long(let index):
                time.truth(
                    of: comparison, over: window, in: partner.activity.long[index],
                    joined: partner.originalJoined)
            }
        case .matching(let matcher):
            return matchers[matcher].truth(
                for: &partner, number: number, ids: ids, texts: texts, at: time)
        }
    }
}
