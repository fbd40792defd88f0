import Yams

/// Reads one YAML document.
///
/// Anchors and aliases are followed, but the tree may not grow far beyond the text, so that a few
/// lines of nested aliases cannot fill the memory.
func readYAMLNode(_ text: String, file: String) throws(DefinitionErrors) -> Node {
    let root: Yams.Node?
    do {
        root = try Yams.compose(yaml: text, .basic, .default, .utf8)
    } catch {
        let refusal = translate(error, text: text, file: file)
        guard case YamlError.duplicatedKeysInMapping = error,
            let repeated = RepeatedYAMLKeys(text), let root = repeated.root
        else { throw refusal }
        var reader = YAMLReader(file: file, text: text)
        reader.names = repeated.names
        try refuseRepeatedKeys(in: try reader.read(root, depth: 0), file: file)
        throw refusal
    }
    guard let root else { return Node(content: .null, line: 1, column: 1, number: 0) }
    var reader = YAMLReader(file: file, text: text)
    let tree = try reader.read(root, depth: 0)
    try refuseRepeatedKeys(in: tree, file: file)
    return tree
}

/// Turns the parser's tree into ours.
private struct YAMLReader {
    let file: String
    let countMax: Int
    var count = 0
    /// The names of keys that stand in the tree under others.
    var names: [RepeatedYAMLKeys.Position: String] = [:]

    init(file: String, text: String) {
        self.file = file
        countMax = 10_000 + 2 * text.utf8.count
    }

    mutating func read(_ node: Yams.Node, depth: Int) throws(DefinitionErrors) -> Node {
        let place = (line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
        guard depth <= Node.depthMax else {
            throw syntaxError(
                file, place, "lists and mappings are nested more than \(Node.depthMax) deep",
                "nest less deeply; a segment may name other segments")
        }
        let number = count
        count += 1
        guard count <= countMax else {
            throw syntaxError(
                file, place, "the aliases in this file unfold to more than \(countMax) values",
                "write the values out, or use fewer aliases")
        }
        let content: Node.Content
        switch node {
        case .scalar(let scalar):
            content = try read(scalar, place: place)
        case .sequence(let sequence):
            try check(sequence.tag, allowed: "tag:yaml.org,2002:seq", place: place)
            var items: [Node] = []
            for item in sequence { items.append(try read(item, depth: depth + 1)) }
            content = .list(items)
        case .mapping(let mapping):
            try check(mapping.tag, allowed: "tag:yaml.org,2002:map", place: place)
            content = .map(try read(mapping, depth: depth))
        case .alias:
            throw syntaxError(
                file, place, "an alias that stands for nothing", "write the value out")
        }
        return Node(content: content, line: place.line, column: place.column, number: number)
    }

    private mutating func read(
        _ mapping: Yams.Node.Mapping, depth: Int
    ) throws(DefinitionErrors) -> [Node.Entry] {
        var entries: [Node.Entry] = []
        for (key, value) in mapping {
            let line = key.mark?.line ?? 1
            let column = key.mark?.column ?? 1
            guard case .scalar(let scalar) = key else {
                throw syntaxError(
                    file, (line, column), "a key that is a list or a mapping",
                    "write a text as the key; a value that begins with { or [ goes in quotes")
            }
            let name = key.mark.flatMap { names[RepeatedYAMLKeys.Position($0)] }
            let child = try read(value, depth: depth + 1)
            entries.append(
                Node.Entry(key: name ?? scalar.string, line: line, column: column, value: child))
        }
        return entries
    }

    private func read(
        _ scalar: Yams.Node.Scalar, place: (line: Int, column: Int)
    ) throws(DefinitionErrors) -> Node.Content {
        switch scalar.tag.rawValue {
        case "tag:yaml.org,2002:str", "!": return .text(scalar.string)
        case "": break
        default: try check(scalar.tag, allowed: "", place: place)
        }
        switch scalar.style {
        case .plain, .any:
            switch scalar.string {
            case "", "~", "null": return .null
            default: return .plain(scalar.string)
            }
        default: return .text(scalar.string)
        }
    }

    private func check(
        _ tag: Tag, allowed: String, place: (line: Int, column: Int)
    ) throws(DefinitionErrors) {
        guard !["", "!", allowed].contains(tag.rawValue) else { return }
        throw syntaxError(
            file, place, "the YAML tag \(quoted(tag.rawValue)) has no meaning here",
            "leave the tag out; quotes make a value a text")
    }
}

/// Our words for what the YAML parser found wrong.
private func translate(_ error: any Error, text: String, file: String) -> DefinitionErrors {
    guard let error = error as? YamlError else {
        return syntaxError(file, (1, 1), "the file can't be read as YAML", "check the file")
    }
    let fix = "check indentation, quotes and brackets up to here"
    switch error {
    case .scanner(let context, let problem, let mark, _),
        .parser(let context, let problem, let mark, _):
        let start = context.map { ", \($0.text) that begins in line \($0.mark.line)" } ?? ""
        return syntaxError(
            file, (mark.line, mark.column), "not valid YAML: \(problem)\(start)", fix)
    case .composer(let context, let problem, let mark, _):
        guard context != nil else {
            return syntaxError(
                file, (mark.line, mark.column), "not valid YAML: \(problem)",
                "define the anchor above, or put a text that begins with * in quotes")
        }
        return syntaxError(
            file, (mark.line, mark.column), "a second YAML document begins here",
            "put each document into a file of its own, or join them under one set of keys")
    case .duplicatedKeysInMapping(let duplicates, let context):
        let key = quoted(duplicates.first ?? "")
        return syntaxError(
            file, (context.mark.line, context.mark.column),
            "the key \(key), first given here, is given again in the same mapping",
            "keep one of them; several values make a list under one key")
    case .reader(_, let offset, let value, _):
        let characters = text.prefix(offset ?? 0)
        let place = placeOfByte(characters.utf8.count, in: Array(text.utf8)[...])
        let code = codePoint(UInt32(clamping: value))
        return syntaxError(
            file, place, "the character \(code) is not allowed in YAML",
            "leave it out, or write it as an escape in double quotes")
    default:
        return syntaxError(file, (1, 1), "the file can't be read as YAML", fix)
    }
}
