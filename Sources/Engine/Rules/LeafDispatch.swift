import Core

/// Which leaves a change of which fact can touch, and which series an event adds to.
struct LeafDispatch {
    private(set) var stage: [Int] = []
    /// Leaves anchored at the original joining.
    private(set) var joining: [Int] = []
    private(set) var contract: [Int] = []
    private(set) var name: [Int] = []
    private var tags: [TextID: [Int]] = [:]
    private var groups: [TextID: [Int]] = [:]
    private var attributes: [TextID: [Int]] = [:]
    private var measures: [[Int]] = []

    /// Slots of money, actions and clicks.
    private(set) var revenueSlots: [SeriesSlot] = []
    private(set) var actionSlots: [SeriesSlot] = []
    private(set) var clickSlots: [SeriesSlot] = []
    private(set) var emailSlots: [(slot: SeriesSlot, activity: EmailActivity, source: TextID?)] =
        []
    private(set) var customSlots: [(slot: SeriesSlot, matcher: CustomMatcher)] = []
    /// Leaves that revenue or actions touch, each once.
    private(set) var action: [Int] = []

    /// A series and whether its keys are instants.
    struct SeriesSlot {
        var number: Int
        var byInstant: Bool
    }

    init() {}

    init(leaves: LeafTable, slots: MeasureSlots, texts: TextTable) {
        measures = Array(repeating: [], count: slots.entries.count)
        for (number, leaf) in leaves.rules.enumerated() {
            if leaf.dependsOnJoining(leaves.matchers) { joining.append(number) }
            switch leaf {
            case .relationshipStage, .lastTransition: stage.append(number)
            case .originalJoined: break
            case .contractStage: contract.append(number)
            case .tagged(let tag, _): tags[tag, default: []].append(number)
            case .grouped(let group, _): groups[group, default: []].append(number)
            case .measure(let slot, _, _): measures[slot].append(number)
            case .matching(let matcher): add(leaves.matchers[matcher], number)
            }
        }
        for (number, entry) in slots.entries.enumerated() {
            guard let entry else { continue }
            let slot = SeriesSlot(number: number, byInstant: entry.key.byInstant)
            switch entry.key.measure {
            case .revenue: revenueSlots.append(slot)
            case .actions: actionSlots.append(slot)
            case .clicks: clickSlots.append(slot)
            case .email(let activity, let source):
                emailSlots.append((slot, activity, source.flatMap { texts.find($0) }))
            case .custom:
                if let matcher = entry.custom { customSlots.append((slot, matcher)) }
            }
        }
        for slot in revenueSlots + actionSlots { action += measures[slot.number] }
    }

    private mutating func add(_ matcher: LeafMatcher, _ number: Int) {
        switch matcher {
        case .partner: break
        case .templateTerm, .contract, .contractWith: contract.append(number)
        case .partnerName: name.append(number)
        case .group(let list): for group in list { groups[group, default: []].append(number) }
        case .tag(let list): for tag in list { tags[tag, default: []].append(number) }
        case .occurrences(let count): measures[count.slot].append(number)
        case .attribute(let name, _): attributes[name, default: []].append(number)
        }
    }

    func tag(_ tag: TextID) -> [Int] { tags[tag] ?? [] }

    func group(_ group: TextID) -> [Int] { groups[group] ?? [] }

    func attribute(_ name: TextID) -> [Int] { attributes[name] ?? [] }

    func measure(_ slot: SeriesSlot) -> [Int] { measures[slot.number] }

    /// The kinds of facts that any leaf looks at.
    var factKinds: FactKinds {
        var kinds: FactKinds = []
        func add(_ kind: FactKinds, if isLookedAt: Bool) { if isLookedAt { kinds.insert(kind) } }
        add(.profile, if: !name.isEmpty || !attributes.isEmpty)
        add(.relationship, if: !stage.isEmpty || !joining.isEmpty)
        add(.contracts, if: !contract.isEmpty)
        add(.actions, if: !action.isEmpty)
        add(.clicks, if: clickSlots.contains { !measure($0).isEmpty })
        add(.tags, if: !tags.isEmpty)
        add(.groups, if: !groups.isEmpty)
        add(.email, if: !emailSlots.isEmpty)
        add(.custom, if: !customSlots.isEmpty)
        return kinds
    }
}
