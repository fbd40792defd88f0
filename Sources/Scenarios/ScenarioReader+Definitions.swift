import Core
import Definitions
import Wire

/// Definitions of scenarios: in files, or in the scenario itself.
extension ScenarioReader {
    /// The definitions at the start, and the program that they name; nil where something in them is
    /// wrong, without which events and expectations can't be checked.
    mutating func startingDefinitions(
        _ fields: Lowering.Fields
    ) throws -> [CanonicalDefinition]? {
        let before = errors.count
        var documents: [DefinitionDocument] = []
        if let item = fields["definitions"] { documents += try self.documents(item) }
        documents += inline(fields, Self.inlineKeys.filter { $0 != "program" })
        // Files that leave open which zone and currency they are for are tested under the scenario's.
        let own = inline(fields, ["program"])
        guard errors.count == before else { return nil }
        guard !documents.isEmpty || !own.isEmpty else {
            lowering.fail(
                fields.item, "a scenario needs definitions",
                fix: "write definitions: [FILE], or segments: and what else it tests")
            return nil
        }
        let read = definitions(documents)
        let readOwn = definitions(own)
        guard let read, let readOwn else { return nil }
        inForce = read.definitions + (read.program == nil ? readOwn.definitions : [])
        checkTemplates(in: inForce, documents)
        checkAgreement(readOwn.program?.settings, read.program?.settings, own)
        for settings in [readOwn.program?.settings, read.program?.settings] {
            if let name = settings?.name { program.name = Name(name) }
            if let currency = settings?.currency { readCurrency(currency, in: own + documents) }
            if let name = settings?.timezone { try readZone(name, in: own + documents) }
        }
        return errors.count == before ? inForce : nil
    }

    /// The document that some keys of the scenario itself make; none where none of them is given.
    private func inline(_ fields: Lowering.Fields, _ keys: [String]) -> [DefinitionDocument] {
        let entries = fields.entries.filter { keys.contains($0.key) }
        guard !entries.isEmpty else { return [] }
        var root = fields.item.node
        root.content = .map(entries)
        return [DefinitionDocument(file: file, root: root, path: fields.item.path)]
    }

    /// Records what is wrong with templates, as `apply` would.
    ///
    /// A section that has neither constants nor an `unsubscribe_base` says which zone and currency the scenario
    /// is for; the store that the files are meant for may have both.
    private mutating func checkTemplates(
        in definitions: [CanonicalDefinition], _ documents: [DefinitionDocument]
    ) {
        var settings: ProgramSettings?
        for case .program(let given) in (definitions + inForce).map(\.definition)
        where settings == nil && !(given.constants.isEmpty && given.unsubscribeBase == nil) {
            settings = given
        }
        definitionErrors += surroundings.templateErrors(definitions, documents, settings)
    }

    /// Records where the scenario's own program section contradicts that of the definitions.
    private mutating func checkAgreement(
        _ own: ProgramSettings?, _ other: ProgramSettings?, _ documents: [DefinitionDocument]
    ) {
        let pairs = [
            ("name", own?.name, other?.name), ("timezone", own?.timezone, other?.timezone),
            ("currency", own?.currency, other?.currency),
        ]
        for (key, mine, theirs) in pairs {
            guard let mine, let theirs, !mine.utf8.elementsEqual(theirs.utf8) else { continue }
            for document in documents {
                guard let node = document.root.value(of: "program")?.value(of: key) else {
                    continue
                }
                let item = Lowering.Item(node: node, path: document.path)
                lowering.fail(
                    line: node.line, column: node.column,
                    path: item.under("program", node).under(key, node).path,
                    "the program's \(key) is \(quoted(mine)), but the definitions say "
                        + quoted(theirs),
                    fix: "leave it out, or write \(key): \(theirs)")
            }
        }
    }

    private mutating func readZone(_ name: String, in documents: [DefinitionDocument]) throws {
        if let zone = try surroundings.zone(name) {
            program.zone = zone
            return
        }
        fail(
            "timezone", in: documents,
            "there is no time zone \(quoted(name)) in the system's tz database",
            fix: "write a name such as America/New_York or UTC")
    }

    /// Takes a currency where a store could have it.
    private mutating func readCurrency(_ code: String, in documents: [DefinitionDocument]) {
        guard Currency.allows(code) else {
            fail(
                "currency", in: documents, "there can be no store for the currency \(quoted(code))",
                fix: "write \(Currency.rule)")
            return
        }
        program.currency = Name(code)
    }

    /// Records what is wrong with a value of the program, at the first document that gives it.
    private mutating func fail(
        _ key: String, in documents: [DefinitionDocument], _ message: String, fix: String
    ) {
        for document in documents {
            guard let node = document.root.value(of: "program")?.value(of: key) else { continue }
            let path = document.path.isEmpty ? "" : document.path + "."
            definitionErrors.append(
                DefinitionError(
                    file: document.file, line: node.line, column: node.column,
                    path: "\(path)program.\(key)", message: message, fix: fix))
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
        let bytes = try surroundings.read(path, place(of: item), item.path)
        do {
            return DefinitionDocument(
                file: path, root: try readNode(DefinitionSource(file: path, bytes: bytes)))
        } catch {
            definitionErrors += error.errors
            return nil
        }
    }

    /// Definitions that a step applies, checked against the program and those in force.
    mutating func apply(_ item: Lowering.Item) throws -> [CanonicalDefinition] {
        let before = errors.count
        let documents = try documents(item)
        guard errors.count == before, let read = definitions(documents) else { return [] }
        definitionErrors +=
            read.program?.errors(
                name: program.name.description, timezone: program.zone.name,
                currency: program.currency.description) ?? []
        checkTemplates(in: read.definitions, documents)
        let named = Set(read.definitions.map(\.key))
        inForce = inForce.filter { !named.contains($0.key) } + read.definitions
        return read.definitions
    }
}

extension CanonicalDefinition {
    var key: DefinitionKey { DefinitionKey(definition.kind, definition.id) }
}
