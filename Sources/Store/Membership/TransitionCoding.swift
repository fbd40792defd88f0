import Core
import Engine
import Wire

/// Transitions of one segment, several in a row (`Schemas/FORMAT.md`, "transitions").
///
/// A row's key is the place of its first transition. Its value begins with how much there was of the
/// segment before that, so that a count at any moment costs one row. Each transition is the distance in
/// time and sequence from the one before, and the partner with two flags.
enum TransitionCoding {
    /// Rows stay below LMDB's limit for values that lie in the page.
    static let rowBytesMax = 1_900

    /// A row ready to be written.
    struct Row {
        var key: [UInt8]
        var value: [UInt8]
    }

    /// What a segment's transitions up to a place add up to.
    struct Count: Equatable {
        /// How many there are.
        var transitions = 0
        /// How many members they leave.
        var members = 0

        mutating func add(_ transition: Transition) {
            transitions += 1
            members += transition.entered ? 1 : -1
        }
    }

    /// The rows of a batch's transitions, by segment and in order.
    ///
    /// - Parameters:
    ///   - transitions: The transitions, in order.
    ///   - counts: By segment, what there was before them; then with them.
    /// - Returns: The rows, in order of their keys.
    static func rows(_ transitions: [Transition], after counts: inout [Count]) -> [Row] {
        var bySegment: [SegmentNumber: [Int]] = [:]
        for (index, transition) in transitions.enumerated() {
            bySegment[transition.segment, default: []].append(index)
        }
        var rows: [Row] = []
        for segment in bySegment.keys.sorted() {
            var count = counts[Int(segment)]
            defer { counts[Int(segment)] = count }
            var value: [UInt8] = []
            var key: [UInt8] = []
            var part: UInt32 = 0
            var time = Instant.unset
            var sequence: EventSequence = 0
            for index in bySegment[segment] ?? [] {
                let transition = transitions[index]
                if value.isEmpty {
                    (time, sequence) = (transition.time, transition.sequence)
                    key = Key.moment(segment, time, sequence, part: part)
                    part += 1
                    value.append(varint: UInt64(clamping: count.transitions))
                    value.append(varint: UInt64(clamping: count.members))
                }
                count.add(transition)
                value.append(varint: UInt64(transition.time.microseconds - time.microseconds))
                value.append(varint: transition.sequence - sequence)
                value.append(
                    varint: UInt64(transition.partner) << 2
                        | (transition.entered ? 2 : 0) | (transition.byDefinition ? 1 : 0))
                (time, sequence) = (transition.time, transition.sequence)
                if value.count >= rowBytesMax {
                    rows.append(Row(key: key, value: value))
                    value = []
                }
            }
            if !value.isEmpty { rows.append(Row(key: key, value: value)) }
        }
        return rows
    }

    /// What there was of a segment before a row's first transition.
    static func count(before value: Span<UInt8>) throws -> Count {
        var reader = ByteReader()
        return try readCount(value, &reader)
    }

    private static func readCount(
        _ value: Span<UInt8>, _ reader: inout ByteReader
    ) throws -> Count {
        // Damage can make any number of them, and they are counted on from.
        let most = Int.max / 2
        let transitions = min(Int(clamping: try reader.varint(value)), most)
        return Count(
            transitions: transitions, members: min(Int(clamping: try reader.varint(value)), most))
    }

    /// Gives a row's transitions to a body, in order, until it returns false.
    ///
    /// - Returns: Whether the body wants more.
    static func read(
        key: Span<UInt8>, value: Span<UInt8>, _ body: (Transition) throws -> Bool
    ) throws -> Bool {
        var keyReader = ByteReader()
        let segment = try keyReader.fixed32(key)
        var time = try Key.instant(fromSortable: keyReader.fixed64(key))
        var sequence = try keyReader.fixed64(key)
        var reader = ByteReader()
        _ = try readCount(value, &reader)
        while !reader.isAtEnd(value) {
            time = Instant(microseconds: try reader.number(behind: time.microseconds, value))
            sequence = try reader.number(behind: sequence, value)
            let last = try reader.varint(value)
            let wantsMore = try body(
                Transition(
                    segment: segment, partner: PartnerNumber(truncatingIfNeeded: last >> 2),
                    time: time, sequence: sequence, entered: last & 2 != 0,
                    byDefinition: last & 1 != 0))
            if !wantsMore { return false }
        }
        return true
    }
}
