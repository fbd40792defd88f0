/// Finds the id of a send (SPEC 5) in what mail servers and providers give back of a mail.
enum SendReference {
    private static let idBytes = 30

    /// The first id of a send in a text: `snd_` and 26 digits of Crockford's base 32.
    ///
    /// A mail's `Message-ID` is `<snd_…@domain>` (SPEC 10); what stands around the id does not matter.
    static func find(in text: some Collection<UInt8>) -> [UInt8]? {
        let bytes = Array(text)
        guard bytes.count >= idBytes else { return nil }
        for start in 0...(bytes.count - idBytes) where bytes[start] == UInt8(ascii: "s") {
            let id = bytes[start..<(start + idBytes)]
            let end = start + idBytes
            if id.starts(with: "snd_".utf8), id.dropFirst(4).allSatisfy(isDigit),
                end == bytes.count || !isWordByte(bytes[end]),
                start == 0 || !isWordByte(bytes[start - 1])
            {
                return Array(id)
            }
        }
        return nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "i"), UInt8(ascii: "l"), UInt8(ascii: "o"), UInt8(ascii: "u"): false
        case UInt8(ascii: "a")...UInt8(ascii: "z"): true
        default: false
        }
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte | 0x20 {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
        default: byte == UInt8(ascii: "_")
        }
    }
}
