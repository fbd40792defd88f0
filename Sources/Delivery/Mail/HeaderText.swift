import Wire

/// What people wrote, made fit for a header (RFC 5322, 2047): one logical line that cannot begin another header.
///
/// Controls, line ends among them, become blanks: a stray line end in a name is no reason not to write to somebody.
enum HeaderText {
    /// Longest line that is written where there is a choice (RFC 5322 section 2.1.1).
    private static let lineMax = 76
    /// Bytes in one encoded word, such that `=?UTF-8?B?…?=` has at most 75 characters.
    private static let wordBytesMax = 45

    /// A text with its controls made blanks.
    static func cleaned(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { result.append(isControl(scalar) ? " " : scalar) }
        return String(result)
    }

    /// Appends `Name: text` and a line end, folded, with encoded words where plain ones cannot say it.
    static func append(
        _ name: StaticString, unstructured text: String, to bytes: inout [UInt8]
    ) {
        let start = bytes.count
        bytes.append(ascii: name)
        bytes.append(ascii: ": ")
        append(phrase: Array(cleaned(text).utf8), isQuotable: false, lineStart: start, to: &bytes)
        bytes.append(ascii: "\r\n")
    }

    /// Appends `Name: "Display name" <address>` and a line end.
    static func append(
        _ name: StaticString, mailbox: Mailbox, address: MailAddress, to bytes: inout [UInt8]
    ) {
        let start = bytes.count
        bytes.append(ascii: name)
        bytes.append(ascii: ": ")
        let display = Array(cleaned(mailbox.name ?? "").utf8)
        if display.allSatisfy({ $0 == UInt8(ascii: " ") }) {
            bytes.append(contentsOf: address.text.utf8)
        } else {
            append(phrase: display, isQuotable: true, lineStart: start, to: &bytes)
            append(unbroken: "<\(address.text)>", to: &bytes)
        }
        bytes.append(ascii: "\r\n")
    }

    /// Appends `Name: token` and a line end, folded before a token that is too long for the line.
    ///
    /// - Parameters:
    ///   - name: The header's name.
    ///   - token: Printable ASCII without blanks.
    ///   - bytes: What it is appended to.
    static func append(_ name: StaticString, token: String, to bytes: inout [UInt8]) {
        bytes.append(ascii: name)
        bytes.append(ascii: ":")
        append(unbroken: token, to: &bytes)
        bytes.append(ascii: "\r\n")
    }

    /// Appends a blank and a token: in a new line where the one at the end has no room for it.
    private static func append(unbroken token: String, to bytes: inout [UInt8]) {
        let lineStart = bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let isTooLong = bytes.count - lineStart + 1 + token.utf8.count > lineMax
        bytes.append(ascii: isTooLong ? "\r\n " : " ")
        bytes.append(contentsOf: token.utf8)
    }

    /// Appends words: as they are where that is safe, else as encoded words.
    private static func append(
        phrase: [UInt8], isQuotable: Bool, lineStart: Int, to bytes: inout [UInt8]
    ) {
        if isPlain(phrase), !isQuotable || phrase.count <= lineMax - 10 {
            if isQuotable, !phrase.allSatisfy({ isAtomByte($0) || $0 == UInt8(ascii: " ") }) {
                bytes.append(contentsOf: quoted(phrase))
            } else {
                append(plain: phrase, lineStart: lineStart, to: &bytes)
            }
        } else {
            append(encoded: phrase, to: &bytes)
        }
    }

    /// Whether a text says the same unencoded: printable ASCII in words that fit a line, single blanks
    /// between them, and nothing that looks like an encoded word.
    private static func isPlain(_ text: [UInt8]) -> Bool {
        guard text.allSatisfy({ (0x20...0x7e).contains($0) }) else { return false }
        let words = text.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        return words.allSatisfy { word in
            (1...60).contains(word.count) && !word.starts(with: "=?".utf8)
        }
    }

    private static func append(plain text: [UInt8], lineStart: Int, to bytes: inout [UInt8]) {
        var lineStart = lineStart
        for (index, word) in text.split(separator: UInt8(ascii: " ")).enumerated() {
            if index > 0 {
                if bytes.count - lineStart + 1 + word.count > lineMax {
                    bytes.append(ascii: "\r\n")
                    lineStart = bytes.count
                }
                bytes.append(UInt8(ascii: " "))
            }
            bytes.append(contentsOf: word)
        }
    }

    private static func append(encoded text: [UInt8], to bytes: inout [UInt8]) {
        var rest = text[...]
        // The first stands beside the header's name, so it must be shorter.
        var room = wordBytesMax - 9
        while !rest.isEmpty {
            var end = min(rest.startIndex + room, rest.endIndex)
            // A character is never divided between two words.
            while end < rest.endIndex, rest[end] & 0xc0 == 0x80 { end -= 1 }
            if rest.startIndex > text.startIndex { bytes.append(ascii: "\r\n ") }
            bytes.append(ascii: "=?UTF-8?B?")
            bytes.append(contentsOf: Base64.encode(rest[..<end]))
            bytes.append(ascii: "?=")
            rest = rest[end...]
            room = wordBytesMax
        }
    }
}
