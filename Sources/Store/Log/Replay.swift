import Core
import Definitions
import Engine
import LMDB
import Wire

/// Feeding stored records to an engine again, and checking that it does what it did.
///
/// Boundaries and derived events are the engine's own: it appends them again by itself, and they must
/// be what the log holds.
struct Replay {
    let tables: Tables
    private var expected: [LogRecord] = []
    private var nextExpected = 0
    private var ahead: RecordsAhead

    init(tables: Tables) {
        self.tables = tables
        ahead = RecordsAhead(tables)
    }

    /// Feeds the records after the last one fed, up to a sequence.
    ///
    /// - Parameters:
    ///   - engine: The engine that is fed.
    ///   - last: The last record's sequence.
    ///   - transaction: The snapshot that the records are read from.
    ///   - eachRecord: Is given every record with its sequence, after it was fed.
    /// - Throws: ``Divergence`` where a record is not what those before it lead to or can't be read, or
    ///   what reading the log or `eachRecord` throws.
    mutating func run(
        _ engine: inout Engine, upTo last: EventSequence,
        in transaction: borrowing ReadTransaction,
        eachRecord: (EventSequence, Span<UInt8>) throws -> Void
    ) throws {
        try transaction.cursor(tables.log) { cursor in
            // The engine may be ahead: it has placed what follows from the last record fed.
            var sequence = engine.sequence + 1 - UInt64(expected.count - nextExpected)
            var isThere = try cursor.seek(Key.number(sequence))
            while sequence <= last {
                engine.prefetch(try ahead.partners(from: sequence, upTo: last, in: transaction))
                guard isThere, cursor.isAt(sequence)
                else {
                    throw Divergence(
                        .record, sequence, expected: "a record", found: "nothing with this number")
                }
                try cursor.withValue { record in
                    try feed(record, sequence, &engine, transaction)
                    try eachRecord(sequence, record)
                }
                sequence += 1
                isThere = try cursor.next()
            }
        }
    }

    /// Ends the replay.
    ///
    /// - Throws: ``Divergence`` where records that follow from the last one fed are missing.
    func finish() throws(Divergence) {
        guard nextExpected < expected.count else { return }
        let placed = expected[nextExpected]
        throw Divergence(
            .record, placed.sequence, at: placed.engineTime,
            expected: "a record that follows from those before it", found: "the log's end")
    }

    private mutating func feed(
        _ record: Span<UInt8>, _ sequence: EventSequence, _ engine: inout Engine,
        _ transaction: borrowing ReadTransaction
    ) throws {
        let header: RecordCoding.Header
        do {
            var reader = ByteReader()
            header = try RecordCoding.header(record, &reader)
            if nextExpected == expected.count {
                expected.removeAll(keepingCapacity: true)
                nextExpected = 0
                swap(&expected, &engine.effects.records)
                try feedInput(record, header, sequence, &engine, &reader, transaction)
                swap(&expected, &engine.effects.records)
            }
        } catch let error as WireError {
            throw Divergence(
                .record, sequence, expected: "a record that can be read", found: "\(error)")
        } catch let errors as DefinitionErrors {
            throw Divergence(
                .definitions, sequence, expected: "definitions that can be read",
                found: errors.errors.map { "\($0)" }.joined(separator: "; "))
        }
        guard nextExpected < expected.count else {
            throw Divergence(
                .record, sequence, at: header.engineTime, expected: "nothing to be decided here",
                found: RecordWords.words(record, sequence, engine))
        }
        try check(record, header, sequence, expected[nextExpected], engine)
        nextExpected += 1
    }

    private func feedInput(
        _ record: Span<UInt8>, _ header: RecordCoding.Header, _ sequence: EventSequence,
        _ engine: inout Engine, _ reader: inout ByteReader,
        _ transaction: borrowing ReadTransaction
    ) throws {
        let states = StoredStates(tables: tables)
        switch header.kind {
        case .program:
            engine.begin()
        case .event:
            try Self.feedEvent(record, header, sequence, &engine, &reader) {
                try states.state(of: $0, in: transaction)
            }
        case .clock:
            try engine.advance(to: header.engineTime, isHistory: header.isHistory) {
                try states.state(of: $0, in: transaction)
            }
        case .boundary:
            try engine.pass(to: header.engineTime, isHistory: header.isHistory) {
                try states.state(of: $0, in: transaction)
            }
        case .definitions:
            let changes = try RecordCoding.changes(record, &reader).map { try $0.decoded() }
            try engine.define(changes) {
                try states.state(of: $0, in: transaction)
            } filling: {
                try MeasureFilling.fill(&$0, before: sequence, tables: tables, in: transaction)
            }
        case .timezone:
            try engine.takeTimeZone(try ZoneRules(record, &reader)) {
                try states.state(of: $0, in: transaction)
            } filling: {
                try MeasureFilling.fill(&$0, before: sequence, tables: tables, in: transaction)
            }
        case .restore:
            _ = try RecordCoding.restoredSends(record, &reader)
            engine.noteRestore()
        case .derived:
            throw Divergence(
                .derivedEvent, sequence, at: header.engineTime,
                expected: "a cause of it before it",
                found: RecordWords.words(record, sequence, engine))
        }
    }

    /// Feeds an event's record, whose header was read.
    static func feedEvent(
        _ record: Span<UInt8>, _ header: RecordCoding.Header, _ sequence: EventSequence,
        _ engine: inout Engine, _ reader: inout ByteReader,
        fetching fetch: (PartnerNumber) throws -> PartnerState
    ) throws {
        let stored = try RecordCoding.event(record, header, sequence: sequence, &reader)
        let event = try decodeEvent(
            content: record.extracting(stored.content), time: stored.time, texts: &engine.texts)
        if let id = stored.partnerID {
            try engine.apply(
                event, partner: record.extracting(id), at: header.engineTime,
                isHistory: header.isHistory, fetching: fetch)
        } else if stored.partner < engine.partners.count {
            try engine.apply(
                event, knownPartner: stored.partner, at: header.engineTime,
                isHistory: header.isHistory, fetching: fetch)
        } else {
            throw Divergence(
                .record, sequence, expected: "a partner that was named before",
                found: "partner number \(stored.partner)")
        }
    }

    private func check(
        _ record: Span<UInt8>, _ header: RecordCoding.Header, _ sequence: EventSequence,
        _ placed: LogRecord, _ engine: Engine
    ) throws {
        let isSame: Bool
        switch placed.kind {
        case .input:
            isSame =
                try header.kind != .boundary && header.kind != .derived
                && isChained(record, header, as: placed)
        case .boundary:
            isSame = header.kind == .boundary
        case .derived(let event):
            var bytes: [UInt8] = []
            RecordCoding.appendDerived(placed, event, texts: engine.texts, to: &bytes)
            isSame = bytes.span.elementsEqual(record)
        }
        guard isSame, placed.sequence == sequence, placed.engineTime == header.engineTime,
            placed.isHistory == header.isHistory
        else { throw RecordWords.divergence(record, sequence, placed, engine) }
    }

    /// Whether an event names the partner and the partner's previous record as they are.
    private func isChained(
        _ record: Span<UInt8>, _ header: RecordCoding.Header, as placed: LogRecord
    ) throws -> Bool {
        guard header.kind == .event else { return true }
        var reader = ByteReader(offset: RecordCoding.headerBytes)
        let (partner, previous) = try RecordCoding.chain(record, placed.sequence, &reader)
        return partner == placed.partner && previous == placed.previous
    }
}

extension Span<UInt8> {
    func elementsEqual(_ other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for index in indices where self[index] != other[index] { return false }
        return true
    }
}
