/// What is wrong with a line; a ``Reject`` without the line.
public struct Fault: Error, Sendable, Equatable {
    /// Why the line is not accepted.
    public var code: RejectCode
    /// The field that is missing or bad.
    public var field: String?
    /// What is wrong and how to mend it.
    public var message: String

    /// Makes a fault of its parts.
    public init(code: RejectCode, field: String? = nil, message: String) {
        self.code = code
        self.field = field
        self.message = message
    }

    /// The fault of a field that is not there.
    public static func missing(_ field: String, _ message: String) -> Fault {
        Fault(code: .missingField, field: field, message: message)
    }

    /// The fault of a field with a value that it can't have.
    public static func bad(_ field: String, _ message: String) -> Fault {
        Fault(code: .badField, field: field, message: message)
    }

    static let notAnObject = Fault(
        code: .badJSON,
        message: "the line is not a JSON object: each line must be one event between { and }"
    )

    /// The fault of a line that is not the JSON that was asked for.
    ///
    /// - Parameters:
    ///   - error: What the parser found.
    ///   - line: The line.
    ///   - takesArrays: Whether a line may be an array of objects too.
    public init(_ error: JSONError, in line: Span<UInt8>, takesArrays: Bool = false) {
        var start = 0
        while start < line.count, isJSONBlank(line[start]) { start += 1 }
        let isOpened =
            start < line.count
            && (line[start] == UInt8(ascii: "{")
                || takesArrays && line[start] == UInt8(ascii: "["))
        let place = "at byte \(error.offset + 1)"
        switch error.reason {
        case .badUTF8:
            self.init(
                code: .badUTF8,
                message: "not UTF-8 \(place): send the line encoded as UTF-8"
            )
        case .malformed
        where line.count >= 3 && line[0] == 0xef && line[1] == 0xbb
            && line[2] == 0xbf:
            self.init(
                code: .badJSON,
                message: "the line begins with a byte order mark (BOM): send UTF-8 without it"
            )
        case .malformed(let message):
            self.init(code: .badJSON, message: "not JSON \(place): \(message)")
        case .tooDeep where isOpened:
            self.init(
                code: .tooDeep,
                message: "nested over 32 levels \(place): send flatter data"
            )
        case .duplicateKey(let key) where isOpened:
            self.init(
                code: .duplicateKey,
                message: "the key \(quoted(key.span)) is given twice \(place): send it once"
            )
        default: self = .notAnObject
        }
    }
}
