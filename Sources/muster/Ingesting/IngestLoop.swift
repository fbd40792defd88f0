import Core
import Glibc
import Engine
import Store
import Wire

/// Input to commits: reads what there is, takes it in as one batch, commits when input would block or
/// the batch is large or old, and then tells (PERFORMANCE: adaptive commits).
struct IngestLoop {
    struct Options {
        var envelope = Envelope.plain
        var clock = Writer.Clock.event
        var isHistory = false
        var isStrict = false
        var emitsSends = false
        var emitsAcknowledgements = false
        var waitSeconds = 10
        var batchEvents = 100_000
    }

    /// What `--summary-json` prints (SPEC 7).
    struct Summary {
        var lines = 0
        var accepted = 0
        var duplicates = 0
        var rejected = 0
        var sends = 0
        var halts = 0
    }

    private static let batchBytes = 64 << 20
    private static let batchSeconds = 0.1
    /// How long silent input is waited for at most: others may write, and a signal may have come just
    /// before the wait.
    private static let sleepMilliseconds: Int64 = 1_000

    let options: Options
    let writer: Writer
    private let reader: EventReader
    private var rejects: RejectSink
    private var output = Output()
    private var encoded: [UInt8] = []
    private var lineNumber = 0
    private var wallTime = WallClock.now
    private(set) var summary = Summary()
    private var acknowledgedLines = 0
    private var emitted: UInt64
    private(set) var isStopped = false

    init(_ writer: Writer, _ options: Options, rejects: RejectSink) throws {
        self.writer = writer
        self.options = options
        self.rejects = rejects
        reader = EventReader(envelope: options.envelope, currency: writer.store.program.currency)
        emitted = try writer.store.emittedSends() ?? 0
    }

    // MARK: The loop

    /// Takes in one input to its end.
    mutating func run(_ source: inout LineSource) throws {
        var progress = Progress(total: source.totalBytes)
        defer { progress?.finish() }
        lineNumber = 0
        try emitSends(always: true)
        while !source.isAtEnd, !isStopped, !Interruption.isRequested {
            switch try source.wait(milliseconds: sleepMilliseconds) {
            case .timeout:
                try tick()
                continue
            case .interrupted: continue
            case .bytes, .end: break
            }
            guard try source.read() != .interrupted else { continue }
            while try takeBatch(&source, &progress) {}
        }
        try tick(isLast: true)
    }

    /// Takes in everything that is there, within the limits of a batch, and commits it.
    ///
    /// - Returns: Whether lines may be left that have been read already.
    private mutating func takeBatch(
        _ source: inout LineSource, _ progress: inout Progress?
    ) throws -> Bool {
        let started = WallClock.monotonicSeconds
        let bytesBefore = source.bytesRead
        var hasBegun = false
        var events = 0
        batch: while true {
            wallTime = WallClock.now
            while !isStopped, events < options.batchEvents,
                let isEvent = try takeLine(&source, &hasBegun)
            {
                if isEvent { events += 1 }
            }
            guard !isStopped, events < options.batchEvents, !source.isAtEnd,
                source.bytesRead - bytesBefore < Self.batchBytes,
                WallClock.monotonicSeconds - started < Self.batchSeconds,
                try source.wait(milliseconds: 0) == .bytes
            else { break }
            _ = try source.read()
        }
        try finishBatch(hasBegun)
        progress?.show(done: source.bytesRead, events: summary.lines)
        return events >= options.batchEvents && !isStopped && !Interruption.isRequested
    }

    /// Takes in the next whole line.
    ///
    /// - Returns: Nil where there is none yet, else whether it was an event.
    private mutating func takeLine(
        _ source: inout LineSource, _ hasBegun: inout Bool
    ) throws -> Bool? {
        try source.nextLine { line in
            lineNumber += 1
            encoded.removeAll(keepingCapacity: true)
            let outcome = reader.read(
                line, number: lineNumber, wallTime: wallTime, into: &encoded)
            switch outcome {
            case .blank: return false
            case .rejected(let reject):
                summary.lines += 1
                try refuse(reject)
                return false
            case .event(let event):
                summary.lines += 1
                if !hasBegun {
                    try begin()
                    hasBegun = true
                }
                try ingest(event, line)
                return true
            }
        }
    }

