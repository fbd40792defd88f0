import Core

/// A recursive-descent parser over text that is known to be well-formed UTF-8.
///
/// A name given twice is only remembered, because malformed text further on counts before it.
struct JSONParser {
    let depthMax: Int
    private(set) var duplicate: JSONError?
    private var offset = 0

    init(depthMax: Int) {
        self.depthMax = depthMax
    }

    mutating func document(_ bytes: Span<UInt8>) throws(JSONError) -> JSONNode {
        let node = try value(bytes, depth: 1)
        skipBlanks(bytes)
        guard offset == bytes.count else { throw malformed("text after the end of the value") }
        return node
    }

    private func malformed(_ message: String) -> JSONError {
        JSONError(.malformed(message), offset: offset)
    }

    private mutating func skipBlanks(_ bytes: Span<UInt8>) {
        while offset < bytes.count, isJSONBlank(bytes[offset]) { offset += 1 }
    }

    private mutating func value(
        _ bytes: Span<UInt8>,
        depth: Int
    ) throws(JSONError) -> JSONNode {
        skipBlanks(bytes)
        guard offset < bytes.count else {
            throw malformed("the text ends where a value should be")
        }
        let start = offset
        switch bytes[offset] {
        case UInt8(ascii: "{"):
            guard depth <= depthMax else { throw JSONError(.tooDeep, offset: offset) }
            return JSONNode(offset: start, value: try object(bytes, depth: depth))
        case UInt8(ascii: "["):
            guard depth <= depthMax else { throw JSONError(.tooDeep, offset: offset) }
            return JSONNode(offset: start, value: try array(bytes, depth: depth))
        case UInt8(ascii: "\""):
            return JSONNode(offset: start, value: .string(try string(bytes)))
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            return JSONNode(offset: start, value: try number(bytes))
        case UInt8(ascii: "t"):
            try word("true", bytes)
            return JSONNode(offset: start, value: .bool(true))
        case UInt8(ascii: "f"):
            try word("false", bytes)
            return JSONNode(offset: start, value: .bool(false))
        case UInt8(ascii: "n"):
            try word("null", bytes)
            return JSONNode(offset: start, value: .null)
        default:
            throw malformed("expected a value")
        }
    }

    private mutating func word(_ word: String, _ bytes: Span<UInt8>) throws(JSONError) {
        var end = offset
        for byte in word.utf8 {
            guard end < bytes.count, bytes[end] == byte else {
                throw malformed("expected \(word)")
            }
            end += 1
        }
        offset = end
    }

    private mutating func array(
        _ bytes: Span<UInt8>,
        depth: Int
    ) throws(JSONError) -> JSONValue {
        offset += 1
        var nodes: [JSONNode] = []
        skipBlanks(bytes)
        if offset < bytes.count, bytes[offset] == UInt8(ascii: "]") {
            offset += 1
            return .array([])
        }
        while true {
            nodes.append(try value(bytes, depth: depth + 1))
            skipBlanks(bytes)
            guard offset < bytes.count else { throw malformed("the text ends inside an array") }
            let next = bytes[offset]
            guard next == UInt8(ascii: ",") || next == UInt8(ascii: "]") else {
                throw malformed("expected , or ] in an array")
            }
            offset += 1
            if next == UInt8(ascii: "]") { return .array(nodes) }
        }
    }

    private mutating func object(
        _ bytes: Span<UInt8>,
        depth: Int
    ) throws(JSONError) -> JSONValue {
        offset += 1
        var members: [JSONMember] = []
        skipBlanks(bytes)
        if offset < bytes.count, bytes[offset] == UInt8(ascii: "}") {
            offset += 1
            return .object([])
        }
        while true {
            skipBlanks(bytes)
            guard offset < bytes.count else { throw malformed("the text ends inside an object") }
            guard bytes[offset] == UInt8(ascii: "\"") else {
                throw malformed("expected a name in double quotes")
            }
            let keyOffset = offset
            let key = try string(bytes)
            skipBlanks(bytes)
            guard offset < bytes.count, bytes[offset] == UInt8(ascii: ":") else {
                throw malformed("expected : after a name")
            }
            offset += 1
            let node = try value(bytes, depth: depth + 1)
            members.append(JSONMember(key: key, keyOffset: keyOffset, value: node))
            skipBlanks(bytes)
            guard offset < bytes.count else { throw malformed("the text ends inside an object") }
            let next = bytes[offset]
            guard next == UInt8(ascii: ",") || next == UInt8(ascii: "}") else {
                throw malformed("expected , or } in an object")
            }
            offset += 1
            if next == UInt8(ascii: "}") { break }
        }
        noteDuplicate(members)
        return .object(members)
    }

