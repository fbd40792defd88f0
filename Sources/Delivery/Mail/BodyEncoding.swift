import Wire

/// How a part's text becomes lines that every mail server passes on unchanged (RFC 2045).
enum BodyEncoding {
    case quotedPrintable, base64

    /// The shorter of the two for a text; quoted-printable where both are alike, as people can read it.
    static func best(for text: [UInt8]) -> BodyEncoding {
        let escaped = text.count { $0 >= 0x7f || $0 == UInt8(ascii: "=") }
        return escaped * 2 * 3 <= text.count ? .quotedPrintable : .base64
    }

    /// The word in the header.
    var word: StaticString {
        switch self {
        case .quotedPrintable: "quoted-printable"
        case .base64: "base64"
        }
    }

    /// The encoded text: lines of at most 76 bytes, each ended by CR LF.
    func encode(_ text: [UInt8]) -> [UInt8] {
        switch self {
        case .quotedPrintable: Self.quotedPrintable(text)
        case .base64: Self.base64(text)
        }
    }

    /// A text with every line end, CR LF, CR or LF, made CR LF, and one at its end.
    static func normalized(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        var previous: UInt8 = 0
        for byte in text.utf8 {
            if byte == 10 || byte == 13 {
                if !(byte == 10 && previous == 13) { bytes.append(ascii: "\r\n") }
            } else {
                bytes.append(byte)
            }
            previous = byte
        }
        if !bytes.isEmpty, bytes.last != 10 { bytes.append(ascii: "\r\n") }
        return bytes
    }

    private static func base64(_ text: [UInt8]) -> [UInt8] {
        var lines: [UInt8] = []
        for start in stride(from: 0, to: text.count, by: 57) {
            lines.append(contentsOf: Base64.encode(text[start..<min(start + 57, text.count)]))
            lines.append(ascii: "\r\n")
        }
        return lines
    }

    private static func quotedPrintable(_ text: [UInt8]) -> [UInt8] {
        var lines: [UInt8] = []
        var lineStart = 0
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte == 13, index + 1 < text.count, text[index + 1] == 10 {
                lines.append(ascii: "\r\n")
                lineStart = lines.count
                index += 2
                continue
            }
            let endsLine = index + 1 < text.count && text[index + 1] == 13
            let isEscaped = mustEscape(
                byte, startsLine: lines.count == lineStart, endsLine: endsLine,
                rest: text[index...])
            // The last column is the soft line break's; a line's last character may take it.
            let width = isEscaped ? 3 : 1
            if lines.count - lineStart + width > (endsLine ? 76 : 75) {
                lines.append(ascii: "=\r\n")
                lineStart = lines.count
                continue
            }
            if isEscaped {
                lines.append(UInt8(ascii: "="))
                lines.append(hexadecimal: byte)
            } else {
                lines.append(byte)
            }
            index += 1
        }
        return lines
    }

    /// Whether a byte cannot stand for itself: not printable, a blank at a line's end, a dot or
    /// `From ` at a line's start, which some servers and mailboxes change.
    private static func mustEscape(
        _ byte: UInt8, startsLine: Bool, endsLine: Bool, rest: ArraySlice<UInt8>
    ) -> Bool {
        switch byte {
        case UInt8(ascii: "="): true
        case UInt8(ascii: " "), 9: endsLine
        case UInt8(ascii: "."): startsLine
        case UInt8(ascii: "F"): startsLine && rest.starts(with: "From ".utf8)
        case 0x21...0x7e: false
        default: true
        }
    }
}

extension [UInt8] {
    /// Appends a byte as two capital hexadecimal digits.
    fileprivate mutating func append(hexadecimal byte: UInt8) {
        let digits = Array("0123456789ABCDEF".utf8)
        append(digits[Int(byte >> 4)])
        append(digits[Int(byte & 15)])
    }
}
