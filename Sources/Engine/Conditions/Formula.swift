import Core

/// A segment's condition as a Boolean program over leaf bits and other segments.
///
/// Nodes lie in one array, children after their parent, so that evaluating touches no reference.
struct Formula {
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

    /// - Parameters:
    ///   - leaf: Gives a leaf's number.
    ///   - segment: Gives a segment's number.
    init(_ condition: Condition, leaf: (Leaf) -> Int, segment: (Name) -> SegmentNumber) {
        append(condition, leaf: leaf, segment: segment)
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

    /// The segments that the formula names.
    var segments: [SegmentNumber] {
        nodes.filter { $0.kind == .segment }.map(\.operand)
    }

    /// The leaves that the formula names.
    var leaves: [Int] {
        nodes.filter { $0.kind == .leaf }.map { Int($0.operand) }
    }

    /// The verdict on leaf bits and verdicts on other segments that are all fresh.
    func value(leaves: Span<Bool>, segments: Span<Bool>) -> Bool {
        value(at: 0, leaves, segments)
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
        leaves: Span<Bool>, leafHorizons: Span<Instant>, segments: Span<Bool>,
        segmentHorizons: Span<Instant>
    ) -> Truth {
        truth(at: 0, leaves, leafHorizons, segments, segmentHorizons)
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
