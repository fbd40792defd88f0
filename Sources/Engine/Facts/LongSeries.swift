import Core

/// A series of many points: in blocks, so that a value costs about the same wherever it is added.
///
/// What is late changes the totals behind it in its own block, and one number of each later block.
struct LongSeries: Sendable {
    /// So many points a block has at most.
    static let blockMax = 256

    /// Neighbouring points of which the totals count from the block's begin.
    private struct Block {
        /// The sum of all earlier blocks.
        var before: Int128
        /// The first point's key: blocks are searched without a look into them.
        var first: Int64
        var points: [Activity.Point]

        /// The last point's key.
        var last: Int64 { points[points.count - 1].key }
        /// The sum up to and including the last point.
        var total: Int128 { before + points[points.count - 1].total }

        /// How many leading points have keys that pass.
        func count(while test: (Int64) -> Bool) -> Int {
            points.span.count(while: { test($0.key) })
        }
    }

    /// The measure's slot.
    let slot: Int
    /// In order of keys; none is empty.
    private var blocks: [Block] = []

    /// Makes it of points of one slot with their totals, in order of keys; there must be one.
    init(_ points: ArraySlice<Activity.Point>) {
        slot = points[points.startIndex].slot
        for point in points { append(point) }
    }

    /// All points, with their totals from the series' begin.
    var points: [Activity.Point] {
        blocks.flatMap { block in
            block.points.map {
                Activity.Point(slot: slot, key: $0.key, total: block.before + $0.total)
            }
        }
    }

    /// Adds a point, with its total, behind all others.
    mutating func append(_ point: Activity.Point) {
        let before = blocks.last?.total ?? 0
        if blocks.isEmpty || blocks[blocks.count - 1].points.count == Self.blockMax {
            blocks.append(Block(before: before, first: point.key, points: []))
        }
        var point = point
        point.total -= blocks[blocks.count - 1].before
        blocks[blocks.count - 1].points.append(point)
    }

    /// Adds a value to a day or instant.
    mutating func add(_ value: Int128, at key: Int64) {
        if key > blocks[blocks.count - 1].last {
            let total = blocks[blocks.count - 1].total + value
            append(Activity.Point(slot: slot, key: key, total: total))
            return
        }
        let number = max(0, firstBlock(notPassing: { $0 <= key }) - 1)
        let count = blocks[number].points.count
        if blocks[number].points.add(value, at: key, to: slot, endingAt: count) {
            blocks[number].first = min(blocks[number].first, key)
        }
        for later in (number + 1)..<blocks.count { blocks[later].before += value }
        if blocks[number].points.count > Self.blockMax { halve(number) }
    }

    private mutating func halve(_ number: Int) {
        let points = blocks[number].points
        let half = points.count / 2
        let sum = points[half - 1].total
        blocks[number].points = Array(points[..<half])
        let behind = points[half...].map {
            Activity.Point(slot: slot, key: $0.key, total: $0.total - sum)
        }
        blocks.insert(
            Block(before: blocks[number].before + sum, first: points[half].key, points: behind),
            at: number + 1)
    }

    /// The first block of which the first key does not pass; the test holds for some first keys and for none after
    /// them.
    private func firstBlock(notPassing test: (Int64) -> Bool) -> Int {
        var low = 0
        var high = blocks.count
        while low < high {
            let middle = (low + high) / 2
            if test(blocks[middle].first) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension LongSeries: PointSeries {
    /// A point's block and its place there; behind the last point the block after the last.
    struct Place: Comparable {
        var block: Int
        var point: Int

        static func < (left: Place, right: Place) -> Bool {
            (left.block, left.point) < (right.block, right.point)
        }
    }

    var start: Place { Place(block: 0, point: 0) }

    var end: Place { Place(block: blocks.count, point: 0) }

    func place(after place: Place) -> Place {
        place.point + 1 < blocks[place.block].points.count
            ? Place(block: place.block, point: place.point + 1)
            : Place(block: place.block + 1, point: 0)
    }

    func firstPlace(notPassing test: (Int64) -> Bool) -> Place {
        let number = firstBlock(notPassing: test)
        guard number > 0 else { return start }
        let point = blocks[number - 1].count(while: test)
        return point < blocks[number - 1].points.count
            ? Place(block: number - 1, point: point) : Place(block: number, point: 0)
    }

    func key(at place: Place) -> Int64 { blocks[place.block].points[place.point].key }

    func total(before place: Place) -> Int128 {
        if place.block == blocks.count { return blocks[place.block - 1].total }
        let block = blocks[place.block]
        return place.point == 0 ? block.before : block.before + block.points[place.point - 1].total
    }
}
