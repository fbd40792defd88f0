import Core
import Glibc
import Engine
import Feedback
import Store
import Wire

/// Input to commits: reads what there is, takes it in as one batch, commits when input would block or
/// the batch is large or old, and then tells (PERFORMANCE: adaptive commits).
struct IngestLoop {
    struct Options {
        var input = InputFormat.plain
        var clock = Writer.Clock.event
        var isHistory = false
        var isStrict = false
        var emitsSends = false
        var emitsAcknowledgements = false
        var waitSeconds = 10
        var batchEvents = 100_000
        /// Whether rejects name the file that they are in.
        var namesFiles = false
    }

    /// What `--summary-json` prints (SPEC 7).
    struct Summary {
        var lines = 0
        var accepted = 0
        var duplicates = 0
        var rejected = 0
        var sends = 0
        var halts = 0
        /// What providers and mail servers said that is no event, such as that a mail was queued.
        var skipped = 0
    }

    private static let batchBytes = 64 << 20
    static let batchSeconds = 0.1
    /// How long batches are stored beside the next one before all is stored, and results of deliveries are
    /// taken in.
    private static let turnSeconds = 1.0
    /// How long silent input is waited for at most: others may write, and a signal may have come just
    /// before the wait.
    private static let sleepMilliseconds: Int64 = 1_000
    /// How far the engine clock falls behind the wall clock at most while nothing is due.
    private static let restMicroseconds: Int64 = 60 * .second

    let options: Options
    let writer: Writer
    let reader: EventReader
    let provider: ProviderReader?
    let owners: SendOwners
    private var rejects: RejectSink
    private var output = Output(needsReader: true)
    /// The bytes of a notice's event.
    var encoded: [UInt8] = []
    /// Lines of the source at hand that were read and are not taken in yet.
    var ahead: LinesAhead
    var lineNumber = 0
    private var fileName: String?
    var wallTime = WallClock.now
    var summary = Summary()
    /// How many lines, blank ones aside, are dealt with durably.
    private(set) var settledLines = 0
    /// The lines up to those of the batch that is being stored.
    private var linesBehind = 0
    /// Since when the right to write was not laid down.
    private var hasWrittenSince = 0.0
    /// How many sends were looked at for printing.
    var emitted: UInt64
    private(set) var isStopped = false
    /// What an interrupt left unread, for each input.
    var interruptions: [LeftUnread] = []

    init(_ writer: Writer, _ options: Options, rejects: RejectSink) throws {
        self.writer = writer
        self.options = options
        self.rejects = rejects
        let currency = writer.store.program.currency
        var envelope = Envelope.plain
        var provider: ProviderReader?
        switch options.input {
        case .lines(let lines): envelope = lines
        case .provider(let name): provider = ProviderReader(name)
        case .mail: break
        }
        reader = EventReader(envelope: envelope, currency: currency)
        ahead = LinesAhead(reader)
        self.provider = provider
        owners = SendOwners(writer.store)
        emitted = try writer.store.emittedSends() ?? 0
    }

    // MARK: The loop

    /// Takes in one input to its end.
    mutating func run(_ source: inout LineSource) throws {
        var progress = Progress(total: source.totalBytes)
        defer { progress?.finish() }
        lineNumber = 0
        ahead = LinesAhead(reader)
        fileName = options.namesFiles ? source.name : nil
        try emitSends(always: true)
        while !source.isAtEnd, !isStopped, !Interruption.isRequested {
            switch try source.wait(milliseconds: sleepMilliseconds) {
            case .timeout:
                try finishBatch(false)
                try tick()
                continue
            case .interrupted: continue
            case .bytes, .end: break
            }
            guard try source.read() != .interrupted else { continue }
            while try takeBatch(&source, &progress) {}
        }
        if Interruption.isRequested, source.totalBytes == nil { try drain(&source, &progress) }
        try finishBatch(false)
        noteInterruption(of: source)
        try tick(isLast: true)
    }

