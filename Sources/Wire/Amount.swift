import Core

/// An amount or a count would not fit from here on: 10^12 in millionths, and 10^15.
private let amountLimit: Int64 = 1_000_000_000_000_000_000
private let countMax: Int64 = 1_000_000_000_000_000

/// Reads an amount in JSON's number grammar as millionths, exactly (SPEC 2).
///
/// - Parameter text: The whole text of a number, or of a decimal string.
/// - Returns: nil unless it is a number, not negative, below 10^12, and without a seventh decimal
///   place other than 0.
public func parseAmount(_ text: Span<UInt8>) -> Int64? {
    if let plain = plainMillionths(text) { return plain }
    guard let decimal = parseDecimal(text),
        let value = decimal.millionths(limit: Int128(amountLimit) - 1), value >= 0
    else { return nil }
    return Int64(value)
}

/// Reads a count: a whole number by value, from 1 to 10^15, in JSON's number grammar (SPEC 2).
///
/// - Parameter text: The whole text of a number.
public func parseCount(_ text: Span<UInt8>) -> Int64? {
    guard let decimal = parseDecimal(text),
        let value = decimal.millionths(limit: Int128(countMax) * 1_000_000),
        value >= 1_000_000, value % 1_000_000 == 0
    else { return nil }
    return Int64(value / 1_000_000)
}

/// Digits with at most six decimals and neither sign nor exponent: nearly every amount.
private func plainMillionths(_ text: Span<UInt8>) -> Int64? {
    let count = text.count
    var offset = 0
    var value: Int64 = 0
    while offset < count, offset < 12, isDigit(text[offset]) {
        value = value * 10 + Int64(text[offset] &- 0x30)
        offset += 1
    }
    guard offset > 0, offset == 1 || text[0] != UInt8(ascii: "0") else { return nil }
    value *= 1_000_000
    if offset == count { return value }
    guard text[offset] == UInt8(ascii: ".") else { return nil }
    offset += 1
    guard offset < count, count - offset <= 6 else { return nil }
    var unit: Int64 = 100_000
    while offset < count {
        guard isDigit(text[offset]) else { return nil }
        value += Int64(text[offset] &- 0x30) * unit
        unit /= 10
        offset += 1
    }
    return value
}
