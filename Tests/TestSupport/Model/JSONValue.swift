/// A JSON value with its numbers as they were written, so that no decimal is lost on the way.
public indirect enum JSONValue: Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number, as its text.
    case number(String)
    /// A string, unescaped.
    case string(String)
    /// A list.
    case array([JSONValue])
    /// An object; the order of the keys is kept for writing and means nothing.
    case object([(key: String, value: JSONValue)])

    /// Reads one JSON text, which must be well formed.
    public init(parsing text: String) {
        var reader = JSONReader(bytes: Array(text.utf8))
        self = reader.value()
        reader.skipBlanks()
        precondition(reader.position == reader.bytes.count, "trailing text after JSON")
    }

    /// The value of a key, with `null` taken as absent.
    public subscript(key: String) -> JSONValue? {
        guard let value = given(key), !value.isNull else { return nil }
        return value
    }

    /// The value of a key, `null` included.
    public func given(_ key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    /// Whether this is `null`.
    public var isNull: Bool {
        if case .null = self { true } else { false }
    }

    /// The text of a string.
    public var text: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The truth value of a boolean.
    public var bool: Bool? {
        if case .bool(let bool) = self { bool } else { nil }
    }

    /// The value of a number; a string is none.
    public var number: Exact? {
        if case .number(let text) = self { Exact(text) } else { nil }
    }

    /// The value of a whole number that fits.
    public var int: Int? {
        if case .number(let text) = self { Int(text) } else { nil }
    }

    /// The elements of a list.
    public var array: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The members of an object.
    public var members: [(key: String, value: JSONValue)]? {
        if case .object(let members) = self { members } else { nil }
    }

    /// The one member of an object that has just one.
    public var single: (key: String, value: JSONValue) {
        guard let members, members.count == 1 else {
            preconditionFailure("an object with one key expected: \(written)")
        }
        return members[0]
    }

    /// The strings of a list of strings.
    public var texts: [String] {
        (array ?? []).compactMap(\.text)
    }

    /// Compact JSON, keys in the order they have.
    public var written: String {
        switch self {
        case .null: return "null"
        case .bool(let bool): return bool ? "true" : "false"
        case .number(let text): return text
        case .string(let text): return JSONValue.quoted(text)
        case .array(let elements):
            return "[" + elements.map(\.written).joined(separator: ",") + "]"
        case .object(let members):
            let parts = members.map { JSONValue.quoted($0.key) + ":" + $0.value.written }
            return "{" + parts.joined(separator: ",") + "}"
        }
    }

    /// JSON with sorted keys: the same text for the same content.
    public var canonical: String {
        switch self {
        case .array(let elements):
            return "[" + elements.map(\.canonical).joined(separator: ",") + "]"
        case .object(let members):
            let sorted = members.sorted { bytewiseLess($0.key, $1.key) }
            let parts = sorted.map { JSONValue.quoted($0.key) + ":" + $0.value.canonical }
            return "{" + parts.joined(separator: ",") + "}"
        default:
            return written
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            default:
                precondition(scalar.value >= 0x20, "control characters are not written")
                result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

/// The order of texts by their UTF-8 bytes (SPEC 3), which `String`'s own order is not.
func bytewiseLess(_ left: String, _ right: String) -> Bool {
    left.utf8.lexicographicallyPrecedes(right.utf8)
}

/// Equality byte for byte (SPEC 2); `String`'s own takes composed and decomposed letters as equal.
func bytewiseEqual(_ left: String, _ right: String) -> Bool {
    left.utf8.elementsEqual(right.utf8)
}

/// A reader by recursive descent for texts known to be well formed; anything else stops the test.
private struct JSONReader {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    var byte: UInt8 {
        precondition(position < bytes.count, "JSON ends too early")
        return bytes[position]
    }

    mutating func skipBlanks() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) {
            position += 1
        }
    }

    mutating func expect(_ text: String) {
        for expected in text.utf8 {
            precondition(byte == expected, "JSON: \(text) expected at byte \(position)")
            position += 1
        }
    }

    mutating func value() -> JSONValue {
        skipBlanks()
        switch byte {
        case UInt8(ascii: "{"): return object()
        case UInt8(ascii: "["): return array()
        case UInt8(ascii: "\""): return .string(string())
        case UInt8(ascii: "t"):
            expect("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            expect("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            expect("null")
            return .null
        default: return number()
        }
    }

    mutating func number() -> JSONValue {
        let start = position
        let allowed = Array("+-.0123456789eE".utf8)
        while position < bytes.count, allowed.contains(bytes[position]) {
            position += 1
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        precondition(Exact(text) != nil, "JSON: a number expected at byte \(start)")
        return .number(text)
    }

    mutating func array() -> JSONValue {
        expect("[")
        var elements: [JSONValue] = []
        skipBlanks()
        while byte != UInt8(ascii: "]") {
            elements.append(value())
            skipBlanks()
            if byte == UInt8(ascii: ",") { position += 1 }
        }
        position += 1
        return .array(elements)
    }

    mutating func object() -> JSONValue {
        expect("{")
        var members: [(key: String, value: JSONValue)] = []
        skipBlanks()
        while byte != UInt8(ascii: "}") {
            skipBlanks()
            let key = string()
            skipBlanks()
            expect(":")
            members.append((key, value()))
            skipBlanks()
            if byte == UInt8(ascii: ",") {
                position += 1
                skipBlanks()
            }
        }
        position += 1
        return .object(members)
    }

    mutating func string() -> String {
        expect("\"")
        var text: [UInt8] = []
        while byte != UInt8(ascii: "\"") {
            if byte == UInt8(ascii: "\\") {
                position += 1
                text += escaped()
            } else {
                text.append(byte)
                position += 1
            }
        }
        position += 1
        return String(decoding: text, as: UTF8.self)
    }

    mutating func escaped() -> [UInt8] {
        let letter = byte
        position += 1
        switch letter {
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "u"):
            var scalar = hexadecimal()
            if scalar >= 0xD800, scalar < 0xDC00 {
                expect("\\u")
                scalar = 0x10000 + (scalar - 0xD800) << 10 + (hexadecimal() - 0xDC00)
            }
            guard let unicode = Unicode.Scalar(scalar) else { return [] }
            return Array(String(Character(unicode)).utf8)
        default: return [letter]
        }
    }

    mutating func hexadecimal() -> UInt32 {
        let digits = String(decoding: bytes[position..<(position + 4)], as: UTF8.self)
        position += 4
        return UInt32(digits, radix: 16) ?? 0
    }
}