    /// Takes in what a pipe holds already when the user stops: its writer believes it delivered, and can't
    /// write it again.
    private mutating func drain(
        _ source: inout LineSource, _ progress: inout Progress?
    ) throws {
        let bytesBefore = source.bytesRead
        while !source.isAtEnd, !isStopped, source.bytesRead - bytesBefore < Self.batchBytes,
            try source.wait(milliseconds: 0) == .bytes, try source.read() != .interrupted
        {
            while try takeBatch(&source, &progress) {}
        }
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
                let count = try takeLines(
                    &source, atMost: options.batchEvents - events, &hasBegun)
            {
                events += count
            }
            guard !isStopped, !Interruption.isRequested, events < options.batchEvents,
                !source.isAtEnd,
                source.bytesRead - bytesBefore < Self.batchBytes,
                writer.isStoring || WallClock.monotonicSeconds - started < Self.batchSeconds,
                try source.wait(milliseconds: 0) == .bytes
            else { break }
            _ = try source.read()
        }
        // A pipe's lines can't be read again; a file's can.
        let goesOn = !isStopped && (!Interruption.isRequested || source.totalBytes == nil)
        let hasLinesLeft = goesOn && events >= options.batchEvents
        let hasMore =
            try hasLinesLeft
            || goesOn && !source.isAtEnd && source.wait(milliseconds: 0) == .bytes
        try finishBatch(hasBegun, hasMore: hasMore)
        progress?.show(done: source.bytesRead, events: summary.lines)
        return hasLinesLeft
    }

    mutating func ingest(
        _ event: EncodedEvent, in encoded: [UInt8], _ line: Span<UInt8>, _ file: String? = nil
    ) throws {
        let outcome = try writer.ingest(
            event, in: encoded, clock: options.clock, isHistory: options.isHistory)
        switch outcome {
        case .accepted: summary.accepted += 1
        case .duplicate: summary.duplicates += 1
        case .conflict(let sequence):
            try refuse(
                Reject(
                    line: lineNumber, code: .idConflict, field: reader.idLabel,
                    message: "the id is that of record \(sequence), which says something else; "
                        + "give this event an id of its own",
                    text: line), file)
        }
    }

    mutating func refuse(_ reject: Reject, _ file: String? = nil) throws {
        summary.rejected += 1
        var reject = reject
        reject.file = file ?? fileName
        try rejects.write(reject)
        if options.isStrict { isStopped = true }
    }

    // MARK: Commits

    mutating func begin() throws {
        if !writer.hasPen { hasWrittenSince = WallClock.monotonicSeconds }
        try writer.begin(waitSeconds: options.waitSeconds)
        try writer.takeResults()
        if options.clock == .wall {
            _ = try writer.advance(to: wallTime, isHistory: options.isHistory)
        }
    }

    /// Ends a batch: it is stored beside the next one where there is more to take in, else at once.
    ///
    /// - Parameters:
    ///   - hasBegun: Whether anything was taken in.
    ///   - hasMore: Whether input for the next batch is there.
    /// - Throws: ``Failure``, or the store's errors where it or the one before could not be stored.
    mutating func finishBatch(_ hasBegun: Bool, hasMore: Bool = false) throws {
        let before = try writer.finishStoring()
        let isTurnOver = WallClock.monotonicSeconds - hasWrittenSince > Self.turnSeconds
        let isBehind = hasBegun && hasMore && !isTurnOver && writer.canCommitBehind
        var commit: Writer.Commit?
        // Telling fails where nobody listens, and then what was taken in is stored; where storing fails, what is
        // there is told of.
        do {
            if isBehind {
                try writer.commitBehind()
            } else if hasBegun {
                commit = try writer.commit()
            } else {
                writer.abandon()
            }
        } catch {
            try? tell(of: before)
            throw error
        }
        if let commit { note(commit) }
        try tell(of: before)
        guard !isBehind else {
            linesBehind = summary.lines
            return
        }
        try rejects.flush()
        try acknowledge(summary.lines, commit)
        try emitSends(always: false)
    }

    /// Tells of a batch that was stored beside the next one.
    private mutating func tell(of commit: Writer.Commit?) throws {
        guard let commit else { return }
        note(commit)
        try rejects.flush()
        try acknowledge(linesBehind, commit)
    }

    /// Notes that so many lines are dealt with durably, and says so where that is asked for: after each commit that
    /// moved the log, and where lines were dealt with that moved nothing.
    private mutating func acknowledge(_ lines: Int, _ commit: Writer.Commit?) throws {
        let isNews = lines > settledLines || commit?.records ?? 0 > 0
        settledLines = lines
        guard options.emitsAcknowledgements, isNews else { return }
        try output.write { buffer in
            buffer.append(ascii: "{\"committed\":")
            buffer.append(decimal: commit?.sequence ?? writer.engine.sequence)
            buffer.append(ascii: ",\"lines\":")
            buffer.append(decimal: Int64(lines))
            buffer.append(ascii: "}\n")
        }
        try output.flush()
    }

    private mutating func note(_ commit: Writer.Commit) {
        summary.sends += commit.pendingSends
        summary.halts += commit.halts
    }

    // MARK: Silent input

    var sleepMilliseconds: Int {
        guard options.clock == .wall else { return Int(Self.sleepMilliseconds) }
        let (next, now) = (nextTick, WallClock.now)
        guard next > now else { return 0 }
        return Int(
            min(Self.sleepMilliseconds, (next.microseconds - now.microseconds) / 1_000 + 1))
    }

    /// Lets the wall clock pass while the input is silent, and prints what others have decided.
    ///
    /// What is due happens at its own instant, however late it is noticed. Where nothing is, the clock rests for
    /// a minute, so that silence does not fill the log, and no longer: what others define, as by `apply`, comes into
    /// force at `now` and must not find a moment long past. When the input ends it is moved a last time.
    mutating func tick(isLast: Bool = false) throws {
        let movesAnyway = isLast && options.clock == .wall
        guard options.clock == .wall || options.emitsSends else { return }
        let isPressing = try movesAnyway || isBoundaryDue || writer.isBehind()
        guard isPressing || isDue else { return }
        do {
            try writer.begin(waitSeconds: isPressing ? options.waitSeconds : 0)
        } catch StoreError.busy where !isPressing {
            // Whoever writes now may take long, as an apply does that fills a new measure.
            return
        }
        let results = try writer.takeResults()
        // What others wrote may have changed what is due.
        let moves =
            try (movesAnyway || isDue)
            && writer.advance(to: WallClock.now, isHistory: options.isHistory)
        if moves || results > 0 {
            let commit = try writer.commit()
            note(commit)
            try acknowledge(summary.lines, commit)
        } else {
            writer.abandon()
        }
        try emitSends(always: false)
    }

    private var isDue: Bool { options.clock == .wall && nextTick <= WallClock.now }

    private var isBoundaryDue: Bool {
        options.clock == .wall && writer.engine.nextBoundary <= WallClock.now
    }

    /// When the wall clock is to move the engine's next, if no event comes before.
    private var nextTick: Instant {
        let now = writer.engine.now
        guard now != .unset else { return .unset }
        return min(
            writer.engine.nextBoundary, now.advanced(byMicroseconds: Self.restMicroseconds))
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

    /// Ends it where another writer did not hand over: what was refused so far is told of.
    mutating func giveUp() throws {
        try rejects.close()
    }
}
