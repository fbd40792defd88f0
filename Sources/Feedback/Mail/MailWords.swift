/// The words of a structured header field (RFC 5322, section 3.2; RFC 2045, section 5.1): comments left
/// out, quoted strings unquoted.
struct MailWords {
    /// A word, or one of the characters that stand for themselves.
    enum Word: Equatable {
        case text(String)
        case mark(Character)
    }

    private(set) var words: [Word] = []

    /// Splits a field's value.
    ///
    /// - Parameters:
    ///   - value: The unfolded value.
    ///   - marks: The characters that end a word and stand for themselves.
    init(_ value: String, marks: Set<Character>) {
        var word = ""
        var depth = 0
        var isQuoted = false
        var isEscaped = false
        for character in value {
            if isEscaped {
                if depth == 0 { word.append(character) }
                isEscaped = false
            } else if character == "\\", isQuoted || depth > 0 {
                isEscaped = true
            } else if isQuoted {
                if character == "\"" {
                    words.append(.text(word))
                    word = ""
                    isQuoted = false
                } else {
                    word.append(character)
                }
            } else if character == "(" {
                depth += 1
            } else if character == ")", depth > 0 {
                depth -= 1
            } else if depth > 0 {
                continue
            } else if character == "\"" || character.isWhitespace || marks.contains(character) {
                if !word.isEmpty { words.append(.text(word)) }
                word = ""
                if character == "\"" { isQuoted = true }
                if marks.contains(character) { words.append(.mark(character)) }
            } else {
                word.append(character)
            }
        }
        if !word.isEmpty { words.append(.text(word)) }
    }
}

/// A `Content-Type` field (RFC 2045, section 5.1).
struct ContentType {
    /// Type and subtype in small letters: `multipart/report`.
    var name = "text/plain"
    private var parameters: [(name: String, value: String)] = []

    /// Reads a field; what can't be read is plain text.
    init(_ value: String?) {
        guard let value else { return }
        let words = MailWords(value, marks: [";", "="]).words
        if case .text(let text)? = words.first { name = text.lowercased() }
        for (index, word) in words.enumerated() where word == .mark("=") {
            guard index > 0, index + 1 < words.count, case .text(let name) = words[index - 1],
                case .text(let value) = words[index + 1]
            else { continue }
            parameters.append((name.lowercased(), value))
        }
    }

    /// The value of a parameter; nil where there is none.
    subscript(parameter: String) -> String? {
        parameters.first { $0.name == parameter }?.value
    }
}
