/// A measure's activity of one partner: by local day, or by instant where a rolling window asks.
///
/// Points are in key order and carry running totals, so that the sum of any stretch is one
/// subtraction. Values are millionths: of the currency for revenue, of one for counts.
public struct Series: Sendable {
    /// The total up to and including a day (days since the epoch) or an instant (microseconds).
    public struct Point: Sendable, Equatable {
        /// The day or instant, as a plain number.
        public var key: Int64
        /// The total's halves: as one number it would be padded to twice its size.
        private var low: UInt64
        private var high: Int64

        /// The sum of all values up to and including the key, in millionths.
        public var total: Int128 {
            get { Int128(high) << 64 | Int128(low) }
            set {
                low = UInt64(truncatingIfNeeded: newValue)
                high = Int64(truncatingIfNeeded: newValue >> 64)
            }
        }

        /// Makes a point.
        public init(key: Int64, total: Int128) {
            self.key = key
            low = UInt64(truncatingIfNeeded: total)
            high = Int64(truncatingIfNeeded: total >> 64)
        }
    }

    /// One point for each day or instant with activity, in key order.
    public internal(set) var points: [Point] = []

    /// Makes a series of points in key order.
    public init(points: [Point] = []) {
        self.points = points
    }

    /// Adds a value to a day or instant; at the end in constant time.
    mutating func add(_ value: Int128, at key: Int64) {
        guard let last = points.last, key <= last.key else {
            points.append(Point(key: key, total: (points.last?.total ?? 0) + value))
            return
        }
        if key == last.key {
            points[points.count - 1].total += value
            return
        }
        let index = points.span.count(while: { $0 < key })
        if points[index].key != key {
            points.insert(Point(key: key, total: points.span.total(index)), at: index)
        }
        for later in index..<points.count { points[later].total += value }
    }
}

extension Span<Series.Point> {
    /// How many leading points have a key that passes; the test holds for a prefix of the keys.
    @inline(__always)
    func count(while isInPrefix: (Int64) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isInPrefix(self[middle].key) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The total of the first so many points.
    @inline(__always)
    func total(_ count: Int) -> Int128 {
        count == 0 ? 0 : self[count - 1].total
    }
}
