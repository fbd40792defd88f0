/// An exact decimal number of any length, for comparing attributes and properties (SPEC 4).
///
/// Kept in one canonical form, so that equal values have equal parts: no leading or trailing zeros
/// in `digits`, and zero is the empty digit list. The value is 0.d₁d₂d₃… × 10^`exponent`.
public struct Decimal: Hashable, Comparable, Sendable {
    /// Whether the number is below zero.
    public let isNegative: Bool
    /// The significant digits 0...9, the first and the last of them not 0.
    public let digits: [UInt8]
    /// The power of ten of the fraction that `digits` writes.
    public let exponent: Int32

    /// Makes the canonical form of `digits` × 10^`power`, where the last digit counts units.
    ///
    /// - Parameters:
    ///   - isNegative: Whether the number is below zero; zero never is.
    ///   - digits: Digits 0...9, the most significant first; zeros at both ends are dropped.
    ///   - power: The power of ten of the last digit; at most a few million either way.
    public init(isNegative: Bool, digits: [UInt8], power: Int) {
        var first = 0
        var last = digits.count
        while first < last, digits[first] == 0 { first += 1 }
        while last > first, digits[last - 1] == 0 { last -= 1 }
        self.digits = Array(digits[first..<last])
        self.isNegative = isNegative && first < last
        exponent = first < last ? Int32(clamping: power + digits.count - first) : 0
    }

    /// Makes a decimal of a whole number.
    public init(_ value: Int) {
        var digits: [UInt8] = []
        var rest = value.magnitude
        while rest > 0 {
            digits.append(UInt8(rest % 10))
            rest /= 10
        }
        self.init(isNegative: value < 0, digits: digits.reversed(), power: 0)
    }

    /// Whether the left number is smaller.
    public static func < (left: Decimal, right: Decimal) -> Bool {
        let leftSign = left.sign
        let rightSign = right.sign
        if leftSign != rightSign { return leftSign < rightSign }
        let order = left.magnitudeOrder(to: right)
        return leftSign < 0 ? order > 0 : order < 0
    }

    private var sign: Int { digits.isEmpty ? 0 : (isNegative ? -1 : 1) }

    private func magnitudeOrder(to other: Decimal) -> Int {
        if exponent != other.exponent { return exponent < other.exponent ? -1 : 1 }
        if digits == other.digits { return 0 }
        return digits.lexicographicallyPrecedes(other.digits) ? -1 : 1
    }

    /// The value in millionths, where it has one.
    ///
    /// - Parameter limit: The largest magnitude in millionths that fits.
    /// - Returns: Nil where the number has more than 6 decimal places or does not fit.
    public func millionths(limit: Int128) -> Int128? {
        guard !digits.isEmpty else { return 0 }
        let decimals = digits.count - Int(exponent)
        guard decimals <= 6, exponent <= 25 else { return nil }
        var value: Int128 = 0
        for digit in digits { value = value * 10 + Int128(digit) }
        for _ in 0..<(6 - decimals) { value *= 10 }
        guard value <= limit else { return nil }
        return isNegative ? -value : value
    }
}

extension Decimal: CustomStringConvertible {
    /// Plain notation where it is short, else an exponent: always a JSON number.
    public var description: String {
        guard !digits.isEmpty else { return "0" }
        let text = digits.map { String($0) }.joined()
        let sign = isNegative ? "-" : ""
        let point = Int(exponent)
        if point > 40 || point < -40 || digits.count > point + 60 && point < -20 {
            return "\(sign)\(text)e\(point - digits.count)"
        }
        if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + text }
        if point >= digits.count {
            return sign + text + String(repeating: "0", count: point - digits.count)
        }
        return sign + text.prefix(point) + "." + text.dropFirst(point)
    }
}