    private mutating func ingest(_ event: EncodedEvent, _ line: Span<UInt8>) throws {
        let outcome = try writer.ingest(
            event, in: encoded, clock: options.clock, isHistory: options.isHistory)
        switch outcome {
        case .accepted: summary.accepted += 1
        case .duplicate: summary.duplicates += 1
        case .conflict(let sequence):
            try refuse(
                Reject(
                    line: lineNumber, code: .idConflict, field: "id",
                    message: "the id is that of record \(sequence), which says something else; "
                        + "give this event an id of its own",
                    text: line))
        }
    }

    private mutating func refuse(_ reject: Reject) throws {
        summary.rejected += 1
        try rejects.write(reject)
        if options.isStrict { isStopped = true }
    }

    // MARK: Commits

    private mutating func begin() throws {
        try writer.begin(waitSeconds: options.waitSeconds)
        if options.clock == .wall {
            _ = writer.advance(to: wallTime, isHistory: options.isHistory)
        }
    }

    private mutating func finishBatch(_ hasBegun: Bool) throws {
        if hasBegun { note(try writer.commit()) }
        try rejects.flush()
        if options.emitsAcknowledgements, summary.lines > acknowledgedLines {
            acknowledgedLines = summary.lines
            let committed = writer.engine.sequence
            let lines = summary.lines
            try output.write { buffer in
                buffer.append(ascii: "{\"committed\":")
                buffer.append(decimal: committed)
                buffer.append(ascii: ",\"lines\":")
                buffer.append(decimal: Int64(lines))
                buffer.append(ascii: "}\n")
            }
            try output.flush()
        }
        try emitSends(always: false)
    }

    private mutating func note(_ commit: Writer.Commit) {
        summary.sends += commit.pendingSends
        summary.halts += commit.halts
    }

    /// Prints the sends behind the durable cursor that are to be mailed.
    private mutating func emitSends(always: Bool) throws {
        guard options.emitsSends, always || writer.sendCount > emitted else { return }
        var rows = SendRows(.ndjson)
        var filter = DecisionFilter()
        filter.status = .pending
        emitted = try writer.store.eachSend(filter, from: emitted) { send in
            try rows.append(send)
            return true
        }
        try rows.finish()
        writer.noteEmitted(upTo: emitted)
    }

    // MARK: Silent input

    private var sleepMilliseconds: Int {
        guard options.clock == .wall else { return Int(Self.sleepMilliseconds) }
        let due = writer.engine.nextBoundary.microseconds
        let left = due == Instant.never.microseconds ? .max : due - WallClock.now.microseconds
        return Int(min(Self.sleepMilliseconds, max(0, left / 1_000 + 1)))
    }

    /// Lets the wall clock pass while the input is silent, and prints what others have decided.
    ///
    /// What is due happens at its own instant, however late it is noticed. Where nothing is, the clock
    /// rests, so that silence does not fill the log; when the input ends it is moved a last time.
    private mutating func tick(isLast: Bool = false) throws {
        let movesAnyway = isLast && options.clock == .wall
        guard options.clock == .wall || options.emitsSends else { return }
        guard try movesAnyway || isDue || writer.isBehind() else { return }
        try writer.begin(waitSeconds: options.waitSeconds)
        // What others wrote may have changed what is due.
        if movesAnyway || isDue, writer.advance(to: WallClock.now, isHistory: options.isHistory) {
            note(try writer.commit())
        } else {
            writer.abandon()
        }
        try emitSends(always: false)
    }

    private var isDue: Bool {
        options.clock == .wall
            && (writer.engine.now == .unset || writer.engine.nextBoundary <= WallClock.now)
    }

    /// Stores the cursor and flushes the working state.
    ///
    /// Where another writer does not hand over, neither is stored: everything taken in is durable
    /// already, the next opening replays a longer tail, and sends are printed again.
    mutating func close() throws {
        try rejects.close()
        do {
            try writer.close(waitSeconds: options.waitSeconds)
        } catch StoreError.busy {}
    }
}
