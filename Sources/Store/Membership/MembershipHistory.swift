import Core
import Engine
import LMDB
import Wire

/// Who was in a segment at a past moment, from the nearest checkpoint before it and the transitions
/// from there on (SPEC 6, 8).
enum MembershipHistory {
    /// The members at a moment, with since; all of them are among so many partners.
    static func members(
        of segment: SegmentNumber, at moment: LogPlace, among partners: UInt64, _ tables: Tables,
        _ transaction: borrowing ReadTransaction
    ) throws -> PastMembers {
        var members = PastMembers(among: partners)
        let place = try lastCheckpoint(
            of: segment, at: moment, tables, transaction, body: { members.enter($0, at: $1) })
        try eachTransition(of: segment, after: place, tables, transaction) { transition in
            guard moment.includes(transition.time, transition.sequence) else { return false }
            if transition.entered {
                members.enter(transition.partner, at: transition.time)
            } else {
                members.leave(transition.partner)
            }
            return true
        }
        return try members.checked()
    }

    /// What a segment's transitions up to a moment add up to: how many there are, and how many members
    /// they leave.
    static func count(
        of segment: SegmentNumber, at moment: LogPlace, _ tables: Tables,
        _ transaction: borrowing ReadTransaction
    ) throws -> TransitionCoding.Count {
        let end: (time: Instant, sequence: EventSequence)
        switch moment {
        case .time(let time): end = (time, .max)
        case .sequence(let sequence):
            end = (try tables.engineTime(of: sequence, transaction), sequence)
        }
        return try transaction.cursor(tables.transitions) { cursor in
            // What comes later has a later time and a later sequence.
            let isThere = try cursor.seekLast(
                notAfter: Key.moment(segment, end.time, end.sequence, part: .max))
            guard isThere, try cursor.withKey({ try HistoryPlace($0) }).segment == segment else {
                return TransitionCoding.Count()
            }
            return try cursor.withKey { key in
                try cursor.withValue { value in
                    var count = try TransitionCoding.count(before: value)
                    _ = try TransitionCoding.read(key: key, value: value) { transition in
                        guard moment.includes(transition.time, transition.sequence) else {
                            return false
                        }
                        count.add(transition)
                        return true
                    }
                    return count
                }
            }
        }
    }

    /// A partner's last transition in a segment up to a moment, looked for from there backwards, to an
    /// instant before which the partner has none; nil where the partner was never in the segment.
    static func lastTransition(
        of segment: SegmentNumber, of partner: PartnerNumber, at moment: LogPlace,
        notBefore first: Instant, _ tables: Tables, _ transaction: borrowing ReadTransaction
    ) throws -> Transition? {
        var last: Transition?
        try eachTransitionBackwards(
            of: segment, of: partner, at: moment, notBefore: first, tables, transaction
        ) {
            last = $0
            return false
        }
        return last
    }

    /// Gives a partner's transitions in a segment up to a moment, the latest first, until the body
    /// returns false.
    static func eachTransitionBackwards(
        of segment: SegmentNumber, of partner: PartnerNumber, at moment: LogPlace,
        notBefore first: Instant, _ tables: Tables, _ transaction: borrowing ReadTransaction,
        _ body: (Transition) -> Bool
    ) throws {
        let end: Instant
        switch moment {
        case .time(let time): end = time
        case .sequence: end = .never
        }
        try transaction.cursor(tables.transitions) { cursor in
            var isThere = try cursor.seekLast(
                notAfter: Key.moment(segment, end, .max, part: .max))
            while isThere {
                let place = try cursor.withKey { try HistoryPlace($0) }
                guard place.segment == segment else { return }
                var found: [Transition] = []
                try cursor.withKey { key in
                    try cursor.withValue { value in
                        _ = try TransitionCoding.read(key: key, value: value) { transition in
                            guard moment.includes(transition.time, transition.sequence) else {
                                return false
                            }
                            if transition.partner == partner { found.append(transition) }
                            return true
                        }
                    }
                }
                for transition in found.reversed() where !body(transition) { return }
                guard place.time >= first else { return }
                isThere = try cursor.previous()
            }
        }
    }

    /// How many transitions of a segment there were at its last checkpoint; 0 where it has none.
    static func transitionsAtCheckpoint(
        of segment: SegmentNumber, _ tables: Tables, _ transaction: borrowing ReadTransaction
    ) throws -> Int {
        let place = try lastCheckpoint(
            of: segment, at: .time(.never), tables, transaction, body: nil)
        guard let place else { return 0 }
        return try count(of: segment, at: .sequence(place.sequence), tables, transaction)
            .transitions
    }

    /// Finds the last checkpoint at or before a moment and gives its members to a body.
    private static func lastCheckpoint(
        of segment: SegmentNumber, at moment: LogPlace, _ tables: Tables,
        _ transaction: borrowing ReadTransaction, body: ((PartnerNumber, Instant) -> Void)?
    ) throws -> HistoryPlace? {
        try transaction.cursor(tables.checkpoints) { cursor in
            let time: Instant
            switch moment {
            case .time(let last): time = last
            case .sequence: time = .never
            }
            var isThere = try cursor.seekLast(
                notAfter: Key.moment(segment, time, .max, part: .max))
            while isThere {
                let place = try cursor.withKey { try HistoryPlace($0) }
                guard place.segment == segment else { return nil }
                if place.part == 0, moment.includes(place.time, place.sequence) {
                    if let body { try Checkpoints.read(&cursor, body) }
                    return place
                }
                // Straight to the checkpoint's first row, or to the checkpoint before it.
                isThere =
                    place.part > 0
                    ? try cursor.seek(Key.moment(segment, place.time, place.sequence, part: 0))
                    : try cursor.previous()
            }
            return nil
        }
    }

    private static func eachTransition(
        of segment: SegmentNumber, after place: HistoryPlace?, _ tables: Tables,
        _ transaction: borrowing ReadTransaction, _ body: (Transition) throws -> Bool
    ) throws {
        // Batches end at a checkpoint, so no row reaches over one.
        let start =
            place.map { Key.moment(segment, $0.time, $0.sequence + 1, part: 0) }
            ?? Key.moment(segment, .unset, 0, part: 0)
        try transaction.cursor(tables.transitions) { cursor in
            var isThere = try cursor.seek(start)
            while isThere {
                let key = try cursor.withKey { try HistoryPlace($0) }
                guard key.segment == segment else { return }
                let wantsMore = try cursor.withKey { key in
                    try cursor.withValue { value in
                        try TransitionCoding.read(key: key, value: value, body)
                    }
                }
                guard wantsMore else { return }
                isThere = try cursor.next()
            }
        }
    }
}
