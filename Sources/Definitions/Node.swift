import Core

/// A part of a definition file, read from YAML or JSON, with its place.
///
/// Scalars keep the text that was written. What a plain YAML scalar means is decided by where it
/// stands: `on`, `2026-03-01` and `5` are texts where a text is asked for, and only `5` is a number
/// where a number is.
public struct Node: Hashable, Sendable {
    /// What was written.
    public indirect enum Content: Hashable, Sendable {
        case null
        /// A YAML scalar without quotes.
        case plain(String)
        /// A quoted or block scalar, or a JSON string.
        case text(String)
        /// A JSON number as it was written.
        case number(String)
        case flag(Bool)
        case list([Node])
        /// Entries in the order of the file, no key twice.
        case map([Entry])
    }

    /// One key and its value.
    public struct Entry: Hashable, Sendable {
        /// The key's text.
        public var key: String
        /// The key's line, from 1.
        public var line: Int
        /// The key's column, from 1.
        public var column: Int
        /// What the key stands for.
        public var value: Node
    }

    /// What was written.
    public var content: Content
    /// The line, from 1.
    public var line: Int
    /// The column in Unicode scalars, from 1.
    public var column: Int
    /// The node's number in its file, from 0; no two nodes of a file share one.
    var number: Int

    /// How deep lists and mappings may nest.
    public static let depthMax = 100

    /// The value of a key, or nil where this is no mapping or has no such key.
    public func value(of key: String) -> Node? {
        guard case .map(let entries) = content else { return nil }
        return entries.first { $0.key.utf8.elementsEqual(key.utf8) }?.value
    }

    /// Whether nothing was written.
    var isNull: Bool { content == .null }
}

/// One file of definitions as the operator gave it.
public struct DefinitionSource: Sendable {
    /// The file's name, for messages; one that ends in `.json` is JSON.
    public var file: String
    /// The content.
    public var bytes: [UInt8]

    /// Makes a source.
    public init(file: String, bytes: [UInt8]) {
        self.file = file
        self.bytes = bytes
    }
}

/// Reads a file into a tree: JSON where its name ends in `.json` or its first byte that is not
/// blank is `{`, else YAML (one document), as is what is no JSON in a file named `.yaml` or `.yml`.
///
/// - Returns: The tree; `null` for a file without content.
/// - Throws: ``DefinitionErrors`` with the one fault of syntax.
public func readNode(_ source: DefinitionSource) throws(DefinitionErrors) -> Node {
    var bytes = source.bytes[...]
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
    let first = bytes.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
    if let fault = firstFaultOfUTF8(bytes) {
        throw syntaxError(
            source.file, placeOfByte(fault, in: bytes), "the file is not valid UTF-8 here",
            "save the file as UTF-8")
    }
    let isNamedYAML = source.file.hasSuffix(".yaml") || source.file.hasSuffix(".yml")
    if source.file.hasSuffix(".json") || first == UInt8(ascii: "{") {
        do {
            return try readJSONNode(Array(bytes), file: source.file)
        } catch {
            // YAML may begin with a flow mapping.
            guard isNamedYAML else { throw error }
        }
    }
    return try readYAMLNode(String(decoding: bytes, as: UTF8.self), file: source.file)
}

/// An error of syntax, which has a path only where the rest of the file could be read.
func syntaxError(
    _ file: String, _ place: (line: Int, column: Int), path: String = "", _ message: String,
    _ fix: String
) -> DefinitionErrors {
    DefinitionErrors(errors: [
        DefinitionError(
            file: file, line: place.line, column: place.column, path: path, message: message,
            fix: fix)
    ])
}

/// Line and column of the byte that is `offset` behind the first, columns in Unicode scalars.
func placeOfByte(_ offset: Int, in bytes: ArraySlice<UInt8>) -> (line: Int, column: Int) {
    var line = 1
    var column = 1
    for byte in bytes.prefix(offset) {
        if byte == 0x0A {
            line += 1
            column = 1
        } else if byte & 0xC0 != 0x80 {
            column += 1
        }
    }
    return (line, column)
}

/// The distance to the first byte that is not part of valid UTF-8, or nil.
private func firstFaultOfUTF8(_ bytes: ArraySlice<UInt8>) -> Int? {
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    var offset = 0
    while true {
        switch decoder.decode(&iterator) {
        case .scalarValue(let scalar): offset += UTF8.width(scalar)
        case .emptyInput: return nil
        case .error: return offset
        }
    }
}
