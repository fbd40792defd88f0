import Core

/// The definitions in force, compiled: what an event can touch, and what follows from it.
///
/// Equal leaves of different segments are one leaf (the alpha network of Forgy's Rete, 1982). An
/// event dispatches to the leaves that its type and field can touch, a changed leaf to the segments
/// that name it, a changed segment to those that name that one.
struct RuleSet {
    /// A segment's program.
    struct SegmentRule {
        var number: SegmentNumber
        var id: Name
        /// The leaves that it names.
        var leaves: [Int]
        /// Those of them whose verdict can change with time alone.
        var timeLeaves: [Int]
        /// Place among the segments in force in byte order of ids.
        var rank: Int
        /// Segments that this one names.
        var named: [SegmentNumber]
        /// Segments that name this one.
        var dependents: [SegmentNumber] = []
    }

    struct WorkflowRule {
        var source: SourceNumber
        var workflow: Workflow
        var segment: SegmentNumber
        var actions: [CompiledAction]
        var isActive: Bool { workflow.state == .active }
    }

    struct AutomationRule {
        var source: SourceNumber
        var automation: Automation
        var actions: [CompiledAction]
    }

    private(set) var leaves: [CompiledLeaf] = []
    /// Positions in `leaves`.
    private(set) var leafNumbers: [Leaf: Int] = [:]
    /// Leaves whose verdict can change with time alone.
    private(set) var timeLeaves: [Int] = []
    private(set) var leafSegments: [[SegmentNumber]] = []
    private(set) var formulas = Formulas(segmentCount: 0)
    /// Segments in force by number; nil where retired.
    private(set) var segments: [SegmentRule?] = []
    /// Segments in force, each after those that it names.
    private(set) var evaluationOrder: [SegmentNumber] = []
    /// In byte order of ids, drafts and paused ones included.
    private(set) var workflows: [WorkflowRule] = []
    /// Positions in `workflows` by segment number.
    private(set) var segmentWorkflows: [[Int]] = []
    private(set) var dispatch = LeafDispatch()
    private(set) var slots: MeasureSlots
    private var automations: [TriggerKey: [AutomationRule]] = [:]

    /// What sets off automations, by number.
    enum TriggerKey: Hashable {
        case tagAssigned(TextID)
        case segmentEntered(SegmentNumber)
        case segmentLeft(SegmentNumber)
    }

    /// Rules of no definitions at all.
    init(texts: inout TextTable) {
        slots = MeasureSlots(texts: &texts)
        dispatch = LeafDispatch(leaves: [], slots: slots, texts: texts)
    }

    /// Compiles the definitions in force.
    ///
    /// - Parameters:
    ///   - registry: The definitions, in force or retired.
    ///   - previous: The rules so far, whose measures keep their slots.
    ///   - texts: Takes in the texts that the definitions name.
    init(_ registry: DefinitionRegistry, after previous: RuleSet, texts: inout TextTable) {
        slots = previous.slots
        slots.beginUse()
        compileSegments(registry, texts: &texts)
        slots.endUse()
        dispatch = LeafDispatch(leaves: leaves, slots: slots, texts: texts)
        compileWorkflows(registry, texts: &texts)
        compileAutomations(registry, texts: &texts)
    }

    /// Active automations that a trigger sets off, in byte order of their ids.
    func automations(on trigger: TriggerKey) -> [AutomationRule] {
        automations[trigger] ?? []
    }

