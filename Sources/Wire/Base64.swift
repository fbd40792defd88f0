/// Base 64 as RFC 4648 section 4 has it: records in exports, bodies and headers of mails, signatures.
public enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// The text of some bytes, padded with `=`.
    public static func encode(_ bytes: some Collection<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        let copy = Array(bytes)
        text.append(base64: copy.span)
        return text
    }

    /// The bytes of a text; padding may be missing.
    ///
    /// - Returns: Nil where it is not base 64.
    public static func decode(_ text: some BidirectionalCollection<UInt8>) -> [UInt8]? {
        let padding = text.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard padding <= 2 else { return nil }
        var digits = Digits()
        for character in text.dropLast(padding) {
            guard let value = value(of: character) else { return nil }
            digits.append(value)
        }
        return digits.isWhole ? digits.bytes : nil
    }

    /// The bytes of a mail's body: what is no digit is passed over, and padding ends it (RFC 2045, section 6.8).
    public static func decodeBody(_ text: some Collection<UInt8>) -> [UInt8] {
        var digits = Digits()
        for character in text {
            if character == UInt8(ascii: "=") { break }
            if let value = value(of: character) { digits.append(value) }
        }
        return digits.bytes
    }

    private static func value(of character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character) - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character) - 71
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character) + 4
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }

    fileprivate static func digit(_ value: UInt32) -> UInt8 { alphabet[Int(value & 63)] }

    /// Digits of six bits, put together to bytes.
    private struct Digits {
        var bytes: [UInt8] = []
        private var bits: UInt32 = 0
        private var bitCount: UInt32 = 0

        /// Whether no digit is left that belongs to no byte.
        var isWhole: Bool { bitCount != 6 }

        mutating func append(_ value: UInt32) {
            bits = (bits << 6 | value) & 0xffff
            bitCount += 6
            guard bitCount >= 8 else { return }
            bitCount -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> bitCount))
        }
    }
}

extension [UInt8] {
    /// Appends bytes in base 64, padded with `=`.
    public mutating func append(base64 bytes: Span<UInt8>) {
        var bits: UInt32 = 0
        var bitCount: UInt32 = 0
        for index in bytes.indices {
            bits = bits << 8 | UInt32(bytes[index])
            bitCount += 8
            while bitCount >= 6 {
                bitCount -= 6
                append(Base64.digit(bits >> bitCount))
            }
        }
        guard bitCount > 0 else { return }
        append(Base64.digit(bits << (6 - bitCount)))
        append(contentsOf: repeatElement(UInt8(ascii: "="), count: Int(6 - bitCount) / 2))
    }
}
