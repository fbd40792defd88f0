import Core
import Threads
import Wire

/// Lines of a source that are read ahead of being taken in: on a thread of their own, where there are many.
///
/// Reading a line looks at nothing but the line, so it costs only what it keeps a processor busy for.
struct LinesAhead {
    /// A line that was read.
    struct Line: Sendable {
        /// Where it is in its source's buffer, which stays as it is until all lines read ahead are taken.
        var range: Range<Int>
        /// What it says; an event's bytes are in ``LinesAhead/encoded``.
        var outcome: LineOutcome

        var event: EncodedEvent? {
            if case .event(let event) = outcome { event } else { nil }
        }
    }

    /// Some lines that were read together.
    private struct Chunk: Sendable {
        var lines: [Line] = []
        var encoded: [UInt8] = []
    }

    /// So many lines are read at once by the other thread: handing them over costs far less than reading
    /// them, and there are several such chunks in what a file gives at once.
    private static let chunkLines = 512
    /// So many are read here, where nothing was read ahead.
    private static let firstLines = 64
    /// Fewer bytes are read here too.
    private static let chunkBytesMin = 1 << 14

    private let reader: EventReader
    private let worker = Worker<Chunk>()
    private var chunk = Chunk()
    /// The first line of the chunk that was not taken.
    private var place = 0
    /// The number of the last line that is read or being read.
    private var lastNumber = 0

    init(_ reader: EventReader) {
        self.reader = reader
    }

    /// Where the events' bytes are of the lines that ``next(atMost:of:wallTime:)`` gave last.
    var encoded: [UInt8] { chunk.encoded }

    /// Whether all lines that were read are taken.
    var isEmpty: Bool { place == chunk.lines.count && !worker.isUsed }

    /// The next lines of a source; none where no whole line is there yet.
    mutating func next(
        atMost countMax: Int, of source: inout LineSource, wallTime: Instant
    ) -> ArraySlice<Line> {
        if place == chunk.lines.count {
            place = 0
            let ready = worker.finish()
            let rest = ready == nil ? work(Self.firstLines, of: &source, wallTime) : nil
            if source.bytesLeft >= Self.chunkBytesMin,
                let work = work(Self.chunkLines, of: &source, wallTime)
            {
                worker.start(work)
            }
            chunk = ready ?? rest?() ?? Chunk()
        }
        let taken = place..<min(place + countMax, chunk.lines.count)
        place = taken.upperBound
        return chunk.lines[taken]
    }

    /// The work of reading a source's next lines; nil where there are none.
    private mutating func work(
        _ countMax: Int, of source: inout LineSource, _ wallTime: Instant
    ) -> (@Sendable () -> Chunk)? {
        var ranges: [Range<Int>] = []
        while ranges.count < countMax, let range = source.nextLine() { ranges.append(range) }
        guard !ranges.isEmpty else { return nil }
        let first = lastNumber + 1
        lastNumber += ranges.count
        return { [ranges, reader, buffer = source.buffer] in
            var chunk = Chunk()
            for (offset, range) in ranges.enumerated() {
                let outcome = reader.read(
                    buffer.span.extracting(range), number: first + offset, wallTime: wallTime,
                    into: &chunk.encoded)
                chunk.lines.append(Line(range: range, outcome: outcome))
            }
            return chunk
        }
    }
}
