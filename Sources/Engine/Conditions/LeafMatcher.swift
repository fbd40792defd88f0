import Core

/// A leaf that names lists or texts, which are interned.
enum LeafMatcher {
    case templateTerm(TextMatcher)
    case contract([TextID])
    case contractWith(ContractMatcher)
    case partner([Name])
    case group([TextID])
    case tag([TextID])
    case partnerName(TextMatcher)
    /// A count of events of which each counts or not as time passes.
    case occurrences(OccurrenceCount)
    case attribute(TextID, ValueMatcher)

    /// Whether the verdict can change with time alone.
    var dependsOnTime: Bool {
        switch self {
        case .attribute(_, let matcher): matcher.dependsOnTime
        case .occurrences: true
        default: false
        }
    }

    /// Whether the verdict looks at when the partner originally joined.
    var dependsOnJoining: Bool {
        if case .occurrences(let count) = self { count.window.dependsOnJoining } else { false }
    }

    /// The verdict on one partner; the parameters are those of ``LeafTable/truth(of:for:number:ids:texts:at:series:)``.
    func truth(
        for partner: inout PartnerState, number: PartnerNumber, ids: borrowing TextTable,
        texts: borrowing TextTable, at time: borrowing EvaluationTime
    ) -> Truth {
        switch self {
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
        case .occurrences(let count):
            return count.truth(for: &partner, at: time)
        case .attribute(let name, let matcher):
            return matcher.truth(of: partner.attributes.value(of: name), in: texts, at: time)
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
