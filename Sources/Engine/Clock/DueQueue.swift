import Core

/// When to look at a segment of a partner's again.
public struct SegmentDue: Sendable {
    var at: Instant
    var segment: SegmentNumber
}

/// Segments of partners by the instant at which they must be looked at again although no event arrives.
///
/// Entries are not deleted when overtaken: the partner's own list of due instants decides whether an
/// entry still means anything. Those due at one instant share a bucket, because calendar conditions put
/// very many of them on the same few midnights.
struct DueQueue {
    /// A segment of a partner's; ordered by partner.
    struct Entry: Comparable {
        private var packed: UInt64

        init(_ partner: PartnerNumber, _ segment: SegmentNumber) {
            packed = UInt64(partner) << 32 | UInt64(segment)
        }

        var partner: PartnerNumber { PartnerNumber(truncatingIfNeeded: packed >> 32) }
        var segment: SegmentNumber { SegmentNumber(truncatingIfNeeded: packed) }

        static func < (left: Entry, right: Entry) -> Bool { left.packed < right.packed }
    }

    private var buckets: [Instant: [Entry]] = [:]
    /// A binary min-heap of the instants that have a bucket.
    private var heap: [Instant] = []

    /// The earliest instant with an entry.
    var first: Instant { heap.first ?? .never }

    mutating func add(_ entry: Entry, at instant: Instant) {
        guard instant != .never else { return }
        if buckets[instant]?.append(entry) == nil {
            buckets[instant] = [entry]
            heap.append(instant)
            siftUp(heap.count - 1)
        }
    }

    /// Takes the earliest bucket out, its entries in order, repeats included.
    mutating func removeFirst() -> [Entry] {
        guard let instant = heap.first else { return [] }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            siftDown()
        }
        return (buckets.removeValue(forKey: instant) ?? []).sorted()
    }

    private mutating func siftUp(_ start: Int) {
        var index = start
        while index > 0, heap[index] < heap[(index - 1) / 2] {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    private mutating func siftDown() {
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < heap.count {
                if heap[child] < heap[least] { least = child }
            }
            guard least != index else { return }
            heap.swapAt(index, least)
            index = least
        }
    }
}
