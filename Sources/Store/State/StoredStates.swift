import Core
import Engine
import LMDB

/// The rows of partners' working state, as of the last flush.
struct StoredStates {
    let tables: Tables

    /// The state of a partner that was there when the working state was flushed.
    func state(
        of partner: PartnerNumber, in transaction: borrowing ReadTransaction
    ) throws -> PartnerState {
        let state = try transaction.value(tables.states, Key.number(partner)) {
            try PartnerStateCoding.read($0)
        }
        guard let state else {
            throw StoreError.damaged("the state of partner number \(partner) is missing")
        }
        return state
    }

    /// Tells an engine that was restored of all partners.
    func note(
        _ count: UInt64, to engine: inout Engine, in transaction: borrowing ReadTransaction
    ) throws {
        var outline = PartnerOutline()
        var partner: PartnerNumber = 0
        try transaction.cursor(tables.states) { cursor in
            var isThere = try cursor.first()
            while isThere, partner < count {
                try cursor.withValue { try PartnerStateCoding.read($0, into: &outline) }
                guard engine.note(outline, of: partner) else {
                    throw StoreError.damaged(
                        "the state of partner number \(partner) names what can't be")
                }
                partner += 1
                isThere = try cursor.next()
            }
        }
        guard partner == count else {
            throw StoreError.damaged(
                "\(partner) partners' state is stored where \(count) should be")
        }
    }

    /// Stores the states that have changed.
    func putChanged(
        of engine: inout Engine, in transaction: borrowing WriteTransaction
    ) throws {
        var bytes: [UInt8] = []
        let changed = engine.changedPartners.list.sorted()
        for (place, partner) in changed.enumerated() {
            engine.prefetch(behind: place, of: changed.count) { changed[$0] }
            bytes.removeAll(keepingCapacity: true)
            engine.withState(of: partner) { PartnerStateCoding.append($0, to: &bytes) }
            try transaction.put(tables.states, Key.number(partner), bytes.span)
        }
    }

    /// A segment's members in the log's order of partners, with since.
    func membersWithSince(
        _ segment: SegmentNumber, of engine: borrowing Engine,
        in transaction: borrowing WriteTransaction
    ) throws -> [(partner: PartnerNumber, since: Instant)] {
        var outline = PartnerOutline()
        return try engine.members[Int(segment)].members.map { partner in
            let since: Instant?
            if engine.partners[Int(partner)].isAbsent {
                since = try transaction.value(tables.states, Key.number(partner)) { row in
                    try PartnerStateCoding.read(row, into: &outline)
                    return outline.memberships.since(segment)
                }.flatMap { $0 }
            } else {
                since = engine.partners[Int(partner)].memberships.since(segment)
            }
            guard let since else {
                throw StoreError.damaged(
                    "the state of partner number \(partner) lacks a membership")
            }
            return (partner, since)
        }
    }
}

extension [MembershipEntry] {
    /// Since when one is in a segment; nil where one is not in it.
    func since(_ segment: SegmentNumber) -> Instant? {
        first { $0.segment == segment }?.since
    }
}
