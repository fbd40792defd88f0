public import Core
import Definitions
import Engine
import LMDB
public import Wire

/// What a batch is made of: events, clock records and definition records.
extension Writer {
    /// What `ingest` did with an event (SPEC 2.1).
    public enum Outcome: Sendable, Equatable {
        case accepted
        case duplicate
        /// The id is in the log with other content, at this record.
        case conflict(EventSequence)
    }

    /// What moves the clock (SPEC 3).
    public enum Clock: Sendable, Equatable {
        case event
        case wall
        /// The engine time at which the event was applied already, as an export has it: not before `now`.
        case applied(at: Instant)
    }

    /// Takes in an event, unless its id is in the log already.
    ///
    /// - Parameters:
    ///   - event: The event, its texts given as ranges of `buffer`.
    ///   - buffer: The bytes that the event's ranges are in.
    ///   - clock: What moves the clock.
    ///   - isHistory: Whether it is from before Muster was in charge (SPEC 3).
    /// - Returns: Whether the event is new, known already, or at odds with the one of its id.
    /// - Throws: ``StoreError`` where the store is damaged, can't be read, or can hold no more records.
    public func ingest(
        _ event: EncodedEvent, in buffer: [UInt8], clock: Clock, isHistory: Bool
    ) throws -> Outcome {
        let bytes = buffer.span
        let id = bytes.extracting(event.id)
        let partner = bytes.extracting(event.partner)
        let content = bytes.extracting(event.content)
        let fingerprint = IDIndex.fingerprint(id)
        var isSame = false
        let found = try ids?.find(fingerprint) { sequence in
            try withRecord(sequence) { record in
                let stored = try storedEvent(record, sequence)
                guard record.extracting(stored.id).elementsEqual(id) else { return false }
                isSame =
                    engine.partnerIDs.find(partner)?.number == stored.partner
                    && stored.time == event.time
                    && record.extracting(stored.content).elementsEqual(content)
                return true
            }
        }
        if let found { return isSame ? .duplicate : .conflict(found) }
        guard engine.sequence < IDIndex.sequenceMax else {
            throw StoreError.cannotWrite("the log holds as many records as a store can")
        }

        let decoded = try decodeEvent(
            content: content, time: event.time, texts: &engine.texts)
        let engineTime =
            switch clock {
            case .event: max(engine.now, event.time)
            case .wall: engine.now == .unset ? event.time : engine.now
            case .applied(let instant): max(engine.now, instant)
            }
        try engine.apply(
            decoded, partner: partner, at: engineTime, isHistory: isHistory, fetching: storedState)
        pending.absorb(&engine, &hash, &ids, inputFingerprint: fingerprint) { record, bytes in
            RecordCoding.appendEvent(
                record, partnerID: partner, time: event.time, id: id, content: content,
                to: &bytes)
        }
        if case .email(_, _, _?) = decoded.content,
            let number = engine.partnerIDs.find(partner)?.number,
            let told = SendNews(decoded, of: number)
        {
            news.append(told)
        }
        return .accepted
    }

    /// The state of an absent partner: nobody else flushes while this writer has the right to write, and
    /// it flushes no state of absent ones.
    func storedState(of partner: PartnerNumber) throws -> PartnerState {
        try store.read { transaction, _ in
            try StoredStates(tables: store.tables).state(of: partner, in: transaction)
        }
    }

    private func storedEvent(
        _ record: Span<UInt8>, _ sequence: EventSequence
    ) throws -> RecordCoding.StoredEvent {
        var reader = ByteReader()
        let header = try RecordCoding.header(record, &reader)
        return try RecordCoding.event(record, header, sequence: sequence, &reader)
    }

    private func withRecord<Result>(
        _ sequence: EventSequence, _ body: (Span<UInt8>) throws -> Result
    ) throws -> Result {
        for records in [pending, storing?.records] {
            guard let records, let range = records.range(of: sequence) else { continue }
            let bytes = records.bytes
            return try body(bytes.span.extracting(range))
        }
        let result = try store.read { transaction, _ in
            try transaction.value(store.tables.log, Key.number(sequence), body)
        }
        guard let result else { throw StoreError.damaged("record \(sequence) is missing") }
        return result
    }

    /// Takes in a clock record; an instant that has passed is none.
    ///
    /// - Returns: Whether the clock moved.
    /// - Throws: ``StoreError`` where the store is damaged or can't be read, or the instant lies before 1970.
    public func advance(to instant: Instant, isHistory: Bool) throws -> Bool {
        guard instant > engine.now else { return false }
        // It could be written, and not be read back.
        guard instant >= .earliest else {
            throw StoreError.cannotWrite("\(timestampText(instant)) is before 1970")
        }
        try engine.advance(to: instant, isHistory: isHistory, fetching: storedState)
        pending.absorb(&engine, &hash, &ids, inputFingerprint: 0) { record, bytes in
            RecordCoding.appendHeader(.clock, record, to: &bytes)
        }
        return true
    }

    /// Takes in a definition record.
    public func define(_ changes: [CanonicalChange]) throws {
        try engine.define(
            try changes.map { try $0.decoded() }, fetching: storedState, filling: fillFromStore)
        pending.definitions.append(engine.sequence)
        pending.absorb(&engine, &hash, &ids, inputFingerprint: 0) { record, bytes in
            RecordCoding.appendDefinitions(record, changes, to: &bytes)
        }
    }

    /// Gives what the store holds to measures that are new.
    func fillFromStore(_ engine: inout Engine) throws {
        try store.read { transaction, _ in
            try MeasureFilling.fill(
                &engine, before: engine.sequence, tables: store.tables, in: transaction)
        }
    }
}
