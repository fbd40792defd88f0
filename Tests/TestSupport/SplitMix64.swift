/// A small seeded generator (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators").
///
/// Every helper is spelled out here: the standard library may change how it turns random bits into
/// ranges or orders, and a seed has to mean the same test for ever.
public struct SplitMix64: Sendable {
    private var state: UInt64

    /// Starts the sequence that belongs to a seed.
    public init(seed: UInt64) {
        state = seed
    }

    /// The next 64 random bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }

    /// A whole number from `range`, both ends in.
    ///
    /// The remainder of 64 bits is used as it is: the bias is far below what a test could notice.
    public mutating func int(in range: ClosedRange<Int>) -> Int {
        let width = UInt64(range.upperBound - range.lowerBound) + 1
        return range.lowerBound + Int(next() % width)
    }

    /// A whole number from `range`, both ends in, for instants.
    public mutating func int64(in range: ClosedRange<Int64>) -> Int64 {
        Int64(int(in: Int(range.lowerBound)...Int(range.upperBound)))
    }

    /// True in `percent` of 100 cases.
    public mutating func chance(_ percent: Int) -> Bool {
        int(in: 0...99) < percent
    }

    /// One of the choices, which must not be empty.
    public mutating func pick<Element>(_ choices: [Element]) -> Element {
        choices[int(in: 0...(choices.count - 1))]
    }

    /// The elements in a random order (Fisher and Yates).
    public mutating func shuffled<Element>(_ elements: [Element]) -> [Element] {
        var result = elements
        guard result.count > 1 else { return result }
        for last in stride(from: result.count - 1, through: 1, by: -1) {
            result.swapAt(last, int(in: 0...last))
        }
        return result
    }

    /// Between one and `most` different choices, in a random order.
    public mutating func some<Element>(of choices: [Element], most: Int) -> [Element] {
        let count = int(in: 1...min(most, choices.count))
        return Array(shuffled(choices).prefix(count))
    }

    /// A generator of its own, so that one part's appetite does not shift another's numbers.
    public mutating func split() -> SplitMix64 {
        SplitMix64(seed: next())
    }
}
