import Core

/// What one file says about one definition.
struct ReadDefinition {
    var kind: DefinitionKind
    /// The id, where it could be read; the program's is empty.
    var id: Name?
    /// Where the definition is: its id, or its beginning.
    var item: Lowering.Item
    /// nil where something in it is wrong.
    var definition: CanonicalDefinition?
    var references: [Lowering.Reference]
    /// Where the program's own fields are, those given as null included.
    var fields: [String: Lowering.Item] = [:]
}

/// Definition objects (SPEC 5).
extension Lowering {
    static let sections: [(key: String, kind: DefinitionKind)] = [
        ("templates", .template), ("segments", .segment), ("workflows", .workflow),
        ("automations", .automation),
    ]

    /// All definitions of a file, in its order.
    mutating func document(_ root: Item) -> [ReadDefinition] {
        let fix = "write for example segments: [{id: …, match: …}]"
        if root.node.isNull {
            fail(root, "there are no definitions here", fix: fix)
            return []
        }
        let known = ["program"] + Self.sections.map(\.key)
        guard let fields = fields(root, known: known, what: "a definition file", fix: fix) else {
            return []
        }
        var read: [ReadDefinition] = []
        for entry in fields.entries {
            guard let section = fields[entry.key] else { continue }
            guard let kind = Self.sections.first(where: { $0.key == entry.key })?.kind else {
                read.append(definition(.program, section))
                continue
            }
            guard case .list(let nodes) = section.node.content else {
                fail(
                    section, "\(entry.key) must be a list, but here is \(section.node.kind)",
                    fix: "begin each \(kind.word) with a dash: - id: …")
                continue
            }
            for item in section.elements(nodes) { read.append(definition(kind, item)) }
        }
        return read
    }

    /// One definition object.
    mutating func definition(_ kind: DefinitionKind, _ item: Item) -> ReadDefinition {
        let before = errors.count
        references = []
        var read = ReadDefinition(kind: kind, id: nil, item: item, references: [])
        let definition: Definition?
        switch kind {
        case .program:
            read.id = ""
            definition = program(item, &read.fields).map { .program($0) }
        case .template: definition = template(item, &read).map { .template($0) }
        case .segment: definition = segment(item, &read).map { .segment($0) }
        case .workflow: definition = workflow(item, &read).map { .workflow($0) }
        case .automation: definition = automation(item, &read).map { .automation($0) }
        }
        read.references = references
        if let definition, errors.count == before {
            read.definition = CanonicalDefinition(
                definition: definition, bytes: canonicalBytes(item.node))
        }
        return read
    }

    // MARK: The parts that all have

    private struct Head {
        var fields: Fields
        var id: Name
        var name: String
        var description: String?
    }

    private mutating func head(
        _ item: Item, _ read: inout ReadDefinition, more keys: [String], fix: String
    ) -> Head? {
        let what = read.kind.oneOfThem
        guard
            let fields = fields(
                item, known: ["id", "name", "description"] + keys, what: what, fix: fix)
        else { return nil }
        var text: String?
        if let id = required("id", in: fields, what: what, fix: fix) {
            read.item = id
            text = label(id, what: "the id")
            read.id = text.map { Name($0) }
        }
        var name = text
        if let given = fields["name"] { name = label(given, what: "the name") }
        let description = fields["description"].flatMap { self.text($0, what: "the description") }
        // Whoever gets no head goes no further, so an id that is wrong must not end the reading.
        return Head(
            fields: fields, id: Name(text ?? ""), name: name ?? "", description: description)
    }

    /// A text that a person reads: not empty.
    private mutating func content(_ item: Item, what: String) -> String? {
        guard let text = text(item, what: what) else { return nil }
        guard !text.isEmpty else {
            fail(item, "\(what) is empty", fix: "write a text, or leave it out")
            return nil
        }
        return text
    }

    private mutating func reference(
        _ item: Item, to kind: DefinitionKind, what: String
    ) -> Name? {
        guard let id = label(item, what: what).map({ Name($0) }) else { return nil }
        references.append(Reference(kind: kind, id: id, item: item))
        return id
    }

    // MARK: Program and templates

