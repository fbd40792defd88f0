import Core
import Engine
import Wire

/// A send as it is kept: its texts are numbers but for the address, which is the one decided on.
struct StoredSend: Equatable {
    /// How many sends before this one the same partner's previous one lies; 0 where it has none.
    var distance: UInt64
    var source: SourceNumber
    var partner: PartnerNumber
    var ordinal: UInt32
    var address: [UInt8]?
    var template: UInt32
    var templateVersion: UInt32
    var decidedAt: Instant
    var sequence: EventSequence
    /// The log's latest record at the decision.
    var knownUpTo: EventSequence
    var suppressed: SendSuppression?

    init(_ send: Send, texts: TextTable) {
        distance = send.previous.map { send.number - $0 } ?? 0
        source = send.source
        partner = send.partner
        ordinal = send.ordinal
        address = send.address.map { texts.name($0).bytes }
        template = send.template
        templateVersion = send.templateVersion
        decidedAt = send.decidedAt
        sequence = send.sequence
        knownUpTo = send.knownUpTo
        suppressed = send.suppressed
    }

    /// Appends the row (`Schemas/FORMAT.md`, "sends").
    func append(to bytes: inout [UInt8]) {
        bytes.append(fixed64: Key.sortable(decidedAt))
        bytes.append(varint: sequence)
        bytes.append(varint: distance)
        bytes.append(varint: UInt64(source))
        bytes.append(varint: UInt64(partner))
        bytes.append(varint: UInt64(ordinal))
        bytes.append(varint: UInt64(template))
        bytes.append(varint: UInt64(templateVersion))
        bytes.append(suppressed.map { $0.rawValue + 1 } ?? 0)
        bytes.append(varint: address.map { UInt64($0.count) + 1 } ?? 0)
        if let address { bytes.append(bytes: address.span) }
        if knownUpTo > sequence { bytes.append(varint: knownUpTo - sequence) }
    }

    init(_ row: Span<UInt8>) throws(WireError) {
        var reader = ByteReader()
        decidedAt = try Key.instant(fromSortable: reader.fixed64(row))
        sequence = try reader.varint(row)
        distance = try reader.varint(row)
        source = SourceNumber(truncatingIfNeeded: try reader.varint(row))
        partner = PartnerNumber(truncatingIfNeeded: try reader.varint(row))
        ordinal = UInt32(truncatingIfNeeded: try reader.varint(row))
        template = UInt32(truncatingIfNeeded: try reader.varint(row))
        templateVersion = UInt32(truncatingIfNeeded: try reader.varint(row))
        let reason = try reader.byte(row)
        suppressed = reason == 0 ? nil : SendSuppression(rawValue: reason - 1)
        guard reason == 0 || suppressed != nil else {
            throw WireError(.invalid("a known reason of suppression"), offset: reader.offset - 1)
        }
        let length = try reader.varint(row)
        address =
            length == 0
            ? nil
            : RecordCoding.bytes(row, try reader.take(Int(clamping: length - 1), of: row))
        let further = reader.offset < row.count ? try reader.varint(row) : 0
        guard further <= .max - sequence else {
            throw WireError(.invalid("a sequence number"), offset: reader.offset - 1)
        }
        knownUpTo = sequence + further
    }
}

extension StoredSend {
    /// The partner of a row, without the rest of it.
    static func partner(of row: Span<UInt8>) throws(WireError) -> PartnerNumber {
        var reader = ByteReader(offset: 8)
        for _ in 0..<3 { _ = try reader.varint(row) }
        return PartnerNumber(truncatingIfNeeded: try reader.varint(row))
    }
}

/// Rows of runs and halts (`Schemas/FORMAT.md`, "runs" and "halts").
enum DecisionCoding {
    static func append(_ run: Run, to bytes: inout [UInt8]) {
        bytes.append(fixed64: Key.sortable(run.at))
        bytes.append(varint: run.sequence)
        bytes.append(varint: UInt64(run.workflow))
        bytes.append(varint: UInt64(run.members))
        bytes.append(varint: UInt64(run.withAddress))
        bytes.append(varint: UInt64(run.sent))
        bytes.append(run.isBlocked ? 1 : 0)
    }

    static func run(_ row: Span<UInt8>) throws(WireError) -> Run {
        var reader = ByteReader()
        let at = try Key.instant(fromSortable: reader.fixed64(row))
        let sequence = try reader.varint(row)
        return Run(
            workflow: SourceNumber(truncatingIfNeeded: try reader.varint(row)), at: at,
            sequence: sequence, members: Int(clamping: try reader.varint(row)),
            withAddress: Int(clamping: try reader.varint(row)),
            sent: Int(clamping: try reader.varint(row)), isBlocked: try reader.byte(row) == 1)
    }

    static func append(_ halt: Halt, to bytes: inout [UInt8]) {
        bytes.append(fixed64: Key.sortable(halt.time))
        bytes.append(varint: halt.sequence)
        bytes.append(varint: UInt64(halt.automation))
        bytes.append(varint: UInt64(halt.partner))
    }

    static func halt(_ row: Span<UInt8>) throws(WireError) -> Halt {
        var reader = ByteReader()
        let time = try Key.instant(fromSortable: reader.fixed64(row))
        let sequence = try reader.varint(row)
        return Halt(
            automation: SourceNumber(truncatingIfNeeded: try reader.varint(row)),
            partner: PartnerNumber(truncatingIfNeeded: try reader.varint(row)), time: time,
            sequence: sequence)
    }
}
