import Core

/// Instants, some of them perhaps more than once, of which one asks how many lie behind and which is next.
///
/// Kept as a few ordered runs, each at least twice as long as the next, which are merged as they grow
/// (Bentley and Saxe, 1980): adding one costs a logarithm in all, in whatever order they come, and in
/// ascending order next to nothing.
struct InstantBag {
    private var runs: [[Instant]] = []

    mutating func insert(_ instant: Instant) {
        if let latest = runs.last?.last, latest <= instant {
            runs[runs.count - 1].append(instant)
        } else {
            runs.append([instant])
        }
        while runs.count > 1, runs[runs.count - 2].count < 2 * runs[runs.count - 1].count {
            let short = runs.removeLast()
            let long = runs.removeLast()
            runs.append(Self.merged(long, short))
        }
    }

    private static func merged(_ left: [Instant], _ right: [Instant]) -> [Instant] {
        var merged: [Instant] = []
        merged.reserveCapacity(left.count + right.count)
        var place = 0
        for instant in left {
            while place < right.count, right[place] < instant {
                merged.append(right[place])
                place += 1
            }
            merged.append(instant)
        }
        merged.append(contentsOf: right[place...])
        return merged
    }

    /// How many are at or before an instant.
    func count(upTo instant: Instant) -> Int {
        var count = 0
        for run in runs { count += Self.place(after: instant, in: run) }
        return count
    }

    /// The earliest one after an instant; ``Instant/never`` where there is none.
    func first(after instant: Instant) -> Instant {
        var first = Instant.never
        for run in runs {
            let place = Self.place(after: instant, in: run)
            if place < run.count { first = min(first, run[place]) }
        }
        return first
    }

    private static func place(after instant: Instant, in run: [Instant]) -> Int {
        var low = 0
        var high = run.count
        while low < high {
            let middle = (low + high) / 2
            if run[middle] <= instant { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
