import ArgumentParser
import Core
import Delivery
import Store

struct Deliver: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Mail what was decided: work through the pending sends.",
        discussion: """
            Each send is claimed durably before its connection opens, and its result goes into the \
            log: with the next batch of an ingest at work, else within a second. What was interrupted between the last byte and the answer is listed as unknown: a \
            workflow's is held until you say --retry-unknown, an automation's is tried again as long as attempts are left.

              muster deliver --to smtps://acme@mail.example.com --from 'Acme <hello@acme.example>'
              muster deliver --to maildir:outbox --from hello@acme.example
              muster deliver --to https://example.com/hook --follow

            A webhook that answers 429, or 502 to 504 with Retry-After, is left alone as long as it says, \
            a minute where it does not. Whoever does not follow waits for a minute at most, \
            if other sends are due then; the last line tells how many sends are left, and until when.

            The first interrupt lets mails under way end, which a slow server can draw out to ten \
            minutes; a second one ends at once, and the next run lists them as unknown.

            The password comes from MUSTER_SMTP_PASSWORD or --password-file, a webhook's secret from \
            MUSTER_WEBHOOK_SECRET or --secret-file.
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var wait: WaitOptions

    @Option(help: "Where to: smtp://, smtps://, http(s)://, maildir:DIR or stdout.")
    var to: String?

    @OptionGroup var mail: MailOptions

    @Flag(help: "Go on until stopped, and mail what is decided meanwhile.")
    var follow = false

    @Option(
        help: "At most so many mails a second, such as 20 or 20/s.",
        transform: RateArgument.init(_:))
    var rate: RateArgument?

    @Option(help: "So many mails on their way at once.")
    var parallel = 4

    @Option(help: "At most so many mails.")
    var limit: Int?

    @Option(
        help: "Older sends expire instead of being mailed, such as 24h or 7d. (default: 24h)",
        transform: DurationArgument.init(_:))
    var maxAge = DurationArgument(seconds: 24 * 3600)

    @Option(help: "After so many attempts a send has failed.")
    var attempts = 8

    @Flag(help: "Take up again what is listed as unknown.")
    var retryUnknown = false

    @Flag(help: "Take up again what has expired, or would now.")
    var retryExpired = false

    @Option(
        help: "Release what a restore or an import holds; MARK is told when delivery is refused.")
    var release: UInt64?

    func validate() throws {
        if parallel < 1 || parallel > 100 {
            throw ValidationError("--parallel must be from 1 to 100.")
        }
        if let limit, limit < 0 { throw ValidationError("--limit must not be negative.") }
        if attempts < 1 || attempts > 1_000 {
            throw ValidationError("--attempts must be from 1 to 1000.")
        }
        if to == nil, release == nil {
            throw ValidationError("Say where to: --to smtp://…, maildir:DIR, https://… or stdout.")
        }
    }

    func run() throws {
        do {
            try Failure.translating { try deliver() }
        } catch let refusal as DeliveryRefusal {
            throw Failure(refusal, store.directory)
        } catch let error as TargetError {
            throw Failure(.ioError, error.message, fix: error.fix)
        }
    }

    private func deliver() throws {
        Interruption.watch()
        let target = try to.map { try mail.target($0, parallel: parallel) }
        let sender = try to.map { try mail.sender(for: $0) }
        let store = try store.open(isReadOnly: false)
        let lock = try DeliveryLock(store)
        defer { lock.release() }
        if let release {
            try store.release(release)
            if to == nil { Output.error("released: what mark \(release) held may be mailed") }
        }
        // A store that emits is released in this way too.
        guard try to != nil || retryUnknown || retryExpired || store.emittedSends() == nil else {
            return
        }
        let now = WallClock.now
        var options = options
        if retryExpired { options.sparedUntil = now }
        let deliverer = try Deliverer(store, options)
        tell(try store.recoverClaims(at: now, attemptsMax: options.attemptsMax))
        if retryUnknown { _ = try store.retry(.unknown, at: now) }
        if retryExpired { _ = try store.retry(.expired, at: now) }
        var log = ResultLog(deliverer, waitSeconds: wait.seconds)
        guard let target, let sender else { return try log.finish() }
        var loopOptions = DeliveryLoop.Options()
        loopOptions.follows = follow
        loopOptions.rate = rate?.perSecond
        loopOptions.limit = limit ?? .max
        let post = PostRoom(from: sender, programName: store.program.name.description)
        var loop = DeliveryLoop(deliverer, target, post, log, loopOptions)
        do {
            defer { Output.error(loop.summary.text) }
            try loop.run()
        }
        if !follow { try reportLeft(deliverer, pausedUntil: loop.pausedUntil) }
    }

    private func tell(_ recovered: Store.RecoveredClaims) {
        let words = "on the way when a process ended"
        if recovered.retried > 0 {
            Output.error("\(counted(recovered.retried, "send")) \(words), to be tried again")
        }
        if recovered.unknown > 0 {
            Output.error(
                "\(counted(recovered.unknown, "send")) \(words): see muster sends "
                    + "--status unknown")
        }
    }

    private func reportLeft(_ deliverer: Deliverer, pausedUntil: Instant) throws {
        let now = WallClock.now
        let left = DeliverySummary.left(
            try deliverer.store.pendingCount(), nextDue: try deliverer.nextDue(),
            pausedUntil: pausedUntil, now: now)
        if let left { Output.error(left) }
    }

    private var options: Deliverer.Options {
        let isWebhook = to?.lowercased().hasPrefix("http") ?? false
        let attemptsMax = attempts
        var options = Deliverer.Options { attempt, send in
            let id = String(decoding: send, as: UTF8.self)
            let seconds =
                isWebhook
                ? Backoff.webhookSeconds(afterAttempt: Int(attempt), send: id)
                    ?? Backoff.seconds(afterAttempt: attemptsMax, send: id)
                : Backoff.seconds(afterAttempt: Int(attempt), send: id)
            return Int64(seconds) * .second
        }
        options.maxAge = Int64(maxAge.seconds) * .second
        options.attemptsMax = UInt32(attempts)
        return options
    }
}

/// Mails a second: `20` or `20/s`.
struct RateArgument {
    /// What a text that is none should have been.
    struct Unreadable: Error, CustomStringConvertible {
        let description = "write a whole number from 1 to 100000, such as 20 or 20/s"
    }

    var perSecond: Int

    init(_ argument: String) throws {
        let text = argument.hasSuffix("/s") ? String(argument.dropLast(2)) : argument
        guard text.allSatisfy(\.isNumber), let number = Int(text), (1...100_000).contains(number)
        else { throw Unreadable() }
        perSecond = number
    }
}