    private mutating func compileSegments(
        _ registry: DefinitionRegistry, texts: inout TextTable
    ) {
        segments = Array(repeating: nil, count: registry.segmentIDs.count)
        formulas = Formulas(segmentCount: segments.count)
        var rank = 0
        for entry in registry.entries(.segment) {
            guard case .segment(let segment)? = entry.definition,
                let number = registry.number(.segment, entry.id)
            else { continue }
            formulas.set(
                number, to: segment.match,
                leaf: { leaf in
                    if let number = leafNumbers[leaf] { return number }
                    leaves.append(CompiledLeaf(leaf, texts: &texts, slots: &slots))
                    leafNumbers[leaf] = leaves.count - 1
                    return leaves.count - 1
                },
                named: { name in registry.number(.segment, name) ?? number })
            segments[Int(number)] = SegmentRule(
                number: number, id: entry.id, leaves: formulas.leaves(of: number),
                timeLeaves: formulas.leaves(of: number).filter { leaves[$0].dependsOnTime },
                rank: rank, named: formulas.segments(of: number))
            rank += 1
        }
        timeLeaves = leaves.indices.filter { leaves[$0].dependsOnTime }
        leafSegments = Array(repeating: [], count: leaves.count)
        for case let rule? in segments {
            for leaf in rule.leaves { leafSegments[leaf].append(rule.number) }
            for named in rule.named {
                segments[Int(named)]?.dependents.append(rule.number)
            }
        }
        orderSegments()
    }

    private mutating func orderSegments() {
        var isPlaced = segments.map { $0 == nil }
        func place(_ number: SegmentNumber, _ order: inout [SegmentNumber]) {
            guard !isPlaced[Int(number)], let rule = segments[Int(number)] else { return }
            isPlaced[Int(number)] = true
            for named in rule.named { place(named, &order) }
            order.append(number)
        }
        var order: [SegmentNumber] = []
        for case let rule? in segments.sorted(by: { ($0?.rank ?? 0) < ($1?.rank ?? 0) }) {
            place(rule.number, &order)
        }
        evaluationOrder = order
    }

    private mutating func compileWorkflows(
        _ registry: DefinitionRegistry, texts: inout TextTable
    ) {
        segmentWorkflows = Array(repeating: [], count: segments.count)
        for entry in registry.entries(.workflow) {
            guard case .workflow(let workflow)? = entry.definition,
                let source = registry.number(.workflow, entry.id),
                let segment = registry.number(.segment, workflow.segment)
            else { continue }
            segmentWorkflows[Int(segment)].append(workflows.count)
            workflows.append(
                WorkflowRule(
                    source: source, workflow: workflow, segment: segment,
                    actions: workflow.actions.map {
                        CompiledAction($0, registry: registry, texts: &texts)
                    }))
        }
    }

    private mutating func compileAutomations(
        _ registry: DefinitionRegistry, texts: inout TextTable
    ) {
        for entry in registry.entries(.automation) {
            guard case .automation(let automation)? = entry.definition,
                automation.state == .active,
                let source = registry.number(.automation, entry.id)
            else { continue }
            let key: TriggerKey
            switch automation.trigger {
            case .tagAssigned(let tag): key = .tagAssigned(texts.intern(tag))
            case .segmentEntered(let name):
                guard let number = registry.number(.segment, name) else { continue }
                key = .segmentEntered(number)
            case .segmentLeft(let name):
                guard let number = registry.number(.segment, name) else { continue }
                key = .segmentLeft(number)
            }
            automations[key, default: []].append(
                AutomationRule(
                    source: source, automation: automation,
                    actions: automation.actions.map {
                        CompiledAction($0, registry: registry, texts: &texts)
                    }))
        }
    }
}

/// An action with its texts interned and its template resolved to a number and version.
enum CompiledAction {
    case sendEmail(template: UInt32, version: UInt32)
    case addTag(TextID)
    case removeTag(TextID)
    case acceptApplication(terms: [TextID]?)

    init(_ action: Action, registry: DefinitionRegistry, texts: inout TextTable) {
        switch action {
        case .sendEmail(let template):
            self = .sendEmail(
                template: registry.number(.template, template) ?? 0,
                version: registry.entry(.template, template)?.version ?? 0)
        case .addTag(let tag): self = .addTag(texts.intern(tag))
        case .removeTag(let tag): self = .removeTag(texts.intern(tag))
        case .acceptApplication(let terms):
            self = .acceptApplication(terms: terms?.map { texts.intern($0) })
        }
    }
}
