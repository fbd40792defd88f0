import Core
import Engine
import LMDB
import Wire

/// Whole sets, stored every so many transitions, so that a past membership costs its answer and a
/// bounded number of transitions (SPEC 8, promise 5).
///
/// Rows: segment, engine time, sequence, part → number of members left in this and later parts, then
/// for each member the distance of its number and of its since from the one before.
enum Checkpoints {
    private static let rowBytesMax = 1_900
    private static let transitionsMin = 4_096

    /// Whether so many transitions after the last checkpoint call for a new one.
    static func isDue(transitions: Int, members: Int) -> Bool {
        transitions >= max(transitionsMin, members)
    }

    /// The rows of a segment's members, who are in order of their numbers, with since.
    static func add(
        _ members: [(partner: PartnerNumber, since: Instant)], of segment: SegmentNumber,
        at time: Instant, _ sequence: EventSequence, in table: Environment.Table,
        to rows: inout EncodedRows
    ) {
        var part: UInt32 = 0
        var next = 0
        repeat {
            var value: [UInt8] = []
            value.append(varint: UInt64(members.count - next))
            var partner: PartnerNumber = 0
            var since: Int64 = 0
            while next < members.count, value.count < rowBytesMax {
                let member = members[next]
                value.append(varint: UInt64(member.partner - partner))
                value.append(zigzag: member.since.microseconds - since)
                (partner, since) = (member.partner, member.since.microseconds)
                next += 1
            }
            rows.add(to: table, Key.moment(segment, time, sequence, part: part)) { $0 += value }
            part += 1
        } while next < members.count
    }

    /// Reads the rows of the checkpoint that the cursor stands on the first row of.
    static func read(
        _ cursor: inout Cursor, _ body: (PartnerNumber, Instant) -> Void
    ) throws {
        var left = 0
        repeat {
            try cursor.withValue { row in
                var reader = ByteReader()
                left = Int(clamping: try reader.varint(row))
                var partner: PartnerNumber = 0
                var since: Int64 = 0
                while !reader.isAtEnd(row) {
                    partner = try reader.number(behind: partner, row)
                    since = try reader.number(besides: since, row)
                    body(partner, Instant(microseconds: since))
                    left -= 1
                }
            }
            guard left > 0 else { return }
        } while try cursor.next()
        throw StoreError.damaged("a checkpoint lacks its last \(left) members")
    }
}

/// The place of a row in a segment's history, from its key.
struct HistoryPlace {
    var segment: SegmentNumber
    var time: Instant
    var sequence: EventSequence
    var part: UInt32

    init(_ key: Span<UInt8>) throws(WireError) {
        var reader = ByteReader()
        segment = try reader.fixed32(key)
        time = try Key.instant(fromSortable: reader.fixed64(key))
        sequence = try reader.fixed64(key)
        part = try reader.fixed32(key)
    }
}
