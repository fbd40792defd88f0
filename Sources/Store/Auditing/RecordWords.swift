import Core
import Engine
import Wire

/// Records in words, for whoever reads where a log is damaged.
enum RecordWords {
    /// What a stored record says.
    static func words(
        _ record: Span<UInt8>, _ sequence: EventSequence, _ engine: Engine
    ) -> String {
        (try? read(record, sequence, engine)) ?? "a record that can't be read"
    }

    /// What a stored record differs in from the one that the engine placed.
    static func divergence(
        _ record: Span<UInt8>, _ sequence: EventSequence, _ placed: LogRecord, _ engine: Engine
    ) -> Divergence {
        let partner = placed.partner.map { engine.partnerIDs.name(TextID(number: $0)) }
        var bytes: [UInt8] = []
        var subject = Divergence.Subject.record
        let expected: String
        switch placed.kind {
        case .input:
            expected =
                partner.map { "an event of \($0) after its record \(placed.previous)" }
                ?? "a record from outside"
        case .boundary:
            RecordCoding.appendHeader(.boundary, placed, to: &bytes)
            expected = words(bytes.span, placed.sequence, engine)
        case .derived(let event):
            subject = .derivedEvent
            RecordCoding.appendDerived(placed, event, texts: engine.texts, to: &bytes)
            expected = words(bytes.span, placed.sequence, engine)
        }
        let time = ", at \(timestamp(placed.engineTime))" + (placed.isHistory ? ", history" : "")
        return Divergence(
            subject, sequence, at: placed.engineTime, partner: partner,
            expected: bytes.isEmpty ? expected + time : expected,
            found: words(record, sequence, engine))
    }

    private static func read(
        _ record: Span<UInt8>, _ sequence: EventSequence, _ engine: Engine
    ) throws(WireError) -> String {
        var reader = ByteReader()
        let header = try RecordCoding.header(record, &reader)
        var words: String
        switch header.kind {
        case .program: words = "the program"
        case .clock: words = "a clock record"
        case .boundary: words = "a boundary"
        case .definitions: words = "definitions"
        case .timezone: words = "new rules of the time zone"
        case .restore: words = "a restore mark"
        case .event:
            let event = try RecordCoding.event(record, header, sequence: sequence, &reader)
            words =
                "an event of \(partner(event.partner, engine)) after its record \(event.previous)"
        case .derived:
            let event = try RecordCoding.derived(
                record, header, sequence: sequence, &reader)
            var json: [UInt8] = []
            try appendContentJSON(
                record.extracting(event.content), time: header.engineTime, to: &json)
            let source =
                event.source < engine.registry.sources.count
                ? "\(engine.registry.sources[Int(event.source)].id)" : "source \(event.source)"
            words =
                "an event of \(partner(event.partner, engine)) after its record \(event.previous), "
                + "derived by \(source) at depth \(event.depth): "
                + String(decoding: json, as: UTF8.self)
        }
        words += ", at \(timestamp(header.engineTime))"
        if header.isHistory { words += ", history" }
        return words
    }

    private static func partner(_ number: PartnerNumber, _ engine: Engine) -> String {
        number < engine.partnerIDs.count
            ? "\(engine.partnerIDs.name(TextID(number: number)))" : "partner number \(number)"
    }

    /// An instant in words, also where damage has put it outside of all years.
    static func timestamp(_ instant: Instant) -> String {
        instant == .unset
            ? "no time yet"
            : instant.microseconds >= 0 && instant <= .latest
                ? timestampText(instant) : "\(instant.microseconds) µs"
    }
}
