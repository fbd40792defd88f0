import Core
import Store
import Wire

/// Reading lines a little ahead of taking them in, so that the memory that their events will look at is
/// loaded together.
extension IngestLoop {
    /// So many lines, or bytes of their events, are read ahead: enough that loads of memory overlap.
    private static let aheadLines = 32
    private static let aheadBytes = 1 << 16

    /// Takes in the next whole lines.
    ///
    /// - Returns: Nil where there are none yet, else how many events they held.
    mutating func takeLines(
        _ source: inout LineSource, atMost countMax: Int, _ hasBegun: inout Bool
    ) throws -> Int? {
        if let provider {
            return try source.nextLine { line in
                lineNumber += 1
                return try take(provider, line, &hasBegun)
            }
        }
        readAhead(&source, atMost: min(countMax, Self.aheadLines))
        guard !ahead.isEmpty else { return nil }
        let events = ahead.compactMap(\.event)
        if !events.isEmpty, !hasBegun {
            try begin()
            hasBegun = true
        }
        writer.prefetch(events, in: encoded)
        for line in ahead where !isStopped {
            lineNumber += 1
            switch line.outcome {
            case .blank: break
            case .rejected(let reject):
                summary.lines += 1
                try refuse(reject)
            case .event(let event):
                summary.lines += 1
                try ingest(event, source.buffer.span.extracting(line.range))
            }
        }
        return events.count
    }

    /// Reads some of the next whole lines, so that what their events look at can be loaded together.
    private mutating func readAhead(_ source: inout LineSource, atMost countMax: Int) {
        encoded.removeAll(keepingCapacity: true)
        ahead.removeAll(keepingCapacity: true)
        while ahead.count < countMax, encoded.count < Self.aheadBytes,
            let range = source.nextLine()
        {
            let outcome = reader.read(
                source.buffer.span.extracting(range), number: lineNumber + ahead.count + 1,
                wallTime: wallTime, into: &encoded)
            ahead.append(LineAhead(range: range, outcome: outcome))
        }
    }
}

/// A line that was read, where it is in its source's buffer, and what it says.
struct LineAhead {
    var range: Range<Int>
    var outcome: LineOutcome

    var event: EncodedEvent? {
        if case .event(let event) = outcome { event } else { nil }
    }
}
