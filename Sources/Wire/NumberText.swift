import Core

/// The largest power of ten, either way, that a decimal read from text may have.
let decimalExponentMax = 1_000_000

/// Finds the end of a number in JSON's grammar that begins at an offset.
///
/// - Returns: The end of the number, or the first byte that does not fit.
func scanNumber(_ bytes: Span<UInt8>, from start: Int) -> (end: Int, isValid: Bool) {
    var offset = start
    let count = bytes.count
    if offset < count, bytes[offset] == UInt8(ascii: "-") { offset += 1 }
    guard offset < count, isDigit(bytes[offset]) else { return (offset, false) }
    if bytes[offset] == UInt8(ascii: "0") {
        offset += 1
        if offset < count, isDigit(bytes[offset]) { return (offset, false) }
    } else {
        while offset < count, isDigit(bytes[offset]) { offset += 1 }
    }
    if offset < count, bytes[offset] == UInt8(ascii: ".") {
        offset += 1
        guard offset < count, isDigit(bytes[offset]) else { return (offset, false) }
        while offset < count, isDigit(bytes[offset]) { offset += 1 }
    }
    if offset < count, bytes[offset] | 0x20 == UInt8(ascii: "e") {
        offset += 1
        if offset < count,
            bytes[offset] == UInt8(ascii: "+") || bytes[offset] == UInt8(ascii: "-")
        {
            offset += 1
        }
        guard offset < count, isDigit(bytes[offset]) else { return (offset, false) }
        while offset < count, isDigit(bytes[offset]) { offset += 1 }
    }
    return (offset, true)
}

/// The value of a whole text in JSON's number grammar.
///
/// - Returns: nil where it is no such number, or beyond 10^±1,000,000.
public func parseDecimal(_ text: Span<UInt8>) -> Decimal? {
    let scan = scanNumber(text, from: 0)
    guard scan.isValid, scan.end == text.count else { return nil }
    return decimal(of: text)
}

/// The value of a text that is a JSON number; nil beyond 10^±1,000,000.
func decimal(of text: Span<UInt8>) -> Decimal? {
    let parts = NumberParts(text)
    guard let first = parts.digits.first(where: { $0 != 0 }), first != 0 else {
        return Decimal(isNegative: false, digits: [], power: 0)
    }
    guard let power = parts.power, abs(power) <= 4 * decimalExponentMax else { return nil }
    let decimal = Decimal(isNegative: parts.isNegative, digits: parts.digits, power: power)
    return abs(Int(decimal.exponent)) <= decimalExponentMax ? decimal : nil
}

/// A JSON number taken apart: `digits` × 10^`power`.
struct NumberParts {
    var isNegative = false
    var digits: [UInt8] = []
    /// The power of ten of the last digit; nil where it is beyond 10^16 or so.
    var power: Int? = 0

    /// Takes a text apart that is known to be a JSON number.
    init(_ text: Span<UInt8>) {
        var fraction = 0
        var inFraction = false
        var exponent = 0
        var exponentIsNegative = false
        var inExponent = false
        for index in text.indices {
            let byte = text[index]
            switch byte {
            case UInt8(ascii: "-"):
                if inExponent { exponentIsNegative = true } else { isNegative = true }
            case UInt8(ascii: "."): inFraction = true
            case UInt8(ascii: "e"), UInt8(ascii: "E"): inExponent = true
            case UInt8(ascii: "+"): break
            default:
                let digit = byte - UInt8(ascii: "0")
                if inExponent {
                    exponent = min(exponent * 10 + Int(digit), 10_000_000_000_000_000)
                } else {
                    digits.append(digit)
                    if inFraction { fraction += 1 }
                }
            }
        }
        guard exponent < 10_000_000_000_000_000 else {
            power = nil
            return
        }
        power = (exponentIsNegative ? -exponent : exponent) - fraction
    }
}

/// Whether a byte is a decimal digit.
@inline(__always)
func isDigit(_ byte: UInt8) -> Bool {
    byte &- UInt8(ascii: "0") < 10
}
