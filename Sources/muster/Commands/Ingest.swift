import ArgumentParser
import Core
import Glibc
import Engine
import Store
import Wire

struct Ingest: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take events in, and decide what follows from them.",
        discussion: """
            One JSON object a line. Each batch is durable before it is acknowledged. A line that is \
            refused goes to the rejects and harms no neighbour; feeding the same input again changes \
            nothing.

              muster ingest events.ndjson
              producer | muster ingest --clock wall --emit sends | mailer

            Once a store has emitted sends, muster deliver refuses it: nobody is to be mailed twice.

            What became of mail comes back with --input sendgrid or ses, lines of a webhook's \
            objects or arrays, and with --input dsn, which takes delivery reports out of Maildirs, \
            mbox files or single messages. The send in the mail's Message-ID tells the partner.

              muster ingest --input dsn /var/mail/bounces
            """)

    enum ClockName: String, ExpressibleByArgument, CaseIterable {
        case event, wall
    }

    enum Emission: String, ExpressibleByArgument, CaseIterable {
        case sends, acks
    }

    @OptionGroup var store: StoreOptions
    @OptionGroup var wait: WaitOptions

    @Argument(help: "Files of events, or mailboxes; none or - is standard input.")
    var files: [String] = []

    @Option(help: "What moves the engine clock: the events' own times, or the wall clock alone.")
    var clock: ClockName = .event

    @Option(help: "What the input is: events, other envelopes of them, or news of sent mail.")
    var input: InputFormat = .plain

    @Flag(help: "From before Muster was in charge: every send that comes of it counts as done.")
    var history = false

    @Flag(help: "Stop at the first line that is refused; everything before it is kept.")
    var strict = false

    @Option(help: "Where refused lines go, as NDJSON: a file, or - (default: standard error).")
    var rejects: String?

    @Option(help: "Print on standard output: sends, once durable; acks, after each commit.")
    var emit: [Emission] = []

    @Flag(help: "Print the summary as one JSON object on standard output.")
    var summaryJson = false

    @Option(help: "Commit after so many events at the latest.")
    var batch = 100_000

    func validate() throws {
        if batch < 1 { throw ValidationError("--batch must be at least 1.") }
        if rejects == "-", summaryJson || !emit.isEmpty {
            throw ValidationError(
                "--rejects - writes to standard output, as --emit and --summary-json do: name a file."
            )
        }
    }

    func run() throws {
        do {
            try Failure.translating { try ingest() }
        } catch let refusal as DeliveryRefusal {
            throw Failure(emitting: refusal, store.directory)
        }
    }

    private func ingest() throws {
        Interruption.watch()
        try checkFiles()
        let store = try store.open(isReadOnly: false)
        // A store is delivered from, or its sends are handed out, by one process.
        let lock = emit.contains(.sends) ? try DeliveryLock(store) : nil
        defer { lock?.release() }
        let writer = try Writer(store, ingests: true)
        // Lives until the process ends: freeing all partners' facts one by one would only take time.
        _ = Unmanaged.passRetained(writer)
        defer { writer.settle() }
        if emit.contains(.sends) {
            try writer.beginEmitting(waitSeconds: wait.seconds, at: WallClock.now)
        }
        var options = IngestLoop.Options()
        options.input = input
        options.clock = clock == .wall ? .wall : .event
        options.isHistory = history
        let wasLive = history && !writer.engine.partners.isEmpty && !writer.engine.isInHistory
        options.isStrict = strict
        options.emitsSends = emit.contains(.sends)
        options.emitsAcknowledgements = emit.contains(.acks)
        options.waitSeconds = wait.seconds
        options.batchEvents = batch
        options.namesFiles = files.count > 1
        var loop = try IngestLoop(writer, options, rejects: RejectSink(path: rejects))
        do {
            try takeIn(&loop)
        } catch StoreError.busy(let seconds) where loop.settledLines > 0 {
            try loop.giveUp()
            try printSummary(loop)
            throw Failure(
                .busy,
                "another process writes and did not hand over within \(seconds) s; the first "
                    + "\(counted(loop.settledLines, "line")) of the input, blank ones aside, "
                    + "\(loop.settledLines == 1 ? "is" : "are") dealt with, and none behind",
                fix: "feed the input again from there on, or all of it: what is in the log is "
                    + "known by its id; or wait longer, such as with --wait "
                    + "\(2 * max(30, seconds))s")
        }
        try loop.close()
        try report(loop)
        if wasLive, loop.summary.accepted > 0 {
            Output.error(
                "warning: the store was live already: what the clock passed on its way through these "
                    + "events, and passes up to the next event that is not history, mails nobody")
        }
    }

    /// Takes in one input after the other.
    private func takeIn(_ loop: inout IngestLoop) throws {
        for path in files.isEmpty ? ["-"] : files where !loop.isStopped {
            if Interruption.isRequested, path != "-" {
                loop.interruptions.append(.all(of: path))
                continue
            }
            guard input != .mail else {
                var source = try MailSource(path)
                try loop.run(&source)
                continue
            }
            let file = path == "-" ? 0 : open(path, O_RDONLY | O_CLOEXEC)
            guard file >= 0 else {
                throw Failure(.noInput, "\(path): \(String(cString: strerror(errno)))")
            }
            var source = LineSource(
                file: file, name: path == "-" ? "standard input" : path)
            try loop.run(&source)
            if file > 0 { close(file) }
        }
    }

    /// Refuses files that can't be read before anything is taken in, and rejects that would overwrite
    /// an input or the store.
    private func checkFiles() throws(Failure) {
        var rejected = stat()
        let hasRejects = rejects.map { $0 != "-" && stat($0, &rejected) == 0 } ?? false
        for name in Store.fileNames where hasRejects {
            var kept = stat()
            guard stat("\(store.directory)/\(name)", &kept) == 0,
                (kept.st_dev, kept.st_ino) == (rejected.st_dev, rejected.st_ino)
            else { continue }
            throw Failure(
                .usage, "--rejects would overwrite the store's \(name)",
                fix: "name another file; nothing was read")
        }
        for path in files.isEmpty ? ["-"] : files {
            var input = stat()
            let code = path == "-" ? fstat(0, &input) : stat(path, &input)
            guard code == 0, path == "-" || access(path, R_OK) == 0 else {
                throw Failure(.noInput, "\(path): \(String(cString: strerror(errno)))")
            }
            let isRegular = input.st_mode & S_IFMT == S_IFREG
            let isSame = (input.st_dev, input.st_ino) == (rejected.st_dev, rejected.st_ino)
            guard !hasRejects || !isRegular || !isSame else {
                throw Failure(
                    .usage, "--rejects would overwrite the input \(path)",
                    fix: "name another file; nothing was read")
            }
        }
    }

    private func report(_ loop: IngestLoop) throws {
        try printSummary(loop)
        if loop.interruptions.contains(where: \.isCutShort) {
            throw ExitCode(ExitStatus.ioError.rawValue)
        }
        if loop.summary.rejected > 0 {
            throw ExitCode(ExitStatus.dataError.rawValue)
        }
    }

    private func printSummary(_ loop: IngestLoop) throws {
        let summary = loop.summary
        let now = loop.writer.engine.now
        if summaryJson {
            var output = Output()
            try output.write { buffer in
                let counts: [(StaticString, Int)] = [
                    ("lines", summary.lines), ("accepted", summary.accepted),
                    ("duplicates", summary.duplicates), ("rejected", summary.rejected),
                    ("sends", summary.sends), ("seq", Int(loop.writer.engine.sequence)),
                ]
                buffer.append(UInt8(ascii: "{"))
                for (key, count) in counts {
                    buffer.append(jsonKey: key)
                    buffer.append(decimal: Int64(count))
                }
                buffer.append(jsonKey: "now")
                if now == .unset {
                    buffer.append(ascii: "null")
                } else {
                    buffer.append(jsonInstant: now)
                }
                buffer.append(ascii: "}\n")
            }
            try output.flush()
        } else {
            Output.error(
                "\(counted(summary.lines, "line")): \(summary.accepted) accepted, "
                    + "\(counted(summary.duplicates, "duplicate")), \(summary.rejected) rejected; "
                    + "\(counted(summary.sends, "send")); log at \(loop.writer.engine.sequence)"
                    + (now == .unset ? "" : ", clock at \(timestampText(now))"))
        }
        if summary.skipped > 0 {
            let what = counted(summary.skipped, input == .mail ? "message" : "notice")
            let kept = input == .mail ? "no delivery report" : "no event"
            Output.error(
                "warning: passed over \(what): \(kept) that Muster keeps")
        }
        if summary.halts > 0 {
            Output.error(
                "warning: \(counted(summary.halts, "trigger")) at depth 8 recorded and not done: "
                    + "look for automations that set each other off")
        }
        for interruption in loop.interruptions {
            Output.error("warning: \(interruption.message)".withoutControls)
        }
    }
}
