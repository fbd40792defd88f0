import Core
import Engine
import LMDB

/// How much is stored of each segment's history: what a writer goes on from.
struct SegmentHistories {
    /// By segment number, what all transitions add up to.
    private var counts: [TransitionCoding.Count] = []
    /// By segment number, how many transitions there were at the last checkpoint.
    private var atCheckpoint: [Int] = []

    /// Reads how much there is of so many segments at a store's head.
    init(
        segments: Int, _ head: Head, _ tables: Tables, _ transaction: borrowing ReadTransaction
    ) throws {
        for segment in 0..<SegmentNumber(segments) {
            counts.append(
                try MembershipHistory.count(
                    of: segment, at: .sequence(head.sequence), tables, transaction))
            atCheckpoint.append(
                try MembershipHistory.transitionsAtCheckpoint(of: segment, tables, transaction))
        }
    }

    /// The rows of a batch's transitions, and that they are stored from now on.
    mutating func add(_ transitions: [Transition], segments: Int) -> [TransitionCoding.Row] {
        while counts.count < segments {
            counts.append(TransitionCoding.Count())
            atCheckpoint.append(0)
        }
        return TransitionCoding.rows(transitions, after: &counts)
    }

    /// The segments whose next checkpoint is due, given how many members each has.
    func dueForCheckpoint(_ members: (Int) -> Int) -> [Int] {
        counts.indices.filter { segment in
            Checkpoints.isDue(
                transitions: counts[segment].transitions - atCheckpoint[segment],
                members: members(segment))
        }
    }

    /// Notes that a segment's checkpoint is stored.
    mutating func noteCheckpoint(of segment: Int) {
        atCheckpoint[segment] = counts[segment].transitions
    }
}
