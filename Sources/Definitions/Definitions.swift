import Core
import Wire

/// A checked definition and its canonical JSON.
public struct CanonicalDefinition: Hashable, Sendable {
    /// What the engine works with.
    public let definition: Definition
    /// What the operator wrote, as JSON with sorted keys, numbers by value and nothing else than
    /// was written: equal for files that differ only in form (YAML or JSON, order of keys,
    /// comments, quotes, blanks).
    public let bytes: [UInt8]
}

/// The tree of one file, or of the part of another file that holds definitions.
public struct DefinitionDocument: Sendable {
    /// The file's name, for messages.
    public var file: String
    /// The mapping with `program`, `templates`, `segments`, `workflows`, `automations`.
    public var root: Node
    /// The way to the mapping in its file; empty where it is the whole file.
    public var path: String

    /// Makes a document.
    public init(file: String, root: Node, path: String = "") {
        self.file = file
        self.root = root
        self.path = path
    }
}

/// What a set of definition files says.
public struct DefinitionFiles: Sendable {
    /// The definitions that the files name, by kind (templates, segments, workflows, automations,
    /// program), then by the bytes of their ids.
    public let definitions: [CanonicalDefinition]
    /// Where each of them is, in the same order.
    public let places: [Place]
    /// What must agree with the store, where the files have a program section.
    public let program: ProgramCheck?
}

/// What the files say about the program that a store already knows (SPEC 5).
public struct ProgramCheck: Sendable {
    /// The section as it was read.
    public let settings: ProgramSettings
    fileprivate let file: String
    fileprivate let item: Lowering.Item
    /// What the section gives, null included.
    fileprivate let fields: [String: Lowering.Item]

    /// The differences from the store; empty where what is given is the store's.
    public func errors(name: String, timezone: String, currency: String) -> [DefinitionError] {
        let pairs = [
            ("name", settings.name, name), ("timezone", settings.timezone, timezone),
            ("currency", settings.currency, currency),
        ]
        var errors: [DefinitionError] = []
        for (key, given, actual) in pairs {
            guard let given, !given.utf8.elementsEqual(actual.utf8), let item = fields[key] else {
                continue
            }
            errors.append(
                DefinitionError(
                    file: file, line: item.node.line, column: item.node.column, path: item.path,
                    message: "the program's \(key) is \(quoted(given)), but the store's is "
                        + quoted(actual),
                    fix: "write \(key): \(actual), leave it out, or choose the store it belongs to")
            )
        }
        return inFileOrder(errors, files: [file])
    }

    /// What is wrong with the section as a whole, for whoever finds it.
    public func error(_ message: String, fix: String) -> DefinitionError {
        DefinitionError(
            file: file, line: item.node.line, column: item.node.column, path: item.path,
            message: message, fix: fix)
    }

    /// The section with what it does not give taken from the one in force.
    ///
    /// What it gives as null is not taken, and so is removed.
    ///
    /// - Parameters:
    ///   - written: The section in canonical form.
    ///   - inForce: The one in force.
    /// - Returns: The completed section in canonical form.
    /// - Throws: ``DefinitionErrors`` where one of the two is no canonical form.
    public func completed(
        _ written: CanonicalDefinition, from inForce: CanonicalDefinition
    ) throws(DefinitionErrors) -> CanonicalDefinition {
        var members = try programMembers(written.bytes)
        for member in try programMembers(inForce.bytes)
        where fields[String(decoding: member.key, as: UTF8.self)] == nil {
            members.append(member)
        }
        return try decodeDefinition(
            kind: .program, bytes: canonicalJSON(JSONNode(offset: 0, value: .object(members))))
    }
}

/// The keys and values of a program section in canonical form.
private func programMembers(_ bytes: [UInt8]) throws(DefinitionErrors) -> [JSONMember] {
    if let root = try? parseJSON(bytes.span, depthMax: Node.depthMax),
        case .object(let members) = root.value
    {
        return members
    }
    throw syntaxError("program.json", (1, 1), "not a JSON object", "write the section again")
}

/// Reads definition files (SPEC 4, 5) and checks everything in them.
///
/// - Parameters:
///   - sources: The files; each may give an id once, and others only if they say the same of it.
///   - inForce: The definitions in force, which the files may refer to.
///   - prune: Whether those in force that the files don't name are retired, and so can't be
///     referred to.
/// - Returns: The definitions of the files, in canonical form and order.
/// - Throws: ``DefinitionErrors`` with every error found, in the order of the files.
public func readDefinitions(
    _ sources: [DefinitionSource], inForce: [CanonicalDefinition] = [], prune: Bool = false
) throws(DefinitionErrors) -> DefinitionFiles {
    var documents: [DefinitionDocument] = []
    var errors: [DefinitionError] = []
    for source in sources {
        do {
            documents.append(DefinitionDocument(file: source.file, root: try readNode(source)))
        } catch {
            errors += error.errors
        }
    }
    return try readDefinitions(
        documents, files: sources.map(\.file), errors: errors, inForce: inForce, prune: prune)
}