    private mutating func program(
        _ item: Item, _ places: inout [String: Item]
    ) -> ProgramSettings? {
        let keys = [
            "name", "timezone", "currency", "description", "constants", "unsubscribe_base",
        ]
        let fix = "write program: {name: acme, timezone: America/New_York, currency: USD}"
        guard let fields = fields(item, known: keys, what: "the program", fix: fix) else {
            return nil
        }
        for key in keys { places[key] = fields.given(key) }
        var settings = ProgramSettings()
        settings.name = fields["name"].flatMap { label($0, what: "the program's name") }
        settings.timezone = fields["timezone"].flatMap { line($0, what: "timezone") }
        settings.currency = fields["currency"].flatMap { line($0, what: "currency") }
        // For the reader of the file alone.
        _ = fields["description"].map { text($0, what: "the description") }
        if let constants = fields["constants"] {
            if case .map(let entries) = constants.node.content {
                for entry in entries {
                    let item = constants.under(entry.key, entry.value)
                    if entry.key.isEmpty || entry.key.unicodeScalars.contains(where: isControl) {
                        fail(
                            line: entry.line, column: entry.column, path: constants.path,
                            "a constant's name is empty or contains a control character",
                            fix: "write a name such as signup_link")
                    }
                    if let value = text(item, what: "the constant \(quoted(entry.key))") {
                        settings.constants.append(.init(name: entry.key, value: value))
                    }
                }
                settings.constants.sort { Name($0.name) < Name($1.name) }
            } else {
                fail(
                    constants, "constants must be a mapping, but here is \(constants.node.kind)",
                    fix: "write constants: {signup_link: \"https://…\"}")
            }
        }
        if let base = fields["unsubscribe_base"] {
            settings.unsubscribeBase = unsubscribeBase(base)
        }
        return settings
    }

    private mutating func unsubscribeBase(_ item: Item) -> String? {
        guard let text = line(item, what: "unsubscribe_base") else { return nil }
        let isAddress = text.hasPrefix("https://") || text.hasPrefix("http://")
        guard isAddress, !text.utf8.contains(UInt8(ascii: " ")) else {
            fail(
                item, "unsubscribe_base must be a web address, but here is \(quoted(text))",
                fix: "write for example https://example.com/unsubscribe")
            return nil
        }
        return text
    }

    private mutating func template(_ item: Item, _ read: inout ReadDefinition) -> Template? {
        let fix = "write {id: welcome, subject: …, text: …}"
        guard
            let head = head(item, &read, more: ["subject", "text", "html"], fix: fix)
        else { return nil }
        let subject = required("subject", in: head.fields, what: "a template", fix: fix)
            .flatMap { line($0, what: "the subject") }
        let text = head.fields["text"]
        let html = head.fields["html"]
        if text == nil, html == nil {
            fail(item, "a template needs text, html or both", fix: "add text: with what to say")
        }
        return Template(
            id: head.id, name: head.name, description: head.description, subject: subject ?? "",
            text: text.flatMap { content($0, what: "text") },
            html: html.flatMap { content($0, what: "html") })
    }

    // MARK: Segments, workflows, automations

    private mutating func segment(_ item: Item, _ read: inout ReadDefinition) -> Segment? {
        let fix = "write {id: vips, match: {tag: {any_of: [vip]}}}"
        guard let head = head(item, &read, more: ["match"], fix: fix) else { return nil }
        guard let match = required("match", in: head.fields, what: "a segment", fix: fix),
            let condition = condition(match)
        else { return nil }
        return Segment(
            id: head.id, name: head.name, description: head.description, match: condition)
    }

    private mutating func workflow(_ item: Item, _ read: inout ReadDefinition) -> Workflow? {
        let fix = "write {id: welcome, segment: ID, do: [{send_email: TEMPLATE}], state: active}"
        let keys = ["segment", "do", "state", "repeat", "cap"]
        guard let head = head(item, &read, more: keys, fix: fix) else { return nil }
        let segment = required("segment", in: head.fields, what: "a workflow", fix: fix)
            .flatMap { reference($0, to: .segment, what: "the segment's id") }
        let actions = required("do", in: head.fields, what: "a workflow", fix: fix)
            .flatMap { self.actions($0) }
        let state = state(head.fields)
        var repeats: RepeatPolicy?
        if let given = head.fields["repeat"] {
            let words = RepeatPolicy.allCases.map(\.word)
            let word = word(given, among: words, what: "repeat")
            repeats = RepeatPolicy.allCases.first { $0.word == word }
        }
        let cap = head.fields["cap"].flatMap {
            wholeNumber($0, in: 0...1_000_000_000, what: "cap")
        }
        guard let segment, let actions, let state else { return nil }
        let standard = actions.contains(where: \.sendsEmail) ? RepeatPolicy.never : .onReentry
        return Workflow(
            id: head.id, name: head.name, description: head.description, segment: segment,
            actions: actions, state: state, repeats: repeats ?? standard, cap: cap ?? 10_000)
    }

