import Core

/// A segment in force, compiled into plain values; what it links to stands in lists of the rules.
struct SegmentProgram {
    var number: SegmentNumber
    /// Place among the segments in force in byte order of ids.
    var rank: Int
    /// The leaves that it names, as places in the links.
    var leaves = 0..<0
    /// Positions of the segments that it names, as places in the links.
    var named = 0..<0
    /// Positions of the segments that name it, all behind its own, as places in the links.
    var dependents = 0..<0
    var gate = Gate()
    /// What the segment asks for, as places in the rules' literals, the cheapest first.
    ///
    /// Empty where it does not just ask for some leaves and against others.
    var literals = 0..<0

    /// A leaf and the verdict that it should have.
    struct Literal {
        var leaf: Int
        var value: Bool
    }

    /// What the flags of lasting leaves must be for the verdict to be true: most segments are ruled out
    /// for most partners by one look at it, without evaluating anything.
    struct Gate {
        private var word = 0
        private var mask: UInt64 = 0
        private var wanted: UInt64 = 0

        /// The gate that is always open.
        init() {}

        /// The gate of the word of flags in which most leaves have to have a certain value.
        init(_ demands: [Literal]) {
            let words = Dictionary(grouping: demands) { $0.leaf / 64 }
            let fullest = words.max { ($0.value.count, $1.key) < ($1.value.count, $0.key) }
            guard let fullest else { return }
            word = fullest.key
            for demand in fullest.value {
                let bit: UInt64 = 1 << UInt64(demand.leaf % 64)
                // Two demands that exclude each other leave the gate open: the formula knows.
                guard mask & bit == 0 || (wanted & bit != 0) == demand.value else {
                    mask = 0
                    wanted = 0
                    return
                }
                mask |= bit
                if demand.value { wanted |= bit }
            }
        }

        /// Whether the verdict can be true.
        @inline(__always)
        func isOpen(_ flags: Span<UInt64>) -> Bool {
            mask == 0 || flags[word] & mask == wanted
        }
    }
}
