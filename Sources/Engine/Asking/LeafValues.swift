import Core

/// What leaves look at, in words of the outside.
extension Explainer {
    func value(lookedAtBy leaf: Leaf, in state: PartnerState) -> LookedAt {
        switch leaf {
        case .relationshipStage:
            return names(state.stage.map { [Name($0.word)] } ?? [])
        case .contractStage, .templateTerm, .contract, .contractWith: return contracts(in: state)
        case .partner: return .names([history.partner])
        case .group(let wanted):
            return names(
                wanted.filter { name in
                    texts.find(name).map { state.groupSince($0) != nil } ?? false
                })
        case .tag(let wanted):
            return names(
                wanted.filter { name in
                    texts.find(name).map { state.tagSince($0) != nil } ?? false
                })
        case .partnerName:
            return state.name?.text.map { .value(.text(texts.name($0))) } ?? .nothing
        case .lastTransition: return instant(state.lastTransition)
        case .originalJoined: return instant(state.originalJoined)
        case .tagged(let tag, _): return instant(texts.find(tag).flatMap { state.tagSince($0) })
        case .grouped(let group, _):
            return instant(texts.find(group).flatMap { state.groupSince($0) })
        case .measure(let measure, let window, _):
            return sum(of: leaf, measure, over: window, in: state)
        case .attribute(let name, _):
            guard let value = texts.find(name).flatMap({ state.attributes.value(of: $0) }) else {
                return .nothing
            }
            return .value(ConstantValue(value, texts))
        }
    }

    private func names(_ names: [Name]) -> LookedAt { names.isEmpty ? .nothing : .names(names) }

    private func instant(_ instant: Instant?) -> LookedAt {
        instant.map { .instant($0) } ?? .nothing
    }

    private func contracts(in state: PartnerState) -> LookedAt {
        guard !state.contracts.isEmpty else { return .nothing }
        return .contracts(
            state.contracts.map { contract in
                LookedAt.ContractSummary(
                    contract: texts.name(contract.contract), stage: contract.stage,
                    term: contract.term.map { texts.name($0) })
            }.sorted { $0.contract < $1.contract })
    }

    /// The sum or count that a comparison is made with; nothing where the window has no beginning
    /// because the partner never joined.
    private func sum(
        of leaf: Leaf, _ measure: Measure, over window: Window, in state: PartnerState
    ) -> LookedAt {
        let leaves = recollection.engine.rules.leaves
        guard !window.dependsOnJoining || state.originalJoined != nil,
            let number = leaves.number(of: leaf)
        else { return .nothing }
        let sum: Int128
        switch leaves.rules[number] {
        case .measure(let slot, _, _):
            sum = time.sum(
                over: window, in: state.activity.series(of: slot), joined: state.originalJoined)
        case .matching(let matcher):
            guard case .occurrences(let count) = leaves.matchers[matcher] else { return .nothing }
            let counted = state.occurrences.count { event in
                event.slot == count.slot
                    && time.truth(
                        of: event, meeting: count.conditions, over: window,
                        joined: state.originalJoined
                    ).value
            }
            sum = Int128(counted) * 1_000_000
        default: return .nothing
        }
        return measure == .revenue ? .sum(sum) : .count(sum)
    }

    /// The days or instants that a leaf's window stands for now.
    func windowSpan(of leaf: Leaf) -> WindowSpan? {
        guard case .measure(_, let window, _) = leaf else { return nil }
        let today = time.today
        switch window {
        case .allTime, .date(.isSet): return nil
        case .sinceOriginalJoined:
            return joinedDay.map { .days(from: $0, to: today) }
        case .daysAfterJoining(let from, let to):
            return joinedDay.map { .days(from: $0.adding(days: from), to: $0.adding(days: to)) }
        case .date(.daysAgo(let from, let to)):
            return .days(from: today.adding(days: -to), to: today.adding(days: -from))
        case .date(.lastMonths(let months)):
            return .days(from: today.adding(months: -Int(months)), to: today)
        case .date(.moreThanDaysAgo(let days)):
            return .days(from: nil, to: today.adding(days: -days - 1))
        case .date(.dates(let from, let to)): return .days(from: from, to: to)
        case .date(.within(let length)):
            return .instants(after: time.now.advanced(byMicroseconds: -length), to: time.now)
        case .date(.longerAgoThan(let length)):
            return .instants(after: nil, to: time.now.advanced(byMicroseconds: -length))
        }
    }

    private var joinedDay: Day? { state.originalJoined.map { time.zone.day(of: $0) } }
}

extension ConstantValue {
    /// The value of an attribute or property, its text read back.
    public init(_ value: Value, _ texts: TextTable) {
        switch value {
        case .text(let text): self = .text(texts.name(text))
        case .number(let number): self = .number(number)
        case .flag(let flag): self = .flag(flag)
        }
    }
}
