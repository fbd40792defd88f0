import Core
import Definitions
import Engine
import Wire

/// A record of the log in its stored form (`Schemas/FORMAT.md`, "log").
///
/// | bytes | meaning |
/// |---|---|
/// | 1 | kind |
/// | 1 | flags: 1 = history, 2 = a derived event that counts as of a later time |
/// | 8 | engine time, sortable |
/// | … | by kind |
///
/// An event goes on with: partner, distance to the partner's previous record (0 and the partner's
/// id for its first), engine time minus event time, the event's id, and its content in canonical
/// form. A derived event has source, depth and, where the flag says so, by how much its time is later than
/// the engine time in the place of time and id.
enum RecordCoding {
    enum Kind: UInt8 {
        case program = 1
        case event = 2
        case derived = 3
        case clock = 4
        case boundary = 5
        case definitions = 6
        case timezone = 7
        case restore = 8
    }

    /// What every record begins with.
    struct Header {
        var kind: Kind
        var isHistory: Bool
        var isLater = false
        var engineTime: Instant
    }

    /// An event as it lies in a record; ranges are into the record.
    struct StoredEvent {
        var partner: PartnerNumber
        var previous: EventSequence
        /// The partner's id, where this is its first record.
        var partnerID: Range<Int>?
        var time: Instant
        var id: Range<Int>
        var content: Range<Int>
    }

    /// A derived event as it lies in a record.
    struct StoredDerivedEvent {
        var partner: PartnerNumber
        var previous: EventSequence
        var source: SourceNumber
        var depth: UInt8
        var time: Instant
        var content: Range<Int>
    }

    /// Bytes before what depends on the kind.
    static let headerBytes = 10

    // MARK: Writing

    static func appendHeader(
        _ kind: Kind, _ record: LogRecord, isLater: Bool = false, to bytes: inout [UInt8]
    ) {
        bytes.append(kind.rawValue)
        bytes.append((record.isHistory ? 1 : 0) | (isLater ? 2 : 0))
        bytes.append(fixed64: Key.sortable(record.engineTime))
    }

    private static func appendChain(_ record: LogRecord, to bytes: inout [UInt8]) {
        bytes.append(varint: UInt64(record.partner ?? 0))
        bytes.append(varint: record.previous == 0 ? 0 : record.sequence - record.previous)
    }

    static func appendEvent(
        _ record: LogRecord, partnerID: Span<UInt8>, time: Instant, id: Span<UInt8>,
        content: Span<UInt8>, to bytes: inout [UInt8]
    ) {
        appendHeader(.event, record, to: &bytes)
        appendChain(record, to: &bytes)
        if record.previous == 0 { bytes.append(prefixed: partnerID) }
        bytes.append(zigzag: record.engineTime.microseconds - time.microseconds)
        bytes.append(prefixed: id)
        bytes.append(bytes: content)
    }

    static func appendDerived(
        _ record: LogRecord, _ event: DerivedEvent, texts: TextTable, to bytes: inout [UInt8]
    ) {
        let ahead = event.time.microseconds - record.engineTime.microseconds
        appendHeader(.derived, record, isLater: ahead > 0, to: &bytes)
        appendChain(record, to: &bytes)
        bytes.append(varint: UInt64(event.source))
        bytes.append(event.depth)
        if ahead > 0 { bytes.append(varint: UInt64(ahead)) }
        encodeContent(
            event.content, time: record.engineTime, tagSource: "automation", texts: texts,
            into: &bytes)
    }

    static func appendDefinitions(
        _ record: LogRecord, _ changes: [CanonicalChange], to bytes: inout [UInt8]
    ) {
        appendHeader(.definitions, record, to: &bytes)
        bytes.append(varint: UInt64(changes.count))
        for change in changes {
            bytes.append(change.kind.rawValue)
            bytes.append(prefixed: change.id.bytes.span)
            bytes.append(varint: UInt64(change.version))
            bytes.append(change.canonical == nil ? 0 : 1)
            if let canonical = change.canonical { bytes.append(prefixed: canonical.span) }
        }
    }

    static func appendTimeZone(
        _ record: LogRecord, _ zone: ZoneRules, to bytes: inout [UInt8]
    ) {
        appendHeader(.timezone, record, to: &bytes)
        zone.append(to: &bytes)
    }

    static func appendRestore(_ record: LogRecord, sends: UInt64, to bytes: inout [UInt8]) {
        appendHeader(.restore, record, to: &bytes)
        bytes.append(varint: sends)
    }

