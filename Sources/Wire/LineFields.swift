import Core

/// What kind of JSON value a token is.
enum TokenKind: UInt8, Sendable {
    case absent, null, text, number, yes, no, object, array

    /// How messages call it.
    var words: String {
        switch self {
        case .absent: "nothing"
        case .null: "null"
        case .text: "a string"
        case .number: "a number"
        case .yes, .no: "a boolean"
        case .object: "an object"
        case .array: "an array"
        }
    }
}

/// One value of a line: its kind, and where the text of a string or number lies, unescaped.
struct Token: Sendable {
    var kind: TokenKind = .absent
    /// A string known to be ASCII without control characters.
    var isPlain = false
    var start: Int32 = 0
    var end: Int32 = 0

    var range: Range<Int> { Int(start)..<Int(end) }

    /// Neither missing nor null.
    var isGiven: Bool { kind != .absent && kind != .null }
}

/// A name in `attributes` or `properties` with its value.
struct MemberToken: Sendable {
    var key: Token
    var value: Token
}

/// The fields of one line, with ranges in some text, before anything is checked.
///
/// Both ways to read a line end here, so that one piece of code checks and encodes.
struct LineFields: Sendable {
    var tokens = InlineArray<20, Token>(repeating: Token())
    var given: FieldMask = []
    /// The members of `attributes` or `properties`, by name in byte order, no name twice.
    var members: [MemberToken] = []
    /// Fields that mean nothing here, as one canonical JSON object; empty where there are none.
    var extras: [UInt8] = []
    var labels: FieldLabels = .plain

    subscript(field: Field) -> Token {
        get { tokens[field.rawValue] }
        set {
            tokens[field.rawValue] = newValue
            given.insert(FieldMask(field))
        }
    }
}

/// How the fields are called in an envelope, for messages.
enum FieldLabels: Sendable {
    case plain, cloudEvents
    /// The property that holds the amount, and whether the track name is the custom event's.
    case segment(amount: String, name: String)

    func label(_ field: Field) -> String {
        switch (self, field) {
        case (.cloudEvents, .partner): "subject"
        case (.segment, .id): "messageId"
        case (.segment, .partner): "userId"
        case (.segment, .time): "timestamp"
        case (.segment(let amount, _), .amount): amount
        case (.segment(_, let name), .name): name
        default: field.word
        }
    }
}
