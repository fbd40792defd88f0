/// A decimal number without rounding: whole units of 10⁻¹², up to about 10²⁶ either way.
///
/// Amounts have 6 decimals and twelve digits before the point, so sums of any realistic number of
/// them fit. Digits beyond the twelfth decimal are cut off and values beyond the range held at its
/// end; neither occurs in what the tests compare.
public struct Exact: Hashable, Comparable, Sendable {
    private var units: Int128

    /// Nothing.
    public static let zero = Exact(0)

    /// A whole number.
    public init(_ whole: Int) {
        units = Int128(whole) * Exact.one
    }

    private static let one: Int128 = 1_000_000_000_000
    private static let limit: Int128 = one * one * 100_000_000_000_000

    /// Reads a number in JSON's grammar, exponent included; nil for anything else.
    public init?(_ text: String) {
        var bytes = Array(text.utf8)[...]
        let isNegative = bytes.first == UInt8(ascii: "-")
        if isNegative { bytes.removeFirst() }
        var digits: [Int128] = []
        var decimals = 0
        func takeDigits() -> Int {
            var count = 0
            while let byte = bytes.first, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
                digits.append(Int128(byte - UInt8(ascii: "0")))
                bytes.removeFirst()
                count += 1
            }
            return count
        }
        guard takeDigits() > 0 else { return nil }
        if digits.count > 1, digits[0] == 0 { return nil }
        if bytes.first == UInt8(ascii: ".") {
            bytes.removeFirst()
            decimals = takeDigits()
            guard decimals > 0 else { return nil }
        }
        var exponent = 0
        if bytes.first == UInt8(ascii: "e") || bytes.first == UInt8(ascii: "E") {
            bytes.removeFirst()
            var text = String(decoding: bytes, as: UTF8.self)
            if text.hasPrefix("+") { text.removeFirst() }
            guard let value = Int(text) else { return nil }
            exponent = value
            bytes = []
        }
        guard bytes.isEmpty else { return nil }

        // Value = digits × 10^(exponent - decimals); in units that is 12 places more.
        var places = 12 + exponent - decimals
        while places < 0, !digits.isEmpty {
            digits.removeLast()
            places += 1
        }
        var value: Int128 = 0
        for digit in digits {
            value = min(value * 10 + digit, Exact.limit)
        }
        while places > 0, value > 0, value < Exact.limit {
            value *= 10
            places -= 1
        }
        value = min(value, Exact.limit)
        units = isNegative ? -value : value
    }

    /// The exact sum.
    public static func + (left: Exact, right: Exact) -> Exact {
        var sum = left
        sum.units += right.units
        return sum
    }

    /// The exact difference.
    public static func - (left: Exact, right: Exact) -> Exact {
        var difference = left
        difference.units -= right.units
        return difference
    }

    /// The order of the values.
    public static func < (left: Exact, right: Exact) -> Bool {
        left.units < right.units
    }
}
