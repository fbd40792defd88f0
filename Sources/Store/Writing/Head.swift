import Core
import Wire

/// Where the store stands after its last commit (`Schemas/FORMAT.md`, "meta").
struct Head: Equatable {
    var sequence: UInt64 = 0
    var now = Instant.unset
    var partners: UInt64 = 0
    var sends: UInt64 = 0
    var runs: UInt64 = 0
    var halts: UInt64 = 0
    /// The chain of hashes over everything up to the last record.
    var hash: [UInt8] = []

    init() {}

    var row: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(varint: sequence)
        bytes.append(fixed64: Key.sortable(now))
        for count in [partners, sends, runs, halts] { bytes.append(varint: count) }
        bytes.append(prefixed: hash.span)
        return bytes
    }

    init(_ row: Span<UInt8>) throws(WireError) {
        var reader = ByteReader()
        sequence = try reader.varint(row)
        now = try Key.instant(fromSortable: reader.fixed64(row))
        partners = try reader.varint(row)
        sends = try reader.varint(row)
        runs = try reader.varint(row)
        halts = try reader.varint(row)
        hash = RecordCoding.bytes(row, try reader.prefixed(row))
    }
}

/// Up to where the stored working state is good, and what belongs to it.
struct StateMark: Equatable {
    var sequence: UInt64
    var now: Instant
    var isInHistory: Bool
    var partners: UInt64
    var texts: UInt64
    var sends: UInt64

    init(
        sequence: UInt64, now: Instant, isInHistory: Bool, partners: UInt64, texts: UInt64,
        sends: UInt64
    ) {
        self.sequence = sequence
        self.now = now
        self.isInHistory = isInHistory
        self.partners = partners
        self.texts = texts
        self.sends = sends
    }

    var row: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(varint: sequence)
        bytes.append(fixed64: Key.sortable(now))
        bytes.append(isInHistory ? 1 : 0)
        for count in [partners, texts, sends] { bytes.append(varint: count) }
        return bytes
    }

    init(_ row: Span<UInt8>) throws(WireError) {
        var reader = ByteReader()
        sequence = try reader.varint(row)
        now = try Key.instant(fromSortable: reader.fixed64(row))
        let flag = try reader.byte(row)
        guard flag <= 1 else { throw WireError(.invalid("0 or 1"), offset: reader.offset - 1) }
        isInHistory = flag == 1
        partners = try reader.varint(row)
        texts = try reader.varint(row)
        sends = try reader.varint(row)
    }
}