/// Reads trees of definitions, such as those inside a scenario (SPEC 9), like whole files.
///
/// - Parameters:
///   - documents: The trees; each may give an id once, and others only if they say the same of it.
///   - inForce: The definitions in force, which the documents may refer to.
///   - prune: Whether those in force that the documents don't name are retired.
/// - Returns: The definitions of the documents, in canonical form and order.
/// - Throws: ``DefinitionErrors`` with every error found, in the order of the documents.
public func readDefinitions(
    documents: [DefinitionDocument], inForce: [CanonicalDefinition] = [], prune: Bool = false
) throws(DefinitionErrors) -> DefinitionFiles {
    try readDefinitions(
        documents, files: documents.map(\.file), errors: [], inForce: inForce, prune: prune)
}

/// Reads the canonical JSON of one definition, as it stands in a definition record.
///
/// What it refers to is not looked up. Canonical JSON gives the same bytes again.
///
/// - Parameters:
///   - kind: What the record defines.
///   - bytes: The definition object as JSON.
/// - Returns: The definition.
/// - Throws: ``DefinitionErrors``, whose file is the kind and whose path begins in the object.
public func decodeDefinition(
    kind: DefinitionKind, bytes: [UInt8]
) throws(DefinitionErrors) -> CanonicalDefinition {
    let file = "\(kind.word).json"
    let root = try readJSONNode(bytes, file: file)
    var lowering = Lowering(file: file)
    let read = lowering.definition(kind, Lowering.Item(node: root, path: ""))
    guard let definition = read.definition else {
        throw DefinitionErrors(errors: inFileOrder(lowering.errors, files: [file]))
    }
    return definition
}

private func readDefinitions(
    _ documents: [DefinitionDocument], files: [String], errors syntaxErrors: [DefinitionError],
    inForce: [CanonicalDefinition], prune: Bool
) throws(DefinitionErrors) -> DefinitionFiles {
    var check = CrossCheck(errors: syntaxErrors)
    for document in documents {
        var lowering = Lowering(file: document.file)
        let item = Lowering.Item(node: document.root, path: document.path)
        for read in lowering.document(item) {
            lowering.checkUnsubscribeBase(read)
            check.add(read, file: document.file)
        }
        check.errors += lowering.errors
    }
    // A file that can't be read may hold what the others refer to.
    if syntaxErrors.isEmpty { check.resolve(inForce: inForce, prune: prune) }
    guard check.errors.isEmpty else {
        throw DefinitionErrors(errors: inFileOrder(check.errors, files: files))
    }
    return check.result()
}

/// Errors by file, line and column; those of one place in the order in which they were found.
///
/// Files that are not given come after those that are, in the order in which errors were found.
package func inFileOrder(_ errors: [DefinitionError], files: [String]) -> [DefinitionError] {
    var files = files
    for error in errors where !files.contains(error.file) { files.append(error.file) }
    func rank(_ error: DefinitionError) -> [Int] {
        [files.firstIndex(of: error.file) ?? files.count, error.line, error.column]
    }
    return errors.enumerated().sorted { left, right in
        let (leftRank, rightRank) = (rank(left.element), rank(right.element))
        if leftRank == rightRank { return left.offset < right.offset }
        return leftRank.lexicographicallyPrecedes(rightRank)
    }.map(\.element)
}

extension CrossCheck {
    /// The definitions in their order, once nothing is wrong.
    fileprivate func result() -> DefinitionFiles {
        let order: [DefinitionKind] = [.template, .segment, .workflow, .automation, .program]
        var sorted: [(CanonicalDefinition, Place)] = []
        for kind in order {
            let ofKind = entries.filter { $0.read.kind == kind }
                .compactMap { entry in
                    entry.read.definition.map { ($0, place(of: entry)) }
                }
            sorted += ofKind.sorted { $0.0.definition.id < $1.0.definition.id }
        }
        var program: ProgramCheck?
        for entry in entries {
            if case .program(let settings)? = entry.read.definition?.definition {
                program = ProgramCheck(
                    settings: settings, file: entry.file, item: entry.read.item,
                    fields: entry.read.fields)
            }
        }
        return DefinitionFiles(
            definitions: sorted.map(\.0), places: sorted.map(\.1), program: program)
    }
}
