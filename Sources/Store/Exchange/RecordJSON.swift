import Core
import Definitions
import Hashing
import Wire

/// Records as lines of JSON.
struct RecordJSON {
    /// Ids by partner number.
    let partners: TextTable
    let catalog: Catalog

    /// Appends a record that came from outside as a line; nothing where the engine made it.
    func appendInput(
        _ record: Span<UInt8>, _ sequence: EventSequence, to line: inout [UInt8]
    ) throws {
        var reader = ByteReader()
        let header = try RecordCoding.header(record, &reader)
        guard header.kind != .boundary, header.kind != .derived else { return }
        line.append(UInt8(ascii: "{"))
        line.append(jsonKey: "record")
        line.append(jsonString: header.kind.word)
        switch header.kind {
        case .program: appendProgram(try ProgramRecord(record, &reader), to: &line)
        case .event:
            appendMoment(header, to: &line)
            line.append(jsonKey: "event")
            try appendEvent(record, header, sequence, &reader, to: &line)
        case .clock: appendMoment(header, to: &line)
        case .definitions: try appendDefinitions(record, &reader, to: &line)
        case .timezone: appendZone(try ZoneRules(record, &reader), to: &line)
        case .restore: try appendRestore(record, &reader, to: &line)
        case .boundary, .derived: break
        }
        line.append(ascii: "}\n")
    }

    /// Appends any record as a line, with its content and its stored bytes.
    func appendLogged(
        _ record: Span<UInt8>, _ sequence: EventSequence, to line: inout [UInt8]
    ) throws {
        var reader = ByteReader()
        let header = try RecordCoding.header(record, &reader)
        line.append(UInt8(ascii: "{"))
        line.append(jsonKey: "seq")
        line.append(decimal: sequence)
        line.append(jsonKey: "kind")
        line.append(jsonString: header.kind.word)
        line.append(jsonKey: "at")
        if header.engineTime == .unset {
            line.append(ascii: "null")
        } else {
            line.append(jsonInstant: header.engineTime)
        }
        line.append(jsonKey: "history")
        line.append(ascii: header.isHistory ? "true" : "false")
        line.append(jsonKey: "content")
        switch header.kind {
        case .event: try appendEvent(record, header, sequence, &reader, to: &line)
        case .derived: try appendDerived(record, header, sequence, &reader, to: &line)
        default:
            line.append(UInt8(ascii: "{"))
            switch header.kind {
            case .program: appendProgram(try ProgramRecord(record, &reader), to: &line)
            case .definitions: try appendDefinitions(record, &reader, to: &line)
            case .timezone: appendZone(try ZoneRules(record, &reader), to: &line)
            case .restore: try appendRestore(record, &reader, to: &line)
            case .clock, .boundary, .event, .derived: break
            }
            line.append(UInt8(ascii: "}"))
        }
        line.append(jsonKey: "bytes")
        line.append(UInt8(ascii: "\""))
        line.append(base64: record)
        line.append(ascii: "\"}\n")
    }

    /// Appends the line of a block's hash.
    static func appendBlock(
        _ block: UInt64, last: EventSequence, _ hash: [UInt8], isOpen: Bool,
        to line: inout [UInt8]
    ) {
        line.append(UInt8(ascii: "{"))
        line.append(jsonKey: "block")
        line.append(decimal: block)
        line.append(jsonKey: "last_seq")
        line.append(decimal: last)
        line.append(jsonKey: "open")
        line.append(ascii: isOpen ? "true" : "false")
        line.append(jsonKey: "hash")
        line.append(jsonString: hexadecimal(hash))
        line.append(ascii: "}\n")
    }

    // MARK: Parts of a line

    private func appendMoment(_ header: RecordCoding.Header, to line: inout [UInt8]) {
        line.append(jsonKey: "at")
        line.append(jsonInstant: header.engineTime)
        guard header.isHistory else { return }
        line.append(jsonKey: "history")
        line.append(ascii: "true")
    }

    /// Appends an event as a line of input would have it.
    private func appendEvent(
        _ record: Span<UInt8>, _ header: RecordCoding.Header, _ sequence: EventSequence,
        _ reader: inout ByteReader, to line: inout [UInt8]
    ) throws {
        let event = try RecordCoding.event(record, header, sequence: sequence, &reader)
        let partner = try partner(event.partner)
        try appendEventJSON(
            id: record.extracting(event.id), partner: partner.bytes.span,
            time: event.time, content: record.extracting(event.content), to: &line)
        // Without its line feed.
        line.removeLast()
    }

