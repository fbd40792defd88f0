import Core
import Wire

/// Reads one JSON value; strict, as everywhere (RFC 8259).
func readJSONNode(_ bytes: [UInt8], file: String) throws(DefinitionErrors) -> Node {
    let root: JSONNode
    do {
        root = try parseJSON(bytes.span, depthMax: Node.depthMax)
    } catch {
        let place = placeOfByte(error.offset, in: bytes[...])
        switch error.reason {
        case .malformed(let problem):
            throw syntaxError(
                file, place, "not valid JSON: \(problem)",
                "check quotes, commas and brackets here; JSON has no comments")
        case .badUTF8:
            throw syntaxError(
                file, place, "the file is not valid UTF-8 here", "save the file as UTF-8")
        case .tooDeep:
            throw syntaxError(
                file, place, "lists and mappings are nested more than \(Node.depthMax) deep",
                "nest less deeply; a segment may name other segments")
        case .duplicateKey(let key):
            if let root = try? parseJSON(
                bytes.span, depthMax: Node.depthMax, mayRepeatNames: true)
            {
                var reader = JSONReader(bytes: bytes)
                try refuseRepeatedKeys(in: reader.read(root), file: file)
            }
            throw syntaxError(
                file, place,
                "the key \(quoted(String(decoding: key, as: UTF8.self))) is given twice",
                "keep one of the two")
        }
    }
    var reader = JSONReader(bytes: bytes)
    return reader.read(root)
}

/// Turns the parser's tree into ours; walks the text once for lines and columns.
private struct JSONReader {
    let bytes: [UInt8]
    var offset = 0
    var line = 1
    var column = 1
    var count = 0

    mutating func read(_ node: JSONNode) -> Node {
        let place = place(of: node.offset)
        let number = count
        count += 1
        let content: Node.Content
        switch node.value {
        case .null: content = .null
        case .bool(let flag): content = .flag(flag)
        case .number(_, let text): content = .number(String(decoding: text, as: UTF8.self))
        case .string(let text): content = .text(String(decoding: text, as: UTF8.self))
        case .array(let items): content = .list(items.map { read($0) })
        case .object(let members):
            content = .map(
                members.map { member in
                    let place = self.place(of: member.keyOffset)
                    return Node.Entry(
                        key: String(decoding: member.key, as: UTF8.self), line: place.line,
                        column: place.column, value: read(member.value))
                })
        }
        return Node(content: content, line: place.line, column: place.column, number: number)
    }

    /// Offsets only grow in the order of the text.
    private mutating func place(of target: Int) -> (line: Int, column: Int) {
        while offset < target {
            if bytes[offset] == 0x0A {
                line += 1
                column = 1
            } else if bytes[offset] & 0xC0 != 0x80 {
                column += 1
            }
            offset += 1
        }
        return (line, column)
    }
}

extension Node {
    /// The JSON that the node means where no definition decides otherwise: unquoted YAML scalars in
    /// JSON's grammar are numbers, `true` and `false`, all others are texts.
    public var json: JSONNode {
        let value: JSONValue
        switch content {
        case .null: value = .null
        case .flag(let flag): value = .bool(flag)
        case .plain("true"): value = .bool(true)
        case .plain("false"): value = .bool(false)
        case .text(let text): value = .string(Array(text.utf8))
        case .number(let text):
            value = .number(parseDecimal(Array(text.utf8).span), text: Array(text.utf8))
        case .plain(let text):
            let bytes = Array(text.utf8)
            let decimal = parseDecimal(bytes.span)
            value = decimal.map { .number($0, text: bytes) } ?? .string(bytes)
        case .list(let nodes): value = .array(nodes.map(\.json))
        case .map(let entries):
            value = .object(
                entries.map {
                    JSONMember(key: Array($0.key.utf8), keyOffset: 0, value: $0.value.json)
                })
        }
        return JSONNode(offset: 0, value: value)
    }
}
