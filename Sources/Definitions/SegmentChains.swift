import Core

/// Which segments name which: circles among them, and how many stand one on the other.
struct SegmentChains {
    /// So many segments may stand one on the other: what goes through them calls itself.
    static let lengthMax = 1_000

    /// The segments from which one can go on for ever: those in a circle, or on the way to one.
    let endless: Set<Name>
    private let named: [Name: [Name]]
    /// How many segments a chain down from each has at most, itself counted; none for endless ones.
    private let lengths: [Name: Int]

    /// - Parameter named: The segments that each segment names; what is not among them does not count.
    init(_ named: [Name: [Name]]) {
        self.named = named
        var namedBy: [Name: [Name]] = [:]
        var waysOn: [Name: Int] = [:]
        for (id, others) in named {
            let followed = others.filter { named[$0] != nil }
            waysOn[id] = followed.count
            for other in followed { namedBy[other, default: []].append(id) }
        }
        var lengths: [Name: Int] = [:]
        var ended = waysOn.filter { $0.value == 0 }.map(\.key)
        for id in ended { lengths[id] = 1 }
        while let id = ended.popLast() {
            waysOn[id] = nil
            for other in namedBy[id] ?? [] {
                guard let count = waysOn[other] else { continue }
                waysOn[other] = count - 1
                lengths[other] = max(lengths[other] ?? 0, (lengths[id] ?? 0) + 1)
                if count == 1 { ended.append(other) }
            }
        }
        endless = Set(waysOn.keys)
        self.lengths = lengths
    }

    /// The segments that a segment names.
    func named(by id: Name) -> [Name] { named[id] ?? [] }

    /// Whether too many segments stand one on the other under a segment.
    func isTooLong(_ id: Name) -> Bool { lengths[id] ?? 0 > Self.lengthMax }

    /// Whether that is so of a segment, and of none that it names.
    func isFirstTooLong(_ id: Name) -> Bool { lengths[id] == Self.lengthMax + 1 }

    /// The longest way down from a segment, which comes first; it must not be endless.
    func longest(from start: Name) -> [Name] {
        var way = [start]
        while let id = way.last,
            let next = (named[id] ?? []).max(by: { lengths[$0] ?? 0 < lengths[$1] ?? 0 }),
            lengths[next] != nil
        {
            way.append(next)
        }
        return way
    }

    /// The shortest way from a segment back to itself, or nil; the start comes first.
    func shortestCircle(from start: Name) -> [Name]? {
        var previous: [Name: Name] = [:]
        var queue = [start]
        var next = 0
        while next < queue.count {
            let id = queue[next]
            next += 1
            for other in named[id] ?? [] {
                if other == start {
                    var way = [id]
                    while let before = way.last, before != start, let step = previous[before] {
                        way.append(step)
                    }
                    return way.reversed()
                }
                if previous[other] == nil {
                    previous[other] = id
                    queue.append(other)
                }
            }
        }
        return nil
    }
}
