import Core
public import Definitions
import Wire

/// Reads a scenario file (SPEC 9), in YAML or JSON, and the definition files that it names; checks
/// everything in them, the events too.
///
/// - Parameters:
///   - source: The file: one scenario, or a list of them.
///   - surroundings: Reads definition files and time zones.
/// - Returns: The scenarios, in the order of the file.
/// - Throws: ``DefinitionErrors`` with every error found; what `surroundings` throws.
public func readScenarios(
    _ source: DefinitionSource, _ surroundings: Surroundings
) throws -> [Scenario] {
    let root = Lowering.Item(node: try readNode(source), path: "")
    var items = [root]
    if case .list(let nodes) = root.node.content { items = root.elements(nodes) }
    var scenarios: [Scenario] = []
    var errors: [DefinitionError] = []
    for item in items {
        var reader = ScenarioReader(file: source.file, surroundings: surroundings)
        if let scenario = try reader.scenario(item) { scenarios.append(scenario) }
        errors += reader.errors
    }
    guard errors.isEmpty else {
        throw DefinitionErrors(errors: inFileOrder(errors, files: [source.file]))
    }
    return scenarios
}

/// Reads one scenario of a file and collects its faults.
struct ScenarioReader {
    static let inlineKeys = [
        "program", "templates", "segments", "workflows", "automations",
    ]

    let file: String
    let surroundings: Surroundings
    var lowering: Lowering
    /// Errors in definitions.
    var definitionErrors: [DefinitionError] = []
    /// The definitions in force at the step that is being read.
    var inForce: [CanonicalDefinition] = []
    var program = Scenario.Program(
        name: "program", zone: ZoneRules(name: "UTC", initialOffset: 0, changes: []),
        currency: "USD")
    /// Where the clock stands before the step that is being read.
    private var now = Instant.unset

    init(file: String, surroundings: Surroundings) {
        self.file = file
        self.surroundings = surroundings
        lowering = Lowering(file: file)
    }

    var errors: [DefinitionError] { definitionErrors + lowering.errors }

    mutating func scenario(_ item: Lowering.Item) throws -> Scenario? {
        let fix = "write scenario: NAME, definitions: [FILE] and steps: [{at: …, expect: …}]"
        guard
            let fields = lowering.fields(
                item, known: ["scenario", "definitions", "steps"] + Self.inlineKeys,
                what: "a scenario", fix: fix)
        else { return nil }
        let name = lowering.required("scenario", in: fields, what: "a scenario", fix: fix)
            .flatMap { lowering.line($0, what: "the scenario's name") }
        guard let definitions = try startingDefinitions(fields) else { return nil }
        var steps: [Scenario.Step] = []
        if let list = lowering.required("steps", in: fields, what: "a scenario", fix: fix),
            let items = lowering.list(list, what: "steps", fix: "write steps: [{at: …}]")
        {
            var events = EventNumbering(givenIn: items.map(\.node))
            for item in items {
                if let step = try step(item, &events) { steps.append(step) }
            }
        }
        guard errors.isEmpty, let name else { return nil }
        return Scenario(
            name: name, place: place(of: item), program: program, definitions: definitions,
            steps: steps)
    }

    func place(of item: Lowering.Item) -> Place {
        Place(file: file, line: item.node.line, column: item.node.column)
    }

    // MARK: Steps

    private mutating func step(
        _ item: Lowering.Item, _ numbering: inout EventNumbering
    ) throws -> Scenario.Step? {
        let fix = "write {at: 2026-03-11T16:00:00Z, events: […], expect: {…}}"
        guard
            let fields = lowering.fields(
                item, known: ["at", "history", "apply", "events", "expect"], what: "a step",
                fix: fix),
            let at = lowering.required("at", in: fields, what: "a step", fix: fix)
                .flatMap({ lowering.instant($0, what: "at") })
        else { return nil }
        if at < now {
            lowering.fail(
                fields["at"] ?? item,
                "the clock stands at \(timestampText(now)) already, and never goes back",
                fix: "put the steps in order of time; `time` makes a single event late")
        }
        now = max(now, at)
        let isHistory =
            fields["history"].flatMap { lowering.flag($0, what: "history") } ?? false
        let definitions = try fields["apply"].map { try apply($0) } ?? []
        var events: [Scenario.Event] = []
        if let list = fields["events"], let items = elements(list, what: "events") {
            for item in items {
                guard let event = event(item, at: at, &numbering) else { continue }
                now = max(now, event.time)
                events.append(event)
            }
        }
        let expectations = fields["expect"].map { self.expectations($0) } ?? []
        return Scenario.Step(
            path: item.path, at: at, isHistory: isHistory, definitions: definitions,
            events: events, expectations: expectations)
    }

    private mutating func event(
        _ item: Lowering.Item, at: Instant, _ numbering: inout EventNumbering
    ) -> Scenario.Event? {
        guard case .map(let entries) = item.node.content else {
            lowering.fail(
                item, "an event must be a mapping, but here is \(item.node.kind)",
                fix: "write for example {type: partner.joined, partner: p1}")
            return nil
        }
        switch numbering.read(entries, at: at, currency: program.currency) {
        case .event(let event): return event
        case .duplicate: return nil
        case .rejected(let reject):
            let field = reject.field ?? (reject.code == .unknownType ? "type" : "")
            let key = field.prefix { $0 != "." }
            let entry = entries.first { $0.key == key }
            lowering.fail(
                line: entry?.line ?? item.node.line, column: entry?.column ?? item.node.column,
                path: key.isEmpty ? item.path : "\(item.path).\(key)",
                "ingest rejects this event as \(reject.code.rawValue): \(reject.message)",
                fix: "write it as ingest takes it; muster schema events shows all fields")
            return nil
        }
    }
}
