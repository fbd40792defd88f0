/// Whether well-formed UTF-8 contains a control character: U+0000–001F or U+007F–009F.
func hasControlCharacter(_ text: Span<UInt8>) -> Bool {
    for index in text.indices {
        let byte = text[index]
        if byte < 0x20 || byte == 0x7f { return true }
        if byte == 0xc2, index + 1 < text.count, text[index + 1] < 0xa0 { return true }
    }
    return false
}

/// Whether a text is a name or id (SPEC 2): 1 to 255 bytes of UTF-8 without control characters.
public func isName(_ text: Span<UInt8>) -> Bool {
    (1...255).contains(text.count) && firstMalformedUTF8(text) == nil
        && !hasControlCharacter(text)
}

/// Whether well-formed UTF-8 has one `@` and no blanks.
func isAddress(_ text: Span<UInt8>) -> Bool {
    var signs = 0
    for index in text.indices {
        switch text[index] {
        case UInt8(ascii: "@"): signs += 1
        case UInt8(ascii: " "): return false
        case 0xc2, 0xe1, 0xe2, 0xe3: if isBlank(text, at: index) { return false }
        default: break
        }
    }
    return signs == 1
}

/// Whether one of Unicode's blanks beyond ASCII begins here (property White_Space).
private func isBlank(_ text: Span<UInt8>, at index: Int) -> Bool {
    if text[index] == 0xc2 { return text[index + 1] == 0xa0 }
    switch (text[index], text[index + 1], text[index + 2]) {
    case (0xe1, 0x9a, 0x80), (0xe2, 0x81, 0x9f), (0xe3, 0x80, 0x80): return true
    case (0xe2, 0x80, 0x80...0x8a), (0xe2, 0x80, 0xa8), (0xe2, 0x80, 0xa9), (0xe2, 0x80, 0xaf):
        return true
    default: return false
    }
}
