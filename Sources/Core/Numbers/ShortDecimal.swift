/// A decimal of few digits in one word: a significand of 54 bits, an exponent of 9 and a sign.
struct ShortDecimal: Hashable {
    /// More digits do not fit.
    static let digitsMax = 16
    private static let exponents: ClosedRange<Int32> = -256...255

    /// Zero, which has no digits.
    static let zero = ShortDecimal(word: 256 << 1)

    private let word: UInt64

    private init(word: UInt64) {
        self.word = word
    }

    /// Makes it of its parts; nil where they don't fit.
    ///
    /// - Parameters:
    ///   - isNegative: Whether the number is below zero.
    ///   - significand: The digits as a whole number, the last of them not 0.
    ///   - digits: How many digits there are.
    ///   - exponent: The power of ten of the fraction that the digits write.
    init?(isNegative: Bool, _ significand: UInt64, digits: Int, exponent: Int32) {
        guard digits <= Self.digitsMax, Self.exponents.contains(exponent) else { return nil }
        word = significand << 10 | UInt64(exponent + 256) << 1 | (isNegative ? 1 : 0)
    }

    var significand: UInt64 { word >> 10 }
    var exponent: Int32 { Int32(word >> 1 & 511) - 256 }
    var isNegative: Bool { word & 1 == 1 }

    /// The significand with zeros behind it up to the most digits: of two with one exponent the larger is larger.
    var aligned: UInt64 {
        var aligned = significand
        while aligned > 0, aligned < 1_000_000_000_000_000 { aligned *= 10 }
        return aligned
    }
}

extension UInt64 {
    /// How many decimal digits the number has; none where it is 0.
    var decimalDigits: Int {
        var count = 0
        var rest = self
        while rest > 0 {
            count += 1
            rest /= 10
        }
        return count
    }

    /// Appends the decimal digits 0...9, none where the number is 0.
    func appendDigits(to digits: inout [UInt8]) {
        var place: UInt64 = 1
        while self / place > 9 { place *= 10 }
        guard self > 0 else { return }
        while place > 0 {
            digits.append(UInt8(truncatingIfNeeded: self / place % 10))
            place /= 10
        }
    }
}
