/// Whether some YAML reads an unquoted scalar as a number: 1.1, 1.2 or what is common beside them.
///
/// That is more than JSON's grammar: `.5`, `5.`, `+5`, `010`, `0x1F`, `1_000` and `.inf` too. The
/// numbers to base 60 of YAML 1.1 are none here: whoever writes `12:30:45` means a time of day.
func isNumberInYAML(_ text: String) -> Bool {
    var rest = text[...]
    if rest.hasPrefix("+") || rest.hasPrefix("-") { rest.removeFirst() }
    if [".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"].contains(rest) { return true }
    let bases = [("0b", "01"), ("0o", "01234567"), ("0x", "0123456789abcdefABCDEF")]
    for (prefix, digits) in bases where rest.hasPrefix(prefix) {
        let places = rest.dropFirst(2)
        return places.contains(where: digits.contains)
            && places.allSatisfy { digits.contains($0) || $0 == "_" }
    }
    let parts = rest.split(
        maxSplits: 1, omittingEmptySubsequences: false, whereSeparator: { "eE".contains($0) })
    return isMantissa(parts[0]) && (parts.count == 1 || isExponent(parts[1]))
}

/// Digits with at most one point among them, and underscores behind the first digit.
private func isMantissa(_ text: Substring) -> Bool {
    var hasDigit = false
    var hasPoint = false
    for character in text {
        switch character {
        case "0"..."9": hasDigit = true
        case "_" where hasDigit: break
        case "." where !hasPoint: hasPoint = true
        default: return false
        }
    }
    return hasDigit
}

private func isExponent(_ text: Substring) -> Bool {
    let digits = text.hasPrefix("+") || text.hasPrefix("-") ? text.dropFirst() : text
    return !digits.isEmpty && digits.allSatisfy { ("0"..."9").contains($0) }
}
