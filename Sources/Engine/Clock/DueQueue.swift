import Core

/// When to look at a segment of a partner's again.
public struct SegmentDue: Sendable, Equatable {
    /// The instant, or an earlier one.
    public var at: Instant
    /// The segment's number.
    public var segment: SegmentNumber

    /// Makes it of its parts.
    public init(at: Instant, segment: SegmentNumber) {
        self.at = at
        self.segment = segment
    }
}

extension [SegmentDue] {
    /// Where a segment stands in a list in order of segments.
    func place(of segment: SegmentNumber) -> Int? {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle].segment < segment { low = middle + 1 } else { high = middle }
        }
        return low < count && self[low].segment == segment ? low : nil
    }

    /// Puts a segment that is not in it into a list in order of segments.
    mutating func insertInOrder(_ due: SegmentDue) {
        makeRoom()
        var index = count
        while index > 0, self[index - 1].segment > due.segment { index -= 1 }
        insert(due, at: index)
    }
}

/// Segments of partners by the instant at which they must be looked at again although no event arrives.
///
/// A calendar queue (Brown, 1988): what lies days ahead is kept by day as it comes, and a
/// day is sorted once, when its time has come; what is added behind that goes through a small binary
/// heap. Entries are not deleted when overtaken: the partner's own list of due instants decides whether
/// one still means anything.
struct DueQueue {
    /// A segment of a partner's.
    struct Entry: Comparable {
        var at: Instant
        private var packed: UInt64

        init(_ partner: PartnerNumber, _ segment: SegmentNumber, at: Instant) {
            self.at = at
            packed = UInt64(partner) << 32 | UInt64(segment)
        }

        var partner: PartnerNumber { PartnerNumber(truncatingIfNeeded: packed >> 32) }
        var segment: SegmentNumber { SegmentNumber(truncatingIfNeeded: packed) }

        /// By instant, then by partner.
        static func < (left: Entry, right: Entry) -> Bool {
            left.at != right.at ? left.at < right.at : left.packed < right.packed
        }
    }

    /// The entries of one UTC day, in no order.
    private struct Day {
        var number: Int64
        var first: Instant
        var entries: [Entry]
    }

    /// Days after the current one, the earliest last.
    private var days: [Day] = []
    /// The latest day that was sorted.
    private var currentDay = Int64.min
    /// What is left of the current day, the earliest last.
    private var current: [Entry] = []
    /// What was added to the current day after it was sorted: a binary min-heap.
    private var added: [Entry] = []

    /// The earliest instant with an entry.
    var first: Instant {
        min(
            current.last?.at ?? .never, added.first?.at ?? .never, days.last?.first ?? .never)
    }

    mutating func add(_ entry: Entry) {
        guard entry.at != .never else { return }
        let number = entry.at.microseconds.flooredQuotient(by: .day)
        guard number > currentDay else {
            added.append(entry)
            siftUp(added.count - 1)
            return
        }
        let index = place(of: number)
        if index < days.count, days[index].number == number {
            days[index].entries.append(entry)
            days[index].first = min(days[index].first, entry.at)
        } else {
            days.insert(Day(number: number, first: entry.at, entries: [entry]), at: index)
        }
    }

    /// Where a day stands among those ahead, or is to be put.
    private func place(of number: Int64) -> Int {
        var low = 0
        var high = days.count
        while low < high {
            let middle = (low + high) / 2
            if days[middle].number > number { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Takes out all entries of the earliest instant, in order of partners, repeats included.
    mutating func removeFirst() -> [Entry] {
        let instant = first
        guard instant != .never else { return [] }
        if current.isEmpty, added.isEmpty, let day = days.popLast() {
            currentDay = day.number
            current = day.entries.sorted(by: >)
        }
        var entries: [Entry] = []
        while let entry = current.last, entry.at == instant {
            entries.append(entry)
            current.removeLast()
        }
        guard added.first?.at == instant else { return entries }
        while let entry = added.first, entry.at == instant {
            entries.append(entry)
            let last = added.removeLast()
            if !added.isEmpty {
                added[0] = last
                siftDown()
            }
        }
        return entries.sorted()
    }

    private mutating func siftUp(_ start: Int) {
        var index = start
        while index > 0, added[index] < added[(index - 1) / 2] {
            added.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    private mutating func siftDown() {
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < added.count {
                if added[child] < added[least] { least = child }
            }
            guard least != index else { return }
            added.swapAt(index, least)
            index = least
        }
    }
}
