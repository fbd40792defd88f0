import Core
import Scenarios
import TestSupport
import Testing

/// Expected rows and found ones are paired as well as they can be.
struct PairingTests {
    @Test("as many pairs as trying everything finds, and each of them fits", arguments: 0..<50)
    func best(block: UInt64) {
        for seed in block * 40..<block * 40 + 40 {
            var random = SplitMix64(seed: seed)
            let names = ["source", "partner", "template"]
            func row(isWhole: Bool) -> Row {
                let given = names.filter { _ in isWhole || random.chance(50) }
                return Row(given.map { Row.Field($0, .number(random.int(in: 0...1))) })
            }
            let expected = (0..<random.int(in: 0...6)).map { _ in row(isWhole: false) }
            let found = (0..<random.int(in: 0...6)).map { _ in row(isWhole: true) }
            let pairing = Pairing(expected: expected, found: found)
            #expect(
                pairing.matched.count == Self.most(expected[...], found), "seed \(seed): too few")
            // Nothing is lost, and what is left over could not be paired either.
            #expect(Self.isSame(pairing.matched + pairing.missing, expected), "seed \(seed)")
            #expect(pairing.matched.count + pairing.unexpected.count == found.count)
            #expect(pairing.unexpected.allSatisfy { found.contains($0) }, "seed \(seed)")
            for row in pairing.missing {
                #expect(
                    !pairing.unexpected.contains { Self.fits(row, $0) },
                    "seed \(seed): two that fit are left")
            }
        }
    }

    @Test("null is as if absent")
    func null() {
        let open = Row([Row.Field("reason", .null)])
        let plain = Row([Row.Field("partner", .text("p"))])
        let suppressed = Row([Row.Field("reason", .text("history"))])
        #expect(Pairing(expected: [open], found: [plain]).missing.isEmpty)
        #expect(Pairing(expected: [open], found: [suppressed]).missing == [open])
    }

    /// The most pairs, by trying to leave each expected row out and to give it each that fits.
    private static func most(_ expected: ArraySlice<Row>, _ found: [Row]) -> Int {
        guard let first = expected.first else { return 0 }
        var best = most(expected.dropFirst(), found)
        for (index, row) in found.enumerated() where fits(first, row) {
            var rest = found
            rest.remove(at: index)
            best = max(best, 1 + most(expected.dropFirst(), rest))
        }
        return best
    }

    private static func fits(_ expected: Row, _ found: Row) -> Bool {
        expected.fields.allSatisfy { found.fields.contains($0) }
    }

    private static func isSame(_ left: [Row], _ right: [Row]) -> Bool {
        var rest = right
        for row in left {
            guard let index = rest.firstIndex(of: row) else { return false }
            rest.remove(at: index)
        }
        return rest.isEmpty
    }
}
