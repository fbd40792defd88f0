import Core

/// The segments' conditions as Boolean programs over leaves and other segments.
///
/// Programs stand in the order in which segments are evaluated, each behind those that it names. The
/// nodes of all of them lie in one array, children after their parent, so that evaluating touches no
/// reference.
struct Formulas {
    private enum Kind: UInt8 {
        case all, any, not, leaf, segment
    }

    private struct Node {
        var kind: Kind
        /// The leaf's number or the named segment's position; unused elsewhere.
        var operand: UInt32
        /// The position behind this node's last descendant.
        var end: UInt32
    }

    private var nodes: [Node] = []
    /// Where each program begins, by position.
    private var starts: [Int] = []

    /// Appends a segment's program.
    ///
    /// - Parameters:
    ///   - condition: The segment's condition.
    ///   - leaf: Gives a leaf's number.
    ///   - named: Gives the position of a segment that the condition names.
    mutating func append(
        _ condition: Condition, leaf: (Leaf) -> Int, named: (Name) -> Int
    ) {
        starts.append(nodes.count)
        appendNodes(condition, leaf: leaf, named: named)
    }

    private mutating func appendNodes(
        _ condition: Condition, leaf: (Leaf) -> Int, named: (Name) -> Int
    ) {
        let index = nodes.count
        func append(_ kind: Kind, operand: Int = 0) {
            nodes.append(Node(kind: kind, operand: UInt32(operand), end: 0))
        }
        switch condition {
        case .leaf(let value): append(.leaf, operand: leaf(value))
        case .segment(let name): append(.segment, operand: named(name))
        case .not(let child):
            append(.not)
            appendNodes(child, leaf: leaf, named: named)
        case .all(let children):
            append(.all)
            for child in children { appendNodes(child, leaf: leaf, named: named) }
        case .any(let children):
            append(.any)
            for child in children { appendNodes(child, leaf: leaf, named: named) }
        }
        nodes[index].end = UInt32(nodes.count)
    }

    /// The leaves that must have a certain value for the verdict to be true, and whether that is all that
    /// the segment asks for.
    func demands(of position: Int) -> (literals: [SegmentProgram.Literal], areAll: Bool) {
        var areAll = true
        let literals = demands(at: starts[position], &areAll)
        return (literals, areAll)
    }

    private func demands(at index: Int, _ areAll: inout Bool) -> [SegmentProgram.Literal] {
        let node = nodes[index]
        switch node.kind {
        case .leaf: return [SegmentProgram.Literal(leaf: Int(node.operand), value: true)]
        case .not where nodes[index + 1].kind == .leaf:
            return [SegmentProgram.Literal(leaf: Int(nodes[index + 1].operand), value: false)]
        case .all: return children(of: index).flatMap { demands(at: $0, &areAll) }
        case .any, .not, .segment:
            areAll = false
            return []
        }
    }

    private func children(of index: Int) -> [Int] {
        var list: [Int] = []
        var child = index + 1
        while child < nodes[index].end {
            list.append(child)
            child = Int(nodes[child].end)
        }
        return list
    }

    /// A segment's verdict from those of its parts.
    ///
    /// An `all` that is true holds as long as every child does; one that is false, as long as the
    /// longest-lived of its false children, because nothing can become true before that one.
    /// An `any` is the dual, a `not` lives as long as what it negates.
    ///
    /// - Parameters:
    ///   - position: The segment's place in the order of evaluation.
    ///   - leaves: By leaf number; only what the program names is looked at.
    ///   - segments: By position; the same.
    /// - Returns: The verdict, and until when it surely holds.
    func truth(of position: Int, leaves: Span<Truth>, segments: Span<Truth>) -> Truth {
        truth(at: starts[position], nodes.span, leaves, segments)
    }

    private func truth(
        at index: Int, _ nodes: Span<Node>, _ leaves: Span<Truth>, _ segments: Span<Truth>
    ) -> Truth {
        let node = nodes[index]
        switch node.kind {
        case .leaf: return leaves[Int(node.operand)]
        case .segment: return segments[Int(node.operand)]
        case .not:
            let inner = truth(at: index + 1, nodes, leaves, segments)
            return Truth(value: !inner.value, horizon: inner.horizon)
        case .all, .any:
            let decisive = node.kind == .any
            var earliest = Instant.never
            var latestDecisive = Instant.unset
            var child = index + 1
            while child < node.end {
                let part =
                    nodes[child].kind == .leaf
                    ? leaves[Int(nodes[child].operand)]
                    : truth(at: child, nodes, leaves, segments)
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
