/// The offset of the first byte that is not part of well-formed UTF-8, or nil where all is well.
///
/// Overlong forms, surrogates and what lies beyond U+10FFFF are malformed (Unicode, table 3-7).
public func firstMalformedUTF8(_ bytes: Span<UInt8>) -> Int? {
    var offset = 0
    while offset < bytes.count {
        if bytes.count - offset >= 8, isASCII(wordAt(offset, bytes)) {
            offset += 8
            continue
        }
        let length = scalarLength(at: offset, bytes)
        if length == 0 { return offset }
        offset += length
    }
    return nil
}

/// How many bytes the well-formed UTF-8 scalar at an offset takes, or 0 where there is none.
func scalarLength(at offset: Int, _ bytes: Span<UInt8>) -> Int {
    let lead = bytes[offset]
    if lead < 0x80 { return 1 }
    let rest = bytes.count - offset - 1
    var low: UInt8 = 0x80
    var high: UInt8 = 0xbf
    let length: Int
    switch lead {
    case 0xc2...0xdf: length = 2
    case 0xe0...0xef:
        length = 3
        if lead == 0xe0 { low = 0xa0 }
        if lead == 0xed { high = 0x9f }
    case 0xf0...0xf4:
        length = 4
        if lead == 0xf0 { low = 0x90 }
        if lead == 0xf4 { high = 0x8f }
    default: return 0
    }
    guard rest >= length - 1, bytes[offset + 1] >= low, bytes[offset + 1] <= high else { return 0 }
    for index in 2..<max(length, 2) where bytes[offset + index] & 0xc0 != 0x80 { return 0 }
    return length
}

/// Eight bytes as one number, the first byte lowest; they must lie within the span.
@inline(__always)
func wordAt(_ offset: Int, _ bytes: Span<UInt8>) -> UInt64 {
    UInt64(
        littleEndian: bytes.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
    )
}

/// Whether all eight bytes are below 0x80.
@inline(__always)
func isASCII(_ word: UInt64) -> Bool {
    word & 0x8080_8080_8080_8080 == 0
}