    // MARK: Reading

    static func header(
        _ record: Span<UInt8>, _ reader: inout ByteReader
    ) throws(WireError) -> Header {
        guard let kind = Kind(rawValue: try reader.byte(record)) else {
            throw WireError(.invalid("a known kind of record"), offset: 0)
        }
        let flags = try reader.byte(record)
        guard flags <= (kind == .derived ? 3 : 1) else {
            throw WireError(.invalid("known flags"), offset: 1)
        }
        return Header(
            kind: kind, isHistory: flags & 1 != 0, isLater: flags & 2 != 0,
            engineTime: try Key.instant(fromSortable: reader.fixed64(record)))
    }

    static func chain(
        _ record: Span<UInt8>, _ sequence: EventSequence, _ reader: inout ByteReader
    ) throws(WireError) -> (PartnerNumber, EventSequence) {
        let partner = PartnerNumber(truncatingIfNeeded: try reader.varint(record))
        let distance = try reader.varint(record)
        guard distance < sequence else {
            throw WireError(.invalid("a previous record"), offset: reader.offset)
        }
        return (partner, distance == 0 ? 0 : sequence - distance)
    }

    /// The partner whose event from outside a record holds; nil where it holds none.
    static func partnerOfInput(
        _ record: Span<UInt8>, _ sequence: EventSequence
    ) throws(WireError) -> PartnerNumber? {
        var reader = ByteReader()
        guard try header(record, &reader).kind == .event else { return nil }
        return try chain(record, sequence, &reader).0
    }

    static func event(
        _ record: Span<UInt8>, _ header: Header, sequence: EventSequence,
        _ reader: inout ByteReader
    ) throws(WireError) -> StoredEvent {
        let (partner, previous) = try chain(record, sequence, &reader)
        let partnerID = previous == 0 ? try reader.prefixed(record) : nil
        let lateness = try reader.zigzag(record)
        let (time, isBeyond) = header.engineTime.microseconds.subtractingReportingOverflow(lateness)
        guard !isBeyond, time >= 0, time <= Instant.latest.microseconds else {
            throw WireError(
                .invalid("an event of the years 1970 to 9999"), offset: reader.offset)
        }
        let id = try reader.prefixed(record)
        return StoredEvent(
            partner: partner, previous: previous, partnerID: partnerID,
            time: Instant(microseconds: time), id: id, content: reader.offset..<record.count)
    }

    static func derived(
        _ record: Span<UInt8>, _ header: Header, sequence: EventSequence,
        _ reader: inout ByteReader
    ) throws(WireError) -> StoredDerivedEvent {
        let (partner, previous) = try chain(record, sequence, &reader)
        let source = SourceNumber(truncatingIfNeeded: try reader.varint(record))
        let depth = try reader.byte(record)
        let time =
            header.isLater
            ? try reader.number(behind: header.engineTime.microseconds, record)
            : header.engineTime.microseconds
        guard time <= Instant.latest.microseconds else {
            throw WireError(
                .invalid("an event of the years 1970 to 9999"), offset: reader.offset)
        }
        return StoredDerivedEvent(
            partner: partner, previous: previous, source: source, depth: depth,
            time: Instant(microseconds: time), content: reader.offset..<record.count)
    }

    static func changes(
        _ record: Span<UInt8>, _ reader: inout ByteReader
    ) throws(WireError) -> [CanonicalChange] {
        var changes: [CanonicalChange] = []
        for _ in 0..<(try reader.varint(record)) {
            guard let kind = DefinitionKind(rawValue: try reader.byte(record)) else {
                throw WireError(.invalid("a kind of definition"), offset: reader.offset)
            }
            let id = Name(bytes: bytes(record, try reader.prefixed(record)))
            let version = UInt32(truncatingIfNeeded: try reader.varint(record))
            let canonical =
                try reader.byte(record) == 1 ? bytes(record, try reader.prefixed(record)) : nil
            changes.append(
                CanonicalChange(kind: kind, id: id, version: version, canonical: canonical))
        }
        return changes
    }

    /// How many sends a backup held when it was restored.
    static func restoredSends(
        _ record: Span<UInt8>, _ reader: inout ByteReader
    ) throws(WireError) -> UInt64 {
        try reader.varint(record)
    }

    static func bytes(_ record: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
        record.extracting(range).withUnsafeBufferPointer { [UInt8]($0) }
    }
}
