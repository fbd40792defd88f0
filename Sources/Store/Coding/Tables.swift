import Core
import Engine
import LMDB
import Wire

/// The tables of a store and how their keys are made (`Schemas/FORMAT.md`).
///
/// All keys are big-endian numbers, so that they sort as the numbers do and every table that is
/// written in each commit only grows at its end.
struct Tables: Sendable {
    /// Sequence → record.
    let log: Environment.Table
    /// Block number → hash over the block and the one before.
    let blocks: Environment.Table
    /// Chunk number → fingerprints of event ids.
    let fingerprints: Environment.Table
    /// Number of the first partner → ids of several partners.
    let partnerIDs: Environment.Table
    /// Segment, engine time, sequence, part → transitions.
    let transitions: Environment.Table
    /// Segment, engine time, sequence, part → the whole set with since.
    let checkpoints: Environment.Table
    /// Send number → send.
    let sends: Environment.Table
    /// Run number → run.
    let runs: Environment.Table
    /// Halt number → halt.
    let halts: Environment.Table
    /// Sequence of each definition record.
    let definitions: Environment.Table
    /// Sequence of each zone record and restore mark → its kind.
    let marks: Environment.Table
    /// Send number → what became of it since its decision.
    let deliveries: Environment.Table
    /// Place in time, send number → nothing: sends that are not done.
    let outbox: Environment.Table
    /// Working state: partner number → facts and marks.
    let states: Environment.Table
    /// Working state: layer, partner number → facts and marks, newer than those in `states`.
    let stateLayers: Environment.Table
    /// Working state: number of the first text → several texts.
    let texts: Environment.Table
    /// Single rows by name.
    let meta: Environment.Table
    static let names = [
        "log", "blocks", "fingerprints", "partner_ids", "transitions", "checkpoints", "sends",
        "runs", "halts", "definitions", "marks", "deliveries", "outbox", "states",
        "state_layers", "texts", "meta",
    ]

    /// All of them.
    let all: [Environment.Table]

    init(
        _ environment: Environment, creating: Bool, comparesChecksums: Bool = true
    ) throws(LMDBError) {
        let tables = try environment.tables(Self.names, creating: creating)
            .map { $0.checked(comparesChecksums) }
        all = tables
        log = tables[0]
        blocks = tables[1]
        fingerprints = tables[2]
        partnerIDs = tables[3]
        transitions = tables[4]
        checkpoints = tables[5]
        sends = tables[6]
        runs = tables[7]
        halts = tables[8]
        definitions = tables[9]
        marks = tables[10]
        deliveries = tables[11]
        outbox = tables[12]
        states = tables[13]
        stateLayers = tables[14]
        texts = tables[15]
        meta = tables[16]
    }
}

/// Keys of the tables.
enum Key {
    static let head = Array("head".utf8)
    static let state = Array("state".utf8)
    static let emitted = Array("emitted".utf8)
    static let deliveredUpTo = Array("delivered".utf8)
    static let released = Array("released".utf8)
    static let imported = Array("imported".utf8)

    static func number(_ number: UInt64) -> [UInt8] {
        var key: [UInt8] = []
        key.reserveCapacity(8)
        key.append(fixed64: number)
        return key
    }

    static func number(_ number: UInt32) -> [UInt8] {
        var key: [UInt8] = []
        key.reserveCapacity(4)
        key.append(fixed32: number)
        return key
    }

    /// The number that a key is.
    static func number(of key: Span<UInt8>) throws(WireError) -> UInt64 {
        var reader = ByteReader()
        return try reader.fixed64(key)
    }

    /// A partner's state in a layer.
    static func state(layer: UInt32, _ partner: PartnerNumber) -> [UInt8] {
        var key: [UInt8] = []
        key.reserveCapacity(8)
        key.append(fixed32: layer)
        key.append(fixed32: partner)
        return key
    }

    /// A place in a segment's history.
    static func moment(
        _ segment: SegmentNumber, _ time: Instant, _ sequence: EventSequence, part: UInt32
    ) -> [UInt8] {
        var key: [UInt8] = []
        key.reserveCapacity(24)
        key.append(fixed32: segment)
        key.append(fixed64: sortable(time))
        key.append(fixed64: sequence)
        key.append(fixed32: part)
        return key
    }

    /// An instant as a number that sorts like it.
    static func sortable(_ time: Instant) -> UInt64 {
        UInt64(bitPattern: time.microseconds) ^ (1 << 63)
    }

    /// Reads an instant that was made sortable.
    ///
    /// - Throws: ``WireError`` where it is neither one that the engine can reach nor the clock's or the
    ///   outbox's bounds, which damage can make of it.
    static func instant(fromSortable number: UInt64) throws(WireError) -> Instant {
        let instant = Instant(microseconds: Int64(bitPattern: number ^ (1 << 63)))
        let isBound = instant == .unset || instant.microseconds >= Instant.never.microseconds - 1
        guard isBound || instant.microseconds >= 0 && instant <= .latest else {
            throw WireError(.invalid("an instant of the years 1970 to 9999"), offset: 0)
        }
        return instant
    }
}

extension Cursor {
    /// Whether it stands at the entry of a number.
    func isAt(_ number: UInt64) -> Bool {
        withKey { key in
            var reader = ByteReader()
            return key.count == 8 && (try? reader.fixed64(key)) == number
        }
    }

    /// Whether it stands at the entry of a number.
    func isAt(_ number: UInt32) -> Bool {
        withKey { key in
            var reader = ByteReader()
            return key.count == 4 && (try? reader.fixed32(key)) == number
        }
    }
}
