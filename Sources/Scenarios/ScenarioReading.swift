import Core
public import Definitions
import Wire

/// What reading and running scenarios needs from outside.
public struct Surroundings {
    /// The bytes of a definition file; the place is where the scenario names it.
    public var read: (_ path: String, _ namedAt: Place) throws -> [UInt8]
    /// A time zone's rules by name; nil where there is no such zone.
    public var zone: (_ name: String) throws -> ZoneRules?
    /// The id of a send (SPEC 5).
    public var sendID:
        (
            _ program: Name, _ kind: DefinitionKind, _ source: Name, _ partner: Name,
            _ ordinal: UInt32
        ) -> Name

    /// Makes surroundings of the three answers.
    public init(
        read: @escaping (_ path: String, _ namedAt: Place) throws -> [UInt8],
        zone: @escaping (_ name: String) throws -> ZoneRules?,
        sendID:
            @escaping (
                _ program: Name, _ kind: DefinitionKind, _ source: Name, _ partner: Name,
                _ ordinal: UInt32
            ) -> Name
    ) {
        self.read = read
        self.zone = zone
        self.sendID = sendID
    }
}

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
    private static let inlineKeys = [
        "program", "templates", "segments", "workflows", "automations",
    ]

    let file: String
    let surroundings: Surroundings
    var lowering: Lowering
    /// Errors in definitions.
    private var definitionErrors: [DefinitionError] = []
    /// The definitions in force at the step that is being read.
    private var inForce: [CanonicalDefinition] = []
    private var program = Scenario.Program(
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

    // MARK: Definitions

    /// The definitions at the start, and the program that they name; nil where something in them is
    /// wrong, without which events and expectations can't be checked.
    private mutating func startingDefinitions(
        _ fields: Lowering.Fields
    ) throws -> [CanonicalDefinition]? {
        let before = errors.count
        var documents: [DefinitionDocument] = []
        if let item = fields["definitions"] { documents += try self.documents(item) }
        let inline = fields.entries.filter { Self.inlineKeys.contains($0.key) }
        if !inline.isEmpty {
            var root = fields.item.node
            root.content = .map(inline)
            documents.append(DefinitionDocument(file: file, root: root, path: fields.item.path))
        }
        guard errors.count == before else { return nil }
        guard !documents.isEmpty else {
            lowering.fail(
                fields.item, "a scenario needs definitions",
                fix: "write definitions: [FILE], or segments: and what else it tests")
            return nil
        }
        guard let read = definitions(documents) else { return nil }
        if let settings = read.program?.settings {
            if let name = settings.name { program.name = Name(name) }
            if let currency = settings.currency { program.currency = Name(currency) }
            if let name = settings.timezone { try readZone(name, in: documents) }
        }
        inForce = read.definitions
        return errors.count == before ? read.definitions : nil
    }

    private mutating func readZone(_ name: String, in documents: [DefinitionDocument]) throws {
        if let zone = try surroundings.zone(name) {
            program.zone = zone
            return
        }
        for document in documents {
            guard let node = document.root.value(of: "program")?.value(of: "timezone") else {
                continue
            }
            let path = document.path.isEmpty ? "" : document.path + "."
            definitionErrors.append(
                DefinitionError(
                    file: document.file, line: node.line, column: node.column,
                    path: path + "program.timezone",
                    message: "there is no time zone \(quoted(name)) in the system's tz database",
                    fix: "write a name such as America/New_York or UTC"))
            return
        }
    }

    /// What documents define together with what is in force; nil after recorded errors.
    private mutating func definitions(_ documents: [DefinitionDocument]) -> DefinitionFiles? {
        do {
            return try readDefinitions(documents: documents, inForce: inForce)
        } catch {
            definitionErrors += error.errors
            return nil
        }
    }

    /// The trees of a `definitions` or `apply`: file names, definitions themselves, or a list of
    /// both.
    private mutating func documents(_ item: Lowering.Item) throws -> [DefinitionDocument] {
        switch item.node.content {
        case .list:
            let fix = "write definitions: [program.yaml]"
            let items = lowering.list(item, what: "the list of definitions", fix: fix) ?? []
            var documents: [DefinitionDocument] = []
            for item in items { documents += try document(item).map { [$0] } ?? [] }
            return documents
        default: return try document(item).map { [$0] } ?? []
        }
    }

    private mutating func document(_ item: Lowering.Item) throws -> DefinitionDocument? {
        if case .map = item.node.content {
            return DefinitionDocument(file: file, root: item.node, path: item.path)
        }
        guard let name = lowering.line(item, what: "the name of a definition file") else {
            return nil
        }
        let folder = file.utf8.lastIndex(of: UInt8(ascii: "/")).map { file[...$0] } ?? ""
        let path = name.hasPrefix("/") ? name : folder + name
        let bytes = try surroundings.read(path, place(of: item))
        do {
            return DefinitionDocument(
                file: path, root: try readNode(DefinitionSource(file: path, bytes: bytes)))
        } catch {
            definitionErrors += error.errors
            return nil
        }
    }

    /// Definitions that a step applies, checked against the program and those in force.
    private mutating func apply(_ item: Lowering.Item) throws -> [CanonicalDefinition] {
        let before = errors.count
        let documents = try documents(item)
        guard errors.count == before, let read = definitions(documents) else { return [] }
        definitionErrors +=
            read.program?.errors(
                name: program.name.description, timezone: program.zone.name,
                currency: program.currency.description) ?? []
        let named = Set(read.definitions.map(\.key))
        inForce = inForce.filter { !named.contains($0.key) } + read.definitions
        return read.definitions
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
            at: at, isHistory: isHistory, definitions: definitions, events: events,
            expectations: expectations)
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

    // MARK: Expectations

    private mutating func expectations(_ item: Lowering.Item) -> [Scenario.Expectation] {
        let fix = "write expect: {members: {SEGMENT: [PARTNER]}, sends: [{partner: …}]}"
        guard
            let fields = lowering.fields(
                item, known: ["members", "sends", "runs"], what: "expect", fix: fix)
        else { return [] }
        guard !fields.entries.isEmpty else {
            lowering.fail(item, "expect says nothing", fix: fix)
            return []
        }
        var expectations: [Scenario.Expectation] = []
        if let members = fields["members"] { expectations += self.members(members) }
        for (key, subject) in [("sends", Subject.sends), ("runs", .runs)] {
            guard let item = fields[key], let items = elements(item, what: key) else { continue }
            let rows = items.compactMap { lowering.row($0, of: subject, what: key) }
            expectations.append(expectation(subject, item, rows))
        }
        return expectations
    }

    private mutating func members(_ item: Lowering.Item) -> [Scenario.Expectation] {
        guard case .map(let entries) = item.node.content, !entries.isEmpty else {
            lowering.fail(
                item, "members must be a mapping, but here is \(item.node.kind)",
                fix: "write members: {SEGMENT: [PARTNER]}")
            return []
        }
        let known = inForce.filter { $0.definition.kind == .segment }.map {
            $0.definition.id.description
        }
        var expectations: [Scenario.Expectation] = []
        for entry in entries {
            let list = item.under(entry.key, entry.value)
            if !known.contains(where: { $0.utf8.elementsEqual(entry.key.utf8) }) {
                lowering.fail(
                    line: entry.line, column: entry.column, path: list.path,
                    "there is no segment \(quoted(entry.key))",
                    fix: nearest(to: entry.key, among: known).map { "did you mean \($0)?" }
                        ?? "use \(listed(known))")
                continue
            }
            guard let items = elements(list, what: "the members of \(entry.key)") else { continue }
            let names = items.compactMap { lowering.name($0, what: "a partner's id") }
            var seen: Set<Name> = []
            let rows = names.filter { seen.insert($0).inserted }.map {
                Row([Row.Field("partner", .text($0))])
            }
            expectations.append(expectation(.members(segment: Name(entry.key)), list, rows))
        }
        return expectations
    }

    private func expectation(
        _ subject: Subject, _ item: Lowering.Item, _ rows: [Row]
    ) -> Scenario.Expectation {
        Scenario.Expectation(
            subject: subject, place: place(of: item), path: item.path, rows: rows)
    }

    /// The items of a list, which may be empty.
    private mutating func elements(_ item: Lowering.Item, what: String) -> [Lowering.Item]? {
        guard case .list(let nodes) = item.node.content else {
            lowering.fail(
                item, "\(what) must be a list, but here is \(item.node.kind)",
                fix: "write [] around it, or a dash before each element")
            return nil
        }
        return item.elements(nodes)
    }
}

/// Kind and id of a definition.
struct DefinitionKey: Hashable {
    var kind: DefinitionKind
    var id: Name
}

extension CanonicalDefinition {
    var key: DefinitionKey { DefinitionKey(kind: definition.kind, id: definition.id) }
}
