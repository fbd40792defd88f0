import Core
import Engine
import LMDB
import Wire

/// The rows of partners' working state, as of the last flush (`Schemas/FORMAT.md`, "states").
///
/// Every partner has a row in `states`. A flush of many partners out of far more would rewrite nearly
/// all pages of that table for a row or two on each; it appends its rows to `state_layers` instead, as
/// a layer of their own (``StateFlush``). A partner's state is its row in the newest layer that has
/// one, else the one in `states`.
struct StoredStates {
    let tables: Tables

    /// More would make looking for a row slow.
    static let layersMax: UInt32 = 8

    // MARK: One partner

    /// Gives a partner's row to a body, or returns nil where there is none.
    func row<Result>(
        of partner: PartnerNumber, in transaction: borrowing some Transaction & ~Copyable,
        _ body: (Span<UInt8>) throws -> Result
    ) throws -> Result? {
        let newest = try newestLayer(in: transaction)
        let place = try place(of: partner, upTo: newest, in: transaction)
        return try transaction.value(place.table, place.key, body)
    }

    /// Where a partner's row is, given the newest layer; in `states` where there is none.
    func place(
        of partner: PartnerNumber, upTo newest: UInt32,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws -> (table: Environment.Table, key: [UInt8]) {
        var layer = newest
        while layer > 0 {
            let key = Key.state(layer: layer, partner)
            if try transaction.value(tables.stateLayers, key, { _ in true }) != nil {
                return (tables.stateLayers, key)
            }
            layer -= 1
        }
        return (tables.states, Key.number(partner))
    }

    /// The state of a partner that was there when the working state was flushed.
    func state(
        of partner: PartnerNumber, in transaction: borrowing ReadTransaction
    ) throws -> PartnerState {
        let state = try row(of: partner, in: transaction) { try PartnerStateCoding.read($0) }
        guard let state else { throw Self.missing(partner) }
        return state
    }

    // MARK: Everybody

    /// The number of the newest layer; 0 where there is none.
    func newestLayer(
        in transaction: borrowing some Transaction & ~Copyable
    ) throws -> UInt32 {
        try transaction.cursor(tables.stateLayers) { cursor in
            try cursor.last() ? try cursor.withKey { try Self.layerKey($0).layer } : 0
        }
    }

    /// For each partner the newest layer with a row of the partner's; 0 where there is none.
    func newestLayers(
        partners: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws -> [UInt32] {
        var newest = [UInt32](repeating: 0, count: partners)
        try transaction.cursor(tables.stateLayers) { cursor in
            var isThere = try cursor.first()
            while isThere {
                let key = try cursor.withKey { try Self.layerKey($0) }
                guard key.partner < partners else {
                    throw StoreError.damaged("a state belongs to nobody")
                }
                newest[Int(key.partner)] = key.layer
                isThere = try cursor.next()
            }
        }
        return newest
    }

    /// Gives every partner's row to a body, in no order.
    ///
    /// - Parameters:
    ///   - partners: How many there should be.
    ///   - transaction: The snapshot.
    ///   - body: Is given a partner's number and row.
    /// - Throws: ``StoreError/damaged(_:)`` where there are others, or what `body` throws.
    func eachRow(
        partners: UInt64, in transaction: borrowing ReadTransaction,
        _ body: (PartnerNumber, Span<UInt8>) throws -> Void
    ) throws {
        let stored = try transaction.size(of: tables.states).entries
        guard stored == partners else {
            throw StoreError.damaged(
                "\(stored) partners' state is stored where \(partners) should be")
        }
        let partners = stored
        let newest = try newestLayers(partners: partners, in: transaction)
        try transaction.cursor(tables.stateLayers) { cursor in
            var isThere = try cursor.first()
            while isThere {
                let key = try cursor.withKey { try Self.layerKey($0) }
                if newest[Int(key.partner)] == key.layer {
                    try cursor.withValue { try body(key.partner, $0) }
                }
                isThere = try cursor.next()
            }
        }
        try transaction.cursor(tables.states) { cursor in
            var isThere = try cursor.first()
            for partner in 0..<PartnerNumber(partners) {
                guard isThere, cursor.isAt(partner)
                else { throw Self.missing(partner) }
                if newest[Int(partner)] == 0 {
                    try cursor.withValue { try body(partner, $0) }
                }
                isThere = try cursor.next()
            }
        }
    }

    private static func missing(_ partner: PartnerNumber) -> StoreError {
        .damaged("the state of partner number \(partner) is missing")
    }

    private static func layerKey(
        _ key: Span<UInt8>
    ) throws -> (layer: UInt32, partner: PartnerNumber) {
        var reader = ByteReader()
        let layer = try reader.fixed32(key)
        guard (1...layersMax).contains(layer) else {
            throw StoreError.damaged("a state is in layer \(layer)")
        }
        return (layer, try reader.fixed32(key))
    }

    // MARK: What engines take from them

    /// Tells an engine that was restored of all partners.
    func note(
        _ count: UInt64, to engine: inout Engine, in transaction: borrowing ReadTransaction
    ) throws {
        var outline = PartnerOutline()
        try eachRow(partners: count, in: transaction) { partner, row in
            try PartnerStateCoding.read(row, into: &outline)
            guard engine.note(outline, of: partner) else {
                throw StoreError.damaged(
                    "the state of partner number \(partner) names what can't be")
            }
        }
    }

    /// A segment's members in the log's order of partners, with since; the engine is lent to load them ahead.
    func membersWithSince(
        _ segment: SegmentNumber, of engine: inout Engine,
        in transaction: borrowing ReadTransaction
    ) throws -> [(partner: PartnerNumber, since: Instant)] {
        var outline = PartnerOutline()
        let members = engine.members[Int(segment)].members
        return try members.indices.map { place in
            engine.prefetch(behind: place, of: members.count) { members[$0] }
            let partner = members[place]
            let since: Instant?
            if engine.partners[Int(partner)].isAbsent {
                since = try row(of: partner, in: transaction) { row in
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
