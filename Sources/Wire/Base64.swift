extension [UInt8] {
    /// Appends bytes in base64 (RFC 4648, section 4), with padding.
    public mutating func append(base64 bytes: Span<UInt8>) {
        var index = 0
        while index < bytes.count {
            let left = Swift.min(3, bytes.count - index)
            var group: UInt32 = 0
            for offset in 0..<3 {
                group = group << 8 | (offset < left ? UInt32(bytes[index + offset]) : 0)
            }
            for digit in 0..<4 {
                append(
                    digit <= left
                        ? Self.base64Digit(UInt8(group >> UInt32(18 - 6 * digit) & 63))
                        : UInt8(ascii: "="))
            }
            index += 3
        }
    }

    private static func base64Digit(_ value: UInt8) -> UInt8 {
        switch value {
        case 0..<26: UInt8(ascii: "A") + value
        case 26..<52: UInt8(ascii: "a") + value - 26
        case 52..<62: UInt8(ascii: "0") + value - 52
        case 62: UInt8(ascii: "+")
        default: UInt8(ascii: "/")
        }
    }
}
