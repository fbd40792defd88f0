import Core
import Store
import Wire

/// Reading lines a little ahead of taking them in, so that the memory that their events will look at is
/// loaded together.
extension IngestLoop {
    /// What so many events look at is loaded together: enough that loads of memory overlap.
    private static let loadedTogether = 32

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
        let lines = ahead.next(
            atMost: min(countMax, Self.loadedTogether), of: &source, wallTime: wallTime)
        guard !lines.isEmpty else { return nil }
        let events = lines.compactMap(\.event)
        if !events.isEmpty, !hasBegun {
            try begin()
            hasBegun = true
        }
        let encoded = ahead.encoded
        writer.prefetch(events, in: encoded)
        for line in lines where !isStopped {
            lineNumber += 1
            switch line.outcome {
            case .blank: break
            case .rejected(let reject):
                summary.lines += 1
                try refuse(reject)
            case .event(let event):
                summary.lines += 1
                try ingest(event, in: encoded, source.buffer.span.extracting(line.range))
            }
        }
        return events.count
    }
}
