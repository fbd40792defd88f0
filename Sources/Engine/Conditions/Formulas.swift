import Core

/// The segments' conditions as Boolean programs over leaf bits and other segments.
///
/// The nodes of all segments lie in one array, children after their parent, so that evaluating
/// touches no reference.
struct Formulas {
    private enum Kind: UInt8 {
        case all, any, not, leaf, segment
    }

    private struct Node {
        var kind: Kind
        /// The leaf's or segment's number, or the number of children.
        var operand: UInt32
        /// The position behind this node's last descendant.
        var end: UInt32
    }

    private var nodes: [Node] = []
    /// Where each segment's nodes begin and end, by segment number; empty where it is retired.
    private var ranges: [Range<Int>]

    /// Programs for so many segments, all of them empty.
    init(segmentCount: Int) {
        ranges = Array(repeating: 0..<0, count: segmentCount)
    }

    /// Sets a segment's program.
    ///
    /// - Parameters:
    ///   - segment: The segment's number.
    ///   - condition: The segment's condition.
    ///   - leaf: Gives a leaf's number.
    ///   - named: Gives the number of a segment that the condition names.
    mutating func set(
        _ segment: SegmentNumber, to condition: Condition, leaf: (Leaf) -> Int,
        named: (Name) -> SegmentNumber
    ) {
        let start = nodes.count
        append(condition, leaf: leaf, segment: named)
        ranges[Int(segment)] = start..<nodes.count
    }

    private mutating func append(
        _ condition: Condition, leaf: (Leaf) -> Int, segment: (Name) -> SegmentNumber
    ) {
        let index = nodes.count
        switch condition {
        case .leaf(let value):
            nodes.append(Node(kind: .leaf, operand: UInt32(leaf(value)), end: 0))
        case .segment(let name):
            nodes.append(Node(kind: .segment, operand: segment(name), end: 0))
        case .not(let child):
            nodes.append(Node(kind: .not, operand: 1, end: 0))
            append(child, leaf: leaf, segment: segment)
        case .all(let children), .any(let children):
            var kind = Kind.any
            if case .all = condition { kind = .all }
            nodes.append(Node(kind: kind, operand: UInt32(children.count), end: 0))
            for child in children { append(child, leaf: leaf, segment: segment) }
        }
        nodes[index].end = UInt32(nodes.count)
    }

    /// The segments that a segment's program names, in order and each once.
    func segments(of segment: SegmentNumber) -> [SegmentNumber] {
        let named = nodes[ranges[Int(segment)]].filter { $0.kind == .segment }
        return Set(named.map(\.operand)).sorted()
    }

    /// The leaves that a segment's program names, in order and each once.
    func leaves(of segment: SegmentNumber) -> [Int] {
        let named = nodes[ranges[Int(segment)]].filter { $0.kind == .leaf }
        return Set(named.map { Int($0.operand) }).sorted()
    }

    /// The verdict on leaf bits and verdicts on other segments that are all fresh.
    func value(of segment: SegmentNumber, leaves: Span<Bool>, segments: Span<Bool>) -> Bool {
        value(at: ranges[Int(segment)].lowerBound, leaves, segments)
    }

    private func value(at index: Int, _ leaves: Span<Bool>, _ segments: Span<Bool>) -> Bool {
        let node = nodes[index]
        switch node.kind {
        case .leaf: return leaves[Int(node.operand)]
        case .segment: return segments[Int(node.operand)]
        case .not: return !value(at: index + 1, leaves, segments)
        case .all, .any:
            let decisive = node.kind == .any
            var child = index + 1
            while child < node.end {
                if value(at: child, leaves, segments) == decisive { return decisive }
                child = Int(nodes[child].end)
            }
            return !decisive
        }
    }

    /// Until when the verdict surely holds, given until when each part's does.
    ///
    /// An `all` that is true holds as long as every child does; one that is false, as long as the
    /// longest-lived of its false children, because nothing can become true before that one.
    /// An `any` is the dual, a `not` lives as long as what it negates.
    func truth(
        of segment: SegmentNumber, leaves: Span<Bool>, leafHorizons: Span<Instant>,
        segments: Span<Bool>, segmentHorizons: Span<Instant>
    ) -> Truth {
        truth(
            at: ranges[Int(segment)].lowerBound, leaves, leafHorizons, segments,
            segmentHorizons)
    }

    private func truth(
        at index: Int, _ leaves: Span<Bool>, _ leafHorizons: Span<Instant>,
        _ segments: Span<Bool>, _ segmentHorizons: Span<Instant>
    ) -> Truth {
        let node = nodes[index]
        let operand = Int(node.operand)
        switch node.kind {
        case .leaf: return Truth(value: leaves[operand], horizon: leafHorizons[operand])
        case .segment: return Truth(value: segments[operand], horizon: segmentHorizons[operand])
        case .not:
            let inner = truth(at: index + 1, leaves, leafHorizons, segments, segmentHorizons)
            return Truth(value: !inner.value, horizon: inner.horizon)
        case .all, .any:
            let decisive = node.kind == .any
            var earliest = Instant.never
            var latestDecisive = Instant.unset
            var child = index + 1
            while child < node.end {
                let part = truth(at: child, leaves, leafHorizons, segments, segmentHorizons)
                earliest = min(earliest, part.horizon)
                if part.value == decisive { latestDecisive = max(latestDecisive, part.horizon) }
                child = Int(nodes[child].end)
            }
            return latestDecisive == .unset
                ? Truth(value: !decisive, horizon: earliest)
                : Truth(value: decisive, horizon: latestDecisive)
        }
    }
}
