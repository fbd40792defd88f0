import Testing
import Wire

struct AmountTests {
    static let amounts: [(String, Int64?)] = [
        ("0", 0), ("-0", 0), ("-0.0", 0), ("0e5", 0), ("1", 1_000_000), ("1.5", 1_500_000),
        ("1.50000000", 1_500_000), ("0.000001", 1), ("1e-6", 1), ("10e-7", 1),
        ("0.0000010", 1), ("12.34e2", 1_234_000_000), ("1E2", 100_000_000),
        ("999999999999.999999", 999_999_999_999_999_999), ("99999999999", 99_999_999_999_000_000),
        ("999999999999", 999_999_999_999_000_000), ("1e11", 100_000_000_000_000_000),
        ("1000000000000", nil), ("1e12", nil), ("999999999999.9999999", nil), ("1e-7", nil),
        ("0.0000001", nil), ("-1", nil), ("-0.000001", nil), ("01", nil), ("00", nil), ("1.", nil),
        (".5", nil), ("+1", nil), ("", nil), (" 1", nil), ("1 ", nil), ("1,5", nil), ("$1", nil),
        ("1e99999999999999999999", nil), ("1e-99999999999999999999", nil), ("NaN", nil),
        ("0e99999999999999999999", 0), ("0x10", nil), ("1_000", nil), ("12 000", nil),
        ("100000000000000000000e-20", 1_000_000),
        ("0.00000000000000000000000000000000000000000000000001e50", 1_000_000),
    ]

    @Test("amounts", arguments: amounts)
    func amount(text: String, expected: Int64?) {
        #expect(parseAmount(Array(text.utf8).span) == expected)
    }

    static let counts: [(String, Int64?)] = [
        ("1", 1), ("1e2", 100), ("3.0", 3), ("1000000000000000", 1_000_000_000_000_000),
        ("1e15", 1_000_000_000_000_000), ("0.5e1", 5), ("1000000000000001", nil), ("0", nil),
        ("-1", nil), ("1.5", nil), ("0.1", nil), ("1e16", nil), ("1e-1", nil), ("", nil),
        ("10e-1", 1), ("1e999999999", nil), ("01", nil),
    ]

    @Test("counts", arguments: counts)
    func count(text: String, expected: Int64?) {
        #expect(parseCount(Array(text.utf8).span) == expected)
    }

    @Test("short ways and long ways give the same amount", arguments: UInt64(0)..<20)
    func samePaths(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<500 {
            let whole = String(random.next() % 2_000_000_000_000)
            let decimals = (0..<random.below(9)).map { _ in "\(random.below(10))" }.joined()
            let plain = decimals.isEmpty ? whole : "\(whole).\(decimals)"
            #expect(
                parseAmount(Array(plain.utf8).span) == parseAmount(Array("\(plain)e0".utf8).span)
            )
        }
    }
}