    private func appendDerived(
        _ record: Span<UInt8>, _ header: RecordCoding.Header, _ sequence: EventSequence,
        _ reader: inout ByteReader, to line: inout [UInt8]
    ) throws {
        let event = try RecordCoding.derived(record, header, sequence: sequence, &reader)
        let source = try catalog.source(event.source)
        let partner = try partner(event.partner)
        line.append(UInt8(ascii: "{"))
        line.append(jsonKey: "kind")
        line.append(jsonString: source.kind.word)
        line.append(jsonKey: "source")
        line.append(jsonString: source.id.bytes.span)
        line.append(jsonKey: "depth")
        line.append(decimal: UInt64(event.depth))
        line.append(jsonKey: "partner")
        line.append(jsonString: partner.bytes.span)
        if event.time > header.engineTime {
            line.append(jsonKey: "time")
            line.append(jsonInstant: event.time)
        }
        line.append(jsonKey: "event")
        try appendContentJSON(
            record.extracting(event.content), time: header.engineTime, to: &line)
        line.append(UInt8(ascii: "}"))
    }

    private func appendProgram(_ program: ProgramRecord, to line: inout [UInt8]) {
        line.append(jsonKey: "name")
        line.append(jsonString: program.name.bytes.span)
        line.append(jsonKey: "currency")
        line.append(jsonString: program.currency.bytes.span)
        appendZone(program.zone, to: &line)
    }

    /// Appends zone rules: the name, the offset before the first change, and the changes as pairs of a
    /// second since 1970 and the offset from then on, in seconds.
    private func appendZone(_ zone: ZoneRules, to line: inout [UInt8]) {
        line.append(jsonKey: "timezone")
        line.append(jsonString: zone.name)
        line.append(jsonKey: "initial_offset")
        line.append(decimal: Int64(zone.initialOffset))
        line.append(jsonKey: "changes")
        line.append(UInt8(ascii: "["))
        for (index, change) in zone.changes.enumerated() {
            if index > 0 { line.append(UInt8(ascii: ",")) }
            line.append(UInt8(ascii: "["))
            line.append(decimal: change.at)
            line.append(UInt8(ascii: ","))
            line.append(decimal: Int64(change.offset))
            line.append(UInt8(ascii: "]"))
        }
        line.append(UInt8(ascii: "]"))
    }

    private func appendDefinitions(
        _ record: Span<UInt8>, _ reader: inout ByteReader, to line: inout [UInt8]
    ) throws {
        line.append(jsonKey: "changes")
        line.append(UInt8(ascii: "["))
        for (index, change) in try RecordCoding.changes(record, &reader).enumerated() {
            if index > 0 { line.append(UInt8(ascii: ",")) }
            line.append(UInt8(ascii: "{"))
            line.append(jsonKey: "kind")
            line.append(jsonString: change.kind.word)
            line.append(jsonKey: "id")
            line.append(jsonString: change.id.bytes.span)
            line.append(jsonKey: "version")
            line.append(decimal: UInt64(change.version))
            line.append(jsonKey: "definition")
            line.append(contentsOf: change.canonical ?? Array("null".utf8))
            line.append(UInt8(ascii: "}"))
        }
        line.append(UInt8(ascii: "]"))
    }

    private func appendRestore(
        _ record: Span<UInt8>, _ reader: inout ByteReader, to line: inout [UInt8]
    ) throws {
        line.append(jsonKey: "sends")
        line.append(decimal: try RecordCoding.restoredSends(record, &reader))
    }

    private func partner(_ number: PartnerNumber) throws -> Name {
        guard number < partners.count else {
            throw StoreError.damaged("a record is about partner number \(number), who has no id")
        }
        return partners.name(TextID(number: number))
    }
}

extension RecordCoding.Kind {
    /// The word in exports.
    var word: String {
        switch self {
        case .program: "program"
        case .event: "event"
        case .derived: "derived_event"
        case .clock: "clock"
        case .boundary: "boundary"
        case .definitions: "definitions"
        case .timezone: "timezone"
        case .restore: "restore"
        }
    }
}