    private mutating func noteDuplicate(_ members: [JSONMember]) {
        guard let second = secondOfEqualKeys(members) else { return }
        if let known = duplicate, known.offset <= second.keyOffset { return }
        duplicate = JSONError(.duplicateKey(second.key), offset: second.keyOffset)
    }

    private func secondOfEqualKeys(_ members: [JSONMember]) -> JSONMember? {
        if members.count <= 16 {
            for index in members.indices {
                for earlier in 0..<index where members[earlier].key == members[index].key {
                    return members[index]
                }
            }
            return nil
        }
        var seen: Set<[UInt8]> = []
        seen.reserveCapacity(members.count)
        return members.first { !seen.insert($0.key).inserted }
    }

    private mutating func number(_ bytes: Span<UInt8>) throws(JSONError) -> JSONValue {
        let start = offset
        let scan = scanNumber(bytes, from: start)
        offset = scan.end
        guard scan.isValid else { throw malformed("a number may not be written like this") }
        let text = bytes.extracting(start..<offset)
        var copy: [UInt8] = []
        copy.append(bytes: text)
        return .number(decimal(of: text), text: copy)
    }

    private mutating func string(_ bytes: Span<UInt8>) throws(JSONError) -> [UInt8] {
        offset += 1
        var text: [UInt8] = []
        var copied = offset
        while true {
            guard offset < bytes.count else { throw malformed("the text ends inside a string") }
            let byte = bytes[offset]
            if byte == UInt8(ascii: "\"") {
                text.append(bytes: bytes.extracting(copied..<offset))
                offset += 1
                return text
            }
            guard byte >= 0x20 else {
                throw malformed("a control character inside a string must be escaped")
            }
            guard byte == UInt8(ascii: "\\") else {
                offset += 1
                continue
            }
            text.append(bytes: bytes.extracting(copied..<offset))
            try escape(bytes, to: &text)
            copied = offset
        }
    }

    private mutating func escape(
        _ bytes: Span<UInt8>,
        to text: inout [UInt8]
    ) throws(JSONError) {
        guard offset + 1 < bytes.count else { throw malformed("the text ends inside a string") }
        switch bytes[offset + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            text.append(bytes[offset + 1])
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0c)
        case UInt8(ascii: "n"): text.append(0x0a)
        case UInt8(ascii: "r"): text.append(0x0d)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            try unicodeEscape(bytes, to: &text)
            return
        default: throw malformed("unknown escape in a string")
        }
        offset += 2
    }

    private mutating func unicodeEscape(
        _ bytes: Span<UInt8>,
        to text: inout [UInt8]
    ) throws(JSONError) {
        guard let first = hex(bytes, at: offset + 2) else {
            throw malformed("\\u needs four hexadecimal digits")
        }
        var code = first
        var length = 6
        if (0xd800...0xdfff).contains(first) {
            guard first < 0xdc00, offset + 7 < bytes.count,
                bytes[offset + 6] == UInt8(ascii: "\\"), bytes[offset + 7] == UInt8(ascii: "u"),
                let second = hex(bytes, at: offset + 8), (0xdc00...0xdfff).contains(second)
            else { throw malformed("an escaped surrogate without its other half") }
            code = 0x10000 + (first - 0xd800) << 10 + (second - 0xdc00)
            length = 12
        }
        appendScalar(code, to: &text)
        offset += length
    }

    private func hex(_ bytes: Span<UInt8>, at start: Int) -> UInt32? {
        guard start + 4 <= bytes.count else { return nil }
        var code: UInt32 = 0
        for index in start..<(start + 4) {
            let digit: UInt8
            switch bytes[index] {
            case let byte where byte >= 0x30 && byte <= 0x39: digit = byte - 0x30
            case let byte where byte >= 0x41 && byte <= 0x46: digit = byte - 0x41 + 10
            case let byte where byte >= 0x61 && byte <= 0x66: digit = byte - 0x61 + 10
            default: return nil
            }
            code = code << 4 | UInt32(digit)
        }
        return code
    }
}

/// Whether a byte is one of JSON's blanks.
@inline(__always)
func isJSONBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d
}

/// Appends a Unicode scalar value as UTF-8.
private func appendScalar(_ code: UInt32, to text: inout [UInt8]) {
    func low(_ shift: UInt32) -> UInt8 { UInt8(0x80 | (code >> shift) & 0x3f) }
    switch code {
    case 0..<0x80: text.append(UInt8(code))
    case 0x80..<0x800:
        text.append(UInt8(0xc0 | code >> 6))
        text.append(low(0))
    case 0x800..<0x10000:
        text.append(UInt8(0xe0 | code >> 12))
        text.append(low(6))
        text.append(low(0))
    default:
        text.append(UInt8(0xf0 | code >> 18))
        text.append(low(12))
        text.append(low(6))
        text.append(low(0))
    }
}
