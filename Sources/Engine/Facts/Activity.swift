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

    /// A series of more points has blocks of its own, and moves nobody else's as it grows.
    static let shortMax = 256

    /// The points of short series, in order of slots and then of keys.
    private(set) var short: [Point] = []
    /// The long series, in order of slots; most partners have none.
    private(set) var long: [LongSeries] = []

    /// Makes one without any activity.
    public init() {}

    /// How many slots there are up to the last one with activity.
    public var slotCount: Int {
        max(short.last.map { $0.slot + 1 } ?? 0, long.last.map { $0.slot + 1 } ?? 0)
    }

    /// One point for each measure and day or instant with activity, in order of slots and then of keys; put together
    /// where there are long series.
    public var points: [Point] {
        if long.isEmpty { return short }
        var points: [Point] = []
        for slot in 0..<slotCount { points += series(of: slot) }
        return points
    }

    /// A slot's points, in order of keys.
    func series(of slot: Int) -> [Point] {
        switch place(of: slot) {
        case .short(let range): Array(short[range])
        case .long(let index): long[index].points
        }
    }

    /// Where a series is.
    enum SeriesPlace {
        /// Among the points of short series.
        case short(Range<Int>)
        /// Among the long series.
        case long(Int)
    }

    /// Where a slot's series is.
    func place(of slot: Int) -> SeriesPlace {
        if !long.isEmpty, let index = long.firstIndex(where: { $0.slot == slot }) {
            return .long(index)
        }
        let points = short.span
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
        return .short(start..<end)
    }

    /// Begins to load the points that most searches look at first.
    @inline(__always)
    mutating func prefetch() {
        short.prefetch(0)
        short.prefetch(short.count / 2)
    }

    /// Adds a point behind all others.
    public mutating func append(_ point: Point) {
        if let last = long.indices.last, long[last].slot == point.slot {
            long[last].append(point)
        } else {
            short.append(point)
            moveIfLong(endingAt: short.count)
        }
    }

    /// Takes away all that some slots hold.
    ///
    /// - Returns: Whether there was anything.
    mutating func removeAll(of slots: Set<Int>) -> Bool {
        let count = short.count + long.count
        short.removeAll { slots.contains($0.slot) }
        long.removeAll { slots.contains($0.slot) }
        return short.count + long.count < count
    }

    /// Adds a value to a slot's day or instant: in a short series in constant time at its end, but for the place.
    mutating func add(_ value: Int128, at key: Int64, to slot: Int) {
        if !long.isEmpty, let index = long.firstIndex(where: { $0.slot == slot }) {
            long[index].add(value, at: key)
            return
        }
        short.makeRoom()
        let end = short.span.count(while: { $0.slot <= slot })
        if short.add(value, at: key, to: slot, endingAt: end) { moveIfLong(endingAt: end + 1) }
    }

    /// Gives the short series that ends at a place blocks of its own if it has become long.
    @inline(__always)
    private mutating func moveIfLong(endingAt end: Int) {
        let first = end - Self.shortMax - 1
        guard first >= 0, short[first].slot == short[end - 1].slot else { return }
        let series = LongSeries(short[first..<end])
        short.removeSubrange(first..<end)
        long.insert(series, at: long.firstIndex { $0.slot > series.slot } ?? long.count)
    }
}

extension [Activity.Point] {
    /// Adds a value to the slot's series that ends at a place: to the point of that key, or a new one, and to all
    /// totals behind it.
    ///
    /// - Returns: Whether there is a new point.
    @inline(__always)
    mutating func add(
        _ value: Int128, at key: Int64, to slot: Int, endingAt end: Int
    ) -> Bool {
        guard end > 0, self[end - 1].slot == slot else {
            insert(Activity.Point(slot: slot, key: key, total: value), at: end)
            return true
        }
        let last = self[end - 1]
        if key == last.key {
            self[end - 1].total += value
            return false
        }
        if key > last.key {
            insert(Activity.Point(slot: slot, key: key, total: last.total + value), at: end)
            return true
        }
        let index = span.count(while: { ($0.slot, $0.key) < (slot, key) })
        let isNew = self[index].key != key
        if isNew {
            let isFirst = index == 0 || self[index - 1].slot != slot
            let total = isFirst ? 0 : self[index - 1].total
            insert(Activity.Point(slot: slot, key: key, total: total), at: index)
        }
        for place in index..<(isNew ? end + 1 : end) { self[place].total += value }
        return isNew
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
}
