import Core
import TestSupport
import Testing

/// Exact decimals of any length (SPEC 4).
@Suite struct DecimalTests {
    @Test("decimals compare by value, whatever way they are written")
    func decimals() {
        let ascending = [
            Decimal(isNegative: true, digits: [1, 2], power: 0),
            Decimal(isNegative: true, digits: [1], power: -3), Decimal(0),
            Decimal(isNegative: false, digits: [1], power: -3),
            Decimal(isNegative: false, digits: [9, 9, 9], power: -3), Decimal(1),
            Decimal(isNegative: false, digits: [1, 0, 1], power: -2),
            Decimal(isNegative: false, digits: [1, 1], power: 0), Decimal(12), Decimal(100),
        ]
        for (left, smaller) in ascending.enumerated() {
            for (right, greater) in ascending.enumerated() {
                #expect((smaller < greater) == (left < right))
                #expect((smaller == greater) == (left == right))
            }
        }
        #expect(Decimal(isNegative: false, digits: [0, 1, 0], power: 1) == Decimal(100))
        #expect(Decimal(100).description == "100")
    }

    /// What a number is, with nothing packed.
    private struct Plain: Equatable {
        var isNegative: Bool
        var digits: [UInt8]
        var exponent: Int

        init(_ isNegative: Bool, _ digits: [UInt8], power: Int) {
            let first = digits.firstIndex { $0 != 0 } ?? digits.count
            let last = digits.lastIndex { $0 != 0 }.map { $0 + 1 } ?? digits.count
            self.digits = Array(digits[first..<last])
            self.isNegative = isNegative && !self.digits.isEmpty
            exponent = self.digits.isEmpty ? 0 : power + digits.count - first
        }

        init(_ decimal: Decimal) {
            isNegative = decimal.isNegative
            digits = decimal.digits
            exponent = Int(decimal.exponent)
        }

        private var sign: Int { digits.isEmpty ? 0 : isNegative ? -1 : 1 }

        static func < (left: Plain, right: Plain) -> Bool {
            guard left.sign == right.sign else { return left.sign < right.sign }
            let (small, large) = left.isNegative ? (right, left) : (left, right)
            guard small.exponent == large.exponent else { return small.exponent < large.exponent }
            return small.digits.lexicographicallyPrecedes(large.digits)
        }
    }

    @Test(
        "a number of one word and a longer one are what their digits say", arguments: UInt64(0)..<20
    )
    func forms(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var numbers: [(plain: Plain, decimal: Decimal)] = []
        for _ in 0..<200 {
            let digits = (0..<random.int(in: 0...21)).map { _ in
                UInt8(random.chance(33) ? 0 : random.chance(33) ? 9 : random.int(in: 0...9))
            }
            let power = random.chance(50) ? random.int(in: -12 ... -5) : random.int(in: -300...300)
            let isNegative = random.chance(50)
            let decimal = Decimal(isNegative: isNegative, digits: digits, power: power)
            let plain = Plain(isNegative, digits, power: power)
            #expect(Plain(decimal) == plain)
            #expect(decimal.digitCount == plain.digits.count)
            #expect(decimal.isZero == plain.digits.isEmpty)
            numbers.append((plain, decimal))
            if digits.count < 19 {
                let value = digits.reduce(Int64(0)) { $0 * 10 + Int64($1) }
                #expect(Decimal(isNegative ? -value : value, power: power) == decimal)
            }
        }
        for left in numbers {
            for right in numbers {
                #expect((left.decimal < right.decimal) == (left.plain < right.plain))
                #expect((left.decimal == right.decimal) == (left.plain == right.plain))
            }
        }
        #expect(
            Set(numbers.map(\.decimal)).count
                == numbers.reduce(into: [Plain]()) {
                    if !$0.contains($1.plain) { $0.append($1.plain) }
                }.count)
    }

    @Test("the least and the greatest whole numbers")
    func limits() {
        #expect(Decimal(Int64.min).description == String(Int64.min))
        #expect(Decimal(Int64.max).description == String(Int64.max))
        #expect(Decimal(Int64.min) < Decimal(Int64.min + 1))
        #expect(Decimal(9_999_999_999_999_999) < Decimal(10_000_000_000_000_001))
    }
}
