import Core

/// The definitions in force, compiled: what an event can touch, and what follows from it.
///
/// An event dispatches to the leaves that its type and field can touch, a changed leaf to the segments
/// that name it, a changed segment to those that name that one.
struct RuleSet {
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

    private(set) var leaves = LeafTable()
    /// The positions of the segments that name a leaf, a row a leaf.
    private(set) var leafSegments = BitRows(width: 0, count: 0)
    private(set) var formulas = Formulas()
    /// Segments in force in the order of evaluation, each behind those that it names.
    private(set) var programs: [SegmentProgram] = []
    /// Their ids.
    private(set) var segmentIDs: [Name] = []
    /// What programs link to: leaves and positions of other programs.
    private(set) var links: [Int] = []
    private(set) var literals: [SegmentProgram.Literal] = []
    /// Positions in `programs` by segment number; nil where retired.
    private(set) var positions: [Int?] = []
    /// In byte order of ids, drafts and paused ones included.
    private(set) var workflows: [WorkflowRule] = []
    /// Positions in `workflows` by segment number.
    private(set) var segmentWorkflows: [[Int]] = []
    private(set) var dispatch = LeafDispatch()
    private(set) var slots: MeasureSlots
    private var taggedAutomations: [TextID: [AutomationRule]] = [:]
    /// By segment number.
    private var enteredAutomations: [[AutomationRule]] = []
    private var leftAutomations: [[AutomationRule]] = []

    /// What sets off automations, by number.
    enum TriggerKey {
        case tagAssigned(TextID)
        case segmentEntered(SegmentNumber)
        case segmentLeft(SegmentNumber)
    }

    /// Rules of no definitions at all.
    init(texts: inout TextTable) {
        slots = MeasureSlots(texts: &texts)
        dispatch = LeafDispatch(leaves: leaves, slots: slots, texts: texts)
    }

    /// Compiles the definitions in force.
    ///
    /// - Parameters:
    ///   - registry: The definitions, in force or retired.
    ///   - earlier: The slots so far, which measures keep.
    ///   - texts: Takes in the texts that the definitions name.
    init(_ registry: DefinitionRegistry, slots earlier: MeasureSlots, texts: inout TextTable) {
        slots = earlier
        slots.beginUse()
        compileSegments(registry, texts: &texts)
        slots.endUse()
        dispatch = LeafDispatch(leaves: leaves, slots: slots, texts: texts)
        compileWorkflows(registry, texts: &texts)
        compileAutomations(registry, texts: &texts)
    }

    /// Active automations that a trigger sets off, in byte order of their ids.
    func automations(on trigger: TriggerKey) -> [AutomationRule] {
        switch trigger {
        case .tagAssigned(let tag): taggedAutomations[tag] ?? []
        case .segmentEntered(let segment): enteredAutomations[Int(segment)]
        case .segmentLeft(let segment): leftAutomations[Int(segment)]
        }
    }

    /// The positions of a segment and of all those that it names, by way of others too, in the order of
    /// evaluation.
    func positions(neededFor position: Int) -> [Int] {
        guard !programs[position].named.isEmpty else { return [position] }
        var isNeeded = [Bool](repeating: false, count: position + 1)
        isNeeded[position] = true
        for place in isNeeded.indices.reversed() where isNeeded[place] {
            for named in links[programs[place].named] { isNeeded[named] = true }
        }
        return isNeeded.indices.filter { isNeeded[$0] }
    }

    private mutating func compileSegments(
        _ registry: DefinitionRegistry, texts: inout TextTable
    ) {
        let segments = registry.segmentsInForce
        leaves = LeafTable(of: segments.map(\.match), texts: &texts, slots: &slots)

        var placed: [Name: Int] = [:]
        positions = Array(repeating: nil, count: registry.segmentIDs.count)
        var dependents: [[Int]] = []
        for rank in Self.evaluationOrder(segments) {
            let definition = segments[rank]
            guard let number = registry.number(.segment, definition.id) else { continue }
            let position = programs.count
            // What is in force names only what is; a log that says otherwise is damaged, and an audit finds it.
            formulas.append(
                definition.match, leaf: { leaves.number(of: $0) ?? 0 }, named: { placed[$0] ?? 0 })
            var program = SegmentProgram(number: number, rank: rank)
            program.leaves = link(definition.match.leaves.compactMap { leaves.number(of: $0) })
            program.named = link(definition.match.namedSegments.compactMap { placed[$0] })
            let (demands, areAll) = formulas.demands(of: position)
            program.gate = SegmentProgram.Gate(demands.filter { $0.leaf < leaves.lastingCount })
            if areAll {
                let start = literals.count
                literals.append(
                    contentsOf: demands.sorted {
                        (leaves.cost(of: $0.leaf), $0.leaf) < (leaves.cost(of: $1.leaf), $1.leaf)
                    })
                program.literals = start..<literals.count
            }
            for named in links[program.named] { dependents[named].append(position) }
            positions[Int(number)] = position
            placed[definition.id] = position
            segmentIDs.append(definition.id)
            programs.append(program)
            dependents.append([])
        }
        leafSegments = BitRows(width: programs.count, count: leaves.count)
        for position in programs.indices {
            programs[position].dependents = link(dependents[position])
            for leaf in links[programs[position].leaves] { leafSegments[leaf, position] = true }
        }
    }

    /// Puts numbers among the links, in order and each once.
    private mutating func link(_ numbers: [Int]) -> Range<Int> {
        let start = links.count
        links.append(contentsOf: Set(numbers).sorted())
        return start..<links.count
    }

    /// Indices of segments given in byte order of ids, so that each stands behind those that it names.
    private static func evaluationOrder(_ segments: [Segment]) -> [Int] {
        var indices: [Name: Int] = [:]
        for (index, segment) in segments.enumerated() { indices[segment.id] = index }
        var isPlaced = segments.map { _ in false }
        var order: [Int] = []
        func place(_ index: Int) {
            guard !isPlaced[index] else { return }
            isPlaced[index] = true
            let named = Set(segments[index].match.namedSegments.compactMap { indices[$0] })
            for other in named.sorted() { place(other) }
            order.append(index)
        }
        for index in segments.indices { place(index) }
        return order
    }

    private mutating func compileWorkflows(
        _ registry: DefinitionRegistry, texts: inout TextTable
    ) {
        segmentWorkflows = Array(repeating: [], count: positions.count)
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
        enteredAutomations = Array(repeating: [], count: positions.count)
        leftAutomations = enteredAutomations
        for entry in registry.entries(.automation) {
            guard case .automation(let automation)? = entry.definition,
                automation.state == .active,
                let source = registry.number(.automation, entry.id)
            else { continue }
            let trigger: TriggerKey
            switch automation.trigger {
            case .tagAssigned(let tag): trigger = .tagAssigned(texts.intern(tag))
            case .segmentEntered(let name):
                guard let number = registry.number(.segment, name) else { continue }
                trigger = .segmentEntered(number)
            case .segmentLeft(let name):
                guard let number = registry.number(.segment, name) else { continue }
                trigger = .segmentLeft(number)
            }
            let rule = AutomationRule(
                source: source, automation: automation,
                actions: automation.actions.map {
                    CompiledAction($0, registry: registry, texts: &texts)
                })
            switch trigger {
            case .tagAssigned(let tag): taggedAutomations[tag, default: []].append(rule)
            case .segmentEntered(let segment): enteredAutomations[Int(segment)].append(rule)
            case .segmentLeft(let segment): leftAutomations[Int(segment)].append(rule)
            }
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
