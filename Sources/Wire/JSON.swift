import Core

/// A JSON value and where it begins in the text.
public struct JSONNode: Sendable {
    /// The offset of its first byte.
    public let offset: Int
    /// The value.
    public let value: JSONValue

    /// Makes a node.
    public init(offset: Int, value: JSONValue) {
        self.offset = offset
        self.value = value
    }

    /// Whether it is `null`.
    public var isNull: Bool {
        if case .null = value { return true }
        return false
    }

    /// The value of a member of an object; nil where there is none, or this is no object.
    public func member(_ key: String) -> JSONNode? {
        guard case .object(let members) = value else { return nil }
        return members.first { $0.key.elementsEqual(key.utf8) }?.value
    }
}

/// A JSON value (RFC 8259).
public enum JSONValue: Sendable {
    /// Members in the order of the text, all keys different.
    case object([JSONMember])
    case array([JSONNode])
    /// The unescaped text in UTF-8.
    case string([UInt8])
    /// A number and how it was written; nil where its magnitude is beyond 10^±1,000,000, which is
    /// valid JSON but more than a decimal holds.
    case number(Decimal?, text: [UInt8])
    case bool(Bool)
    case null

    /// The kind of value, as messages call it: `an object`, `a string`, ….
    public var kind: String {
        switch self {
        case .object: "an object"
        case .array: "an array"
        case .string: "a string"
        case .number: "a number"
        case .bool: "a boolean"
        case .null: "null"
        }
    }
}

/// A member of a JSON object.
public struct JSONMember: Sendable {
    /// The unescaped name in UTF-8.
    public let key: [UInt8]
    /// The offset of the name's opening quote.
    public let keyOffset: Int
    /// The value.
    public let value: JSONNode

    /// Makes a member.
    public init(key: [UInt8], keyOffset: Int, value: JSONNode) {
        self.key = key
        self.keyOffset = keyOffset
        self.value = value
    }
}

/// Why a text is not the JSON that was asked for.
public struct JSONError: Error, Sendable, Equatable {
    /// What is wrong.
    public enum Reason: Sendable, Equatable {
        /// Not JSON; the text says what was expected or found.
        case malformed(String)
        /// Not well-formed UTF-8.
        case badUTF8
        /// Nested more deeply than allowed.
        case tooDeep
        /// A name given twice in one object, unescaped.
        case duplicateKey([UInt8])
    }

    /// What is wrong.
    public let reason: Reason
    /// Where, in bytes from 0.
    public let offset: Int

    /// Makes an error.
    public init(_ reason: Reason, offset: Int) {
        self.reason = reason
        self.offset = offset
    }
}

extension JSONError: CustomStringConvertible {
    /// What is wrong and where, bytes counted from 1.
    public var description: String {
        let fault =
            switch reason {
            case .malformed(let message): message
            case .badUTF8: "not UTF-8"
            case .tooDeep: "arrays and objects are nested too deep"
            case .duplicateKey(let key): "the key \(quoted(key.span)) is given twice"
            }
        return "\(fault) at byte \(offset + 1)"
    }
}

/// Parses one JSON text strictly (RFC 8259), blanks around it allowed.
///
/// Of several faults malformed UTF-8 counts first, wherever it is; then the first place that is
/// malformed or too deep; then the first name given twice.
///
/// - Parameters:
///   - bytes: The whole text.
///   - depthMax: How many levels of arrays and objects are allowed; the outermost is level 1.
///   - mayRepeatNames: Whether an object may give a name twice; the tree then has both.
/// - Returns: The tree, with offsets into `bytes`.
/// - Throws: ``JSONError``.
/// - Complexity: O(n).
public func parseJSON(
    _ bytes: Span<UInt8>, depthMax: Int = 32, mayRepeatNames: Bool = false
) throws(JSONError) -> JSONNode {
    if let offset = firstMalformedUTF8(bytes) { throw JSONError(.badUTF8, offset: offset) }
    var parser = JSONParser(depthMax: depthMax)
    let node = try parser.document(bytes)
    if !mayRepeatNames, let duplicate = parser.duplicate { throw duplicate }
    return node
}
