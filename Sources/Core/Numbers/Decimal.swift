/// An exact decimal number of any length, for comparing attributes and properties (SPEC 4).
///
/// Kept in one canonical form, so that equal values have equal parts: no leading or trailing zeros
/// in `digits`, and zero is the empty digit list. The value is 0.d₁d₂d₃… × 10^`exponent`.
public struct Decimal: Hashable, Comparable, Sendable {
    /// Nearly all numbers fit one word; each number is in the first form that can hold it.
    private enum Form: Hashable {
        case short(ShortDecimal)
        indirect case long(isNegative: Bool, digits: [UInt8], exponent: Int32)
    }

    private let form: Form

    /// Makes the canonical form of `digits` × 10^`power`, where the last digit counts units.
    ///
    /// - Parameters:
    ///   - isNegative: Whether the number is below zero; zero never is.
    ///   - digits: Digits 0...9, the most significant first; zeros at both ends are dropped.
    ///   - power: The power of ten of the last digit; at most a few million either way.
    public init(isNegative: Bool, digits: Span<UInt8>, power: Int) {
        var first = 0
        var last = digits.count
        while first < last, digits[first] == 0 { first += 1 }
        while last > first, digits[last - 1] == 0 { last -= 1 }
        guard first < last else {
            form = .short(.zero)
            return
        }
        let exponent = Int32(clamping: power + digits.count - first)
        if last - first <= ShortDecimal.digitsMax {
            var significand: UInt64 = 0
            for index in first..<last { significand = significand * 10 + UInt64(digits[index]) }
            if let short = ShortDecimal(
                isNegative: isNegative, significand, digits: last - first, exponent: exponent)
            {
                form = .short(short)
                return
            }
        }
        var kept: [UInt8] = []
        for index in first..<last { kept.append(digits[index]) }
        form = .long(isNegative: isNegative, digits: kept, exponent: exponent)
    }

    /// Makes the canonical form of `digits` × 10^`power`, where the last digit counts units.
    public init(isNegative: Bool, digits: [UInt8], power: Int) {
        self.init(isNegative: isNegative, digits: digits.span, power: power)
    }

    /// Makes a decimal of a whole number times a power of ten, at most a few million either way.
    public init(_ value: Int64, power: Int = 0) {
        var significand = value.magnitude
        var power = power
        while significand > 0, significand % 10 == 0 {
            significand /= 10
            power += 1
        }
        let count = significand.decimalDigits
        let short = ShortDecimal(
            isNegative: value < 0, significand, digits: count,
            exponent: Int32(clamping: power + count))
        if significand == 0 {
            self.init(.short(.zero))
        } else if let short {
            self.init(.short(short))
        } else {
            var digits: [UInt8] = []
            significand.appendDigits(to: &digits)
            self.init(isNegative: value < 0, digits: digits, power: power)
        }
    }

    private init(_ form: Form) {
        self.form = form
    }

    /// Whether the number is below zero.
    public var isNegative: Bool {
        switch form {
        case .short(let short): short.isNegative
        case .long(let isNegative, _, _): isNegative
        }
    }

    /// The power of ten of the fraction that `digits` writes.
    public var exponent: Int32 {
        switch form {
        case .short(let short): short.exponent
        case .long(_, _, let exponent): exponent
        }
    }

    /// The significant digits 0...9, the first and the last of them not 0.
    public var digits: [UInt8] {
        var digits: [UInt8] = []
        appendDigits(to: &digits)
        return digits
    }

    /// How many digits there are.
    public var digitCount: Int {
        switch form {
        case .short(let short): short.significand.decimalDigits
        case .long(_, let digits, _): digits.count
        }
    }

    /// Appends `digits`.
    public func appendDigits(to list: inout [UInt8]) {
        switch form {
        case .short(let short): short.significand.appendDigits(to: &list)
        case .long(_, let digits, _): list.append(contentsOf: digits)
        }
    }

    /// Whether the number is 0.
    public var isZero: Bool { form == .short(.zero) }

    /// Whether the left number is smaller.
    public static func < (left: Decimal, right: Decimal) -> Bool {
        let leftSign = left.sign
        let rightSign = right.sign
        if leftSign != rightSign { return leftSign < rightSign }
        let order = left.magnitudeOrder(to: right)
        return leftSign < 0 ? order > 0 : order < 0
    }

    private var sign: Int { isZero ? 0 : (isNegative ? -1 : 1) }

    private func magnitudeOrder(to other: Decimal) -> Int {
        if form == other.form { return 0 }
        if exponent != other.exponent { return exponent < other.exponent ? -1 : 1 }
        if case .short(let own) = form, case .short(let its) = other.form {
            return own.aligned < its.aligned ? -1 : own.aligned > its.aligned ? 1 : 0
        }
        return digits.lexicographicallyPrecedes(other.digits) ? -1 : 1
    }

    /// The value in millionths, where it has one.
    ///
    /// - Parameter limit: The largest magnitude in millionths that fits.
    /// - Returns: Nil where the number has more than 6 decimal places or does not fit.
    public func millionths(limit: Int128) -> Int128? {
        let digits = digits
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
        guard !isZero else { return "0" }
        let digits = digits
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
