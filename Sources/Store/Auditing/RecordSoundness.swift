import Core
import Engine
import LMDB
import Wire

/// Looking for the damaged record of a block without an engine, by what every record has to keep to.
struct RecordSoundness {
    let head: Head
    let tables: Tables
    /// Fed up to the block's beginning.
    let engine: Engine

    /// The first record of a damaged block that can be told to be wrong by itself.
    ///
    /// - Returns: Nil where each looks sound: only what follows from them can tell then.
    func firstFault(
        in records: ClosedRange<EventSequence>, _ transaction: borrowing ReadTransaction
    ) throws -> Divergence? {
        var partners = UInt64(engine.partners.count)
        var before = engine.now
        var sequence = records.lowerBound
        var times = try self.times(records, transaction)
        times.append(head.now)
        for time in times.dropLast() {
            defer { sequence += 1 }
            let after = times[Int(sequence - records.lowerBound) + 1]
            // Where this record's time lies after the next one's, this one is taken to be wrong unless
            // the next lies before its own past.
            let isAhead: Bool
            if let time, let after {
                isAhead = after < time && after >= before
            } else {
                isAhead = false
            }
            guard let time, time >= before, time <= head.now, !isAhead,
                time == .unset || time.microseconds >= 0
            else {
                return Divergence(
                    .record, sequence,
                    expected: "an engine time from \(RecordWords.timestamp(before)) on",
                    found: time.map { RecordWords.timestamp($0) } ?? "a record that can't be read")
            }
            before = time
            var texts = TextTable()
            let fault = try transaction.value(tables.log, Key.number(sequence)) {
                record -> String? in
                whatIsWrong(with: record, sequence, &partners, &texts)
            }
            if let fault = fault ?? nil {
                return Divergence(
                    .record, sequence, at: time, expected: "a record that can be read",
                    found: fault)
            }
        }
        return nil
    }

    /// The engine time of each record; nil where its header can't be read.
    private func times(
        _ records: ClosedRange<EventSequence>, _ transaction: borrowing ReadTransaction
    ) throws -> [Instant?] {
        try records.map { sequence in
            try transaction.value(tables.log, Key.number(sequence)) { record -> Instant? in
                var reader = ByteReader()
                return try? RecordCoding.header(record, &reader).engineTime
            } ?? nil
        }
    }

    /// What is wrong with a record in words; nil where nothing can be told.
    private func whatIsWrong(
        with record: Span<UInt8>, _ sequence: EventSequence, _ partners: inout UInt64,
        _ texts: inout TextTable
    ) -> String? {
        do {
            var reader = ByteReader()
            let header = try RecordCoding.header(record, &reader)
            guard header.kind == .event else { return nil }
            let event = try RecordCoding.event(record, header, sequence: sequence, &reader)
            if event.previous == 0 { partners += 1 }
            guard UInt64(event.partner) < partners else {
                return "an event of partner number \(event.partner)"
            }
            _ = try decodeEvent(
                content: record.extracting(event.content), time: event.time, texts: &texts)
            return nil
        } catch {
            return "\(error)"
        }
    }
}
