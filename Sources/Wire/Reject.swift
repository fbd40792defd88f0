import Core

/// Why a line was not accepted (SPEC 2.1); the raw value is the word in the rejects output.
public enum RejectCode: String, CaseIterable, Sendable {
    case tooLong = "too_long"
    case badUTF8 = "bad_utf8"
    case badJSON = "bad_json"
    case tooDeep = "too_deep"
    case duplicateKey = "duplicate_key"
    case missingField = "missing_field"
    case badField = "bad_field"
    case unknownType = "unknown_type"
    case futureTime = "future_time"
    case idConflict = "id_conflict"
}

/// A line that was not accepted, as the rejects output shows it.
public struct Reject: Sendable, Equatable {
    /// The file, where there are several; nil for a single stream of lines.
    public var file: String?
    /// The line's number, from 1.
    public var line: Int
    /// Why.
    public var code: RejectCode
    /// The field that is missing or bad.
    public var field: String?
    /// What is wrong and how to mend it.
    public var message: String
    /// The line as text: malformed UTF-8 repaired, and cut where the line is too long.
    public var raw: String

    /// Makes a reject of its parts.
    public init(line: Int, code: RejectCode, field: String?, message: String, raw: String) {
        self.line = line
        self.code = code
        self.field = field
        self.message = message
        self.raw = raw
    }

    /// Makes the reject of a line of input, which it copies.
    public init(
        line: Int,
        code: RejectCode,
        field: String? = nil,
        message: String,
        text: Span<UInt8>
    ) {
        var end = text.count
        // The carriage return of a line's end is none of its text.
        if end > 0, text[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        if end > lineBytesMax {
            end = rejectedBytesMax
            while end > rejectedBytesMax - 3, text[end] & 0xc0 == 0x80 { end -= 1 }
        }
        var raw: [UInt8] = []
        raw.append(bytes: text.extracting(0..<end))
        self.init(
            line: line,
            code: code,
            field: field,
            message: message,
            raw: String(decoding: raw, as: UTF8.self)
        )
    }

    /// Makes the reject of a line of input, which it copies, for a fault found in it.
    public init(line: Int, fault: Fault, text: Span<UInt8>) {
        self.init(
            line: line,
            code: fault.code,
            field: fault.field,
            message: fault.message,
            text: text
        )
    }

    /// Appends the reject as one JSON object, without a line end; nothing in it can command a terminal.
    public func appendJSON(to buffer: inout [UInt8]) {
        var json: [UInt8] = []
        appendJSONPlainly(to: &json)
        // JSON lets DEL and the controls from U+0080 to U+009F stand as they are, in texts alone.
        var index = 0
        while index < json.count {
            let isPair = json[index] == 0xc2 && index + 1 < json.count && json[index + 1] < 0xa0
            if json[index] == 0x7f || isPair {
                let code = isPair ? json[index + 1] : 0x7f
                let digits = Array("0123456789abcdef".utf8)
                buffer += Array("\\u00".utf8)
                buffer += [digits[Int(code >> 4)], digits[Int(code & 15)]]
            } else {
                buffer.append(json[index])
            }
            index += isPair ? 2 : 1
        }
    }

    private func appendJSONPlainly(to buffer: inout [UInt8]) {
        buffer.append(UInt8(ascii: "{"))
        if let file {
            buffer.append(jsonKey: "file")
            buffer.append(jsonString: file)
        }
        buffer.append(jsonKey: "line")
        buffer.append(decimal: Int64(line))
        buffer.append(jsonKey: "code")
        buffer.append(jsonString: code.rawValue)
        if let field {
            buffer.append(jsonKey: "field")
            buffer.append(jsonString: field)
        }
        buffer.append(jsonKey: "message")
        buffer.append(jsonString: message)
        buffer.append(jsonKey: "raw")
        buffer.append(jsonString: raw)
        buffer.append(UInt8(ascii: "}"))
    }
}

/// The longest line that is read, in bytes without its end (SPEC 2.1).
public let lineBytesMax = 1_048_576

/// How much of a line that is too long the rejects output shows.
let rejectedBytesMax = 1_024

/// A text that somebody typed, short enough and escaped for a message.
func quoted(_ text: Span<UInt8>) -> String {
    var end = min(text.count, 64)
    while end < text.count, end > 0, text[end] & 0xc0 == 0x80 { end -= 1 }
    var bytes: [UInt8] = []
    bytes.append(jsonString: text.extracting(0..<end))
    if end < text.count { bytes.append(contentsOf: "…".utf8) }
    return String(decoding: bytes, as: UTF8.self)
}

/// The word that takes the fewest single-byte edits to become `text`, if they are few.
func nearestWord(to text: Span<UInt8>, among words: [String]) -> String? {
    guard text.count <= 64 else { return nil }
    var best: (word: String, distance: Int)?
    for word in words {
        let distance = editDistance(Array(word.utf8), text)
        if distance < best?.distance ?? .max { best = (word, distance) }
    }
    guard let best, best.distance <= max(2, text.count / 3) else { return nil }
    return best.word
}

private func editDistance(_ word: [UInt8], _ text: Span<UInt8>) -> Int {
    var row = Array(0...word.count)
    for index in text.indices {
        var diagonal = row[0]
        row[0] = index + 1
        for position in word.indices {
            let substituted = diagonal + (word[position] == text[index] ? 0 : 1)
            diagonal = row[position + 1]
            row[position + 1] = min(substituted, diagonal + 1, row[position] + 1)
        }
    }
    return row[word.count]
}
