import Core

/// One partner's activity by measure: by local day, or by instant where a rolling window asks.
///
/// A measure's points are its series: in order of keys they carry running totals, so that the sum of any
/// stretch is one subtraction. Values are millionths: of the currency for revenue, of one for counts.
public struct Activity: Sendable {
    /// The total of one measure up to and including a day (days since the epoch) or an instant
    /// (microseconds).
    public struct Point: Sendable, Equatable {
        /// The day or instant, as a plain number.
        public var key: Int64
        private var low: UInt64
        /// The measure's slot in the upper 24 bits, and the upper 40 bits of the total, which has 104: 10^10
        /// events of the greatest value there is.
        private var packed: UInt64

        /// The measure's slot.
        public var slot: Int { Int(packed >> 40) }

        /// The sum of all values up to and including the key, in millionths.
        public var total: Int128 {
            get { Int128(Int64(bitPattern: packed << 24) >> 24) << 64 | Int128(low) }
            set {
                low = UInt64(truncatingIfNeeded: newValue)
                let high = UInt64(truncatingIfNeeded: newValue >> 64)
                packed = (packed >> 40) << 40 | (high << 24) >> 24
            }
        }

        /// Makes a point.
        public init(slot: Int, key: Int64, total: Int128) {
            invariant(slot < 1 << 24, "a program has at most 2^24 measures")
            self.key = key
            low = 0
            packed = UInt64(slot) << 40
            self.total = total
        }
    }

    /// One point for each measure and day or instant with activity, in order of slots and then of keys.
    public private(set) var points: [Point] = []

    /// Makes one without any activity.
    public init() {}

    /// How many slots there are up to the last one with activity.
    public var slotCount: Int { points.last.map { $0.slot + 1 } ?? 0 }

    /// Where a slot's points stand.
    public func range(of slot: Int) -> Range<Int> {
        let points = points.span
        let start = points.count(while: { $0.slot < slot })
        // A series is short beside all points: its end is near.
        var end = start
        var step = 1
        while end + step <= points.count, points[end + step - 1].slot == slot {
            end += step
            step *= 2
        }
        while step > 1 {
            step /= 2
            if end + step <= points.count, points[end + step - 1].slot == slot { end += step }
        }
        return start..<end
    }

    /// Begins to load the points that most searches look at first.
    @inline(__always)
    mutating func prefetch() {
        points.prefetch(0)
        points.prefetch(points.count / 2)
    }

    /// Adds a point behind all others.
    public mutating func append(_ point: Point) {
        points.append(point)
    }

    /// Takes away all that some slots hold.
    mutating func removeAll(of slots: Set<Int>) {
        points.removeAll { slots.contains($0.slot) }
    }

    /// Adds a value to a slot's day or instant; at the end of its series in constant time but for the
    /// place.
    mutating func add(_ value: Int128, at key: Int64, to slot: Int) {
        points.makeRoom()
        let end = points.span.count(while: { $0.slot <= slot })
        guard end > 0, points[end - 1].slot == slot else {
            points.insert(Point(slot: slot, key: key, total: value), at: end)
            return
        }
        let last = points[end - 1]
        if key == last.key {
            points[end - 1].total += value
        } else if key > last.key {
            points.insert(Point(slot: slot, key: key, total: last.total + value), at: end)
        } else {
            var index = points.span.count(while: { ($0.slot, $0.key) < (slot, key) })
            if points[index].key != key {
                let isFirst = index == 0 || points[index - 1].slot != slot
                let total = isFirst ? 0 : points[index - 1].total
                points.insert(Point(slot: slot, key: key, total: total), at: index)
            }
            while index < points.count, points[index].slot == slot {
                points[index].total += value
                index += 1
            }
        }
    }
}

extension Span<Activity.Point> {
    /// How many leading points pass; the test holds for some first ones and for none after them.
    @inline(__always)
    func count(while isInPrefix: (Activity.Point) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isInPrefix(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The total of the first so many points of a series.
    @inline(__always)
    func total(_ count: Int) -> Int128 {
        count == 0 ? 0 : self[count - 1].total
    }
}