    private mutating func automation(_ item: Item, _ read: inout ReadDefinition) -> Automation? {
        let fix =
            "write {id: vip, on: {tag_assigned: vip}, do: [{send_email: TEMPLATE}], state: active}"
        guard
            let head = head(item, &read, more: ["on", "do", "state", "max_age"], fix: fix)
        else { return nil }
        let trigger = required("on", in: head.fields, what: "an automation", fix: fix)
            .flatMap { self.trigger($0) }
        let actions = required("do", in: head.fields, what: "an automation", fix: fix)
            .flatMap { self.actions($0) }
        let state = state(head.fields)
        let maxAge = head.fields["max_age"].flatMap { length($0, what: "max_age", from: 0) }
        guard let trigger, let actions, let state else { return nil }
        return Automation(
            id: head.id, name: head.name, description: head.description, trigger: trigger,
            actions: actions, state: state, maxAge: maxAge ?? 24 * .hour)
    }

    private mutating func state(_ fields: Fields) -> ActivityState? {
        guard let item = fields["state"] else { return .draft }
        let word = word(item, among: ActivityState.allCases.map(\.word), what: "state")
        return ActivityState.allCases.first { $0.word == word }
    }

    private mutating func trigger(_ item: Item) -> Trigger? {
        guard
            let (key, value) = single(
                item, known: ["tag_assigned", "segment_entered", "segment_left"], what: "on",
                fix: "write on: {tag_assigned: TAG}")
        else { return nil }
        switch key {
        case "tag_assigned": return name(value, what: "the tag").map { .tagAssigned($0) }
        case "segment_entered":
            return reference(value, to: .segment, what: "the segment's id")
                .map { .segmentEntered($0) }
        default:
            return reference(value, to: .segment, what: "the segment's id")
                .map { .segmentLeft($0) }
        }
    }

    // MARK: Actions

    private mutating func actions(_ item: Item) -> [Action]? {
        guard let items = list(item, what: "do", fix: "write do: [{send_email: TEMPLATE}]") else {
            return nil
        }
        let read = items.map { action($0) }
        let actions = read.compactMap { $0 }
        return actions.count == read.count ? actions : nil
    }

    private mutating func action(_ item: Item) -> Action? {
        let known = ["send_email", "add_tag", "remove_tag", "accept_application"]
        let fix = "write {send_email: TEMPLATE}, {add_tag: TAG} or accept_application"
        switch item.node.content {
        case .plain(let text), .text(let text):
            guard text == "accept_application" else {
                let near = nearest(to: text, among: known)
                fail(
                    item, "an action must be a mapping, but here is \(quoted(text))",
                    fix: near == "accept_application" ? "did you mean accept_application?" : fix)
                return nil
            }
            _ = self.text(item, what: "an action")
            return .acceptApplication(terms: nil)
        default: break
        }
        guard let (key, value) = single(item, known: known, what: "an action", fix: fix) else {
            return nil
        }
        switch key {
        case "send_email":
            return reference(value, to: .template, what: "the template's id")
                .map { .sendEmail(template: $0) }
        case "add_tag": return name(value, what: "the tag").map { .addTag($0) }
        case "remove_tag": return name(value, what: "the tag").map { .removeTag($0) }
        default: return acceptance(value)
        }
    }

    private mutating func acceptance(_ item: Item) -> Action? {
        let what = "accept_application"
        let fix = "write accept_application: true, or {template_term: {any_of: [standard]}}"
        switch item.node.content {
        case .null:
            meansTrue(item)
            return .acceptApplication(terms: nil)
        case .map:
            guard
                let term = single(item, known: ["template_term"], what: what, fix: fix)?.value,
                let list = single(term, known: ["any_of"], what: "template_term", fix: fix)?.value,
                let terms = nameList(list, what: "any_of", element: "template_term")
            else { return nil }
            return .acceptApplication(terms: terms)
        default:
            guard let flag = flag(item, what: what, mayBe: "true or a mapping", fix: fix) else {
                return nil
            }
            guard flag else {
                fail(item, "accept_application: false does nothing", fix: "leave the action out")
                return nil
            }
            return .acceptApplication(terms: nil)
        }
    }
}
