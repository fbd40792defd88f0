import Core
import Delivery
import Glibc
import Store

/// Sends to a target and results back: claims as many as there is room for, hands them over, and stores
/// what came of them together with the next claims (SPEC 10).
struct DeliveryLoop {
    struct Options {
        var follows = false
        /// Mails a second at most; nil without a limit.
        var rate: Int?
        /// Mails in all at most.
        var limit = Int.max
    }

    private let deliverer: Deliverer
    private let target: any DeliveryTarget
    private let post: PostRoom
    private var log: ResultLog
    private let options: Options
    private(set) var summary = DeliverySummary()
    private var flying: [UInt64: Deliverer.Claim] = [:]
    private var results: [(claim: Deliverer.Claim, outcome: Deliverer.Outcome)] = []
    private var started = 0
    /// Nothing is claimed before this: the other side asked for a pause.
    private(set) var pausedUntil = Instant.unset
    private var outage = Outage()
    private var allowance: RateAllowance
    /// Why the target takes nothing more: what is on its way is finished, and then this is told.
    private var fault: TargetError?
    /// Why results can't be logged: what is on its way is finished and noted, and then this is told.
    private var logFault: (any Error)?
    /// When the store is written next at the earliest, in monotonic seconds.
    private var nextTurn = 0.0

    private static let idleMilliseconds = 200
    private static let pacingMilliseconds = 5
    /// Results wait so long for others to be stored in the same commit.
    private static let companySeconds = 0.01
    /// With a rate, turns are so many seconds apart at most.
    private static let turnPauseMax = 0.025
    /// Whoever does not follow does not wait longer than this for the other side.
    private static let pauseMax = Int64.minute
    /// The other side is left alone for a day at most, whatever it says.
    private static let heededSecondsMax: Int64 = 86_400

    init(
        _ deliverer: Deliverer, _ target: any DeliveryTarget, _ post: PostRoom, _ log: ResultLog,
        _ options: Options
    ) {
        self.deliverer = deliverer
        self.target = target
        self.post = post
        self.log = log
        self.options = options
        allowance = RateAllowance(perSecond: options.rate)
    }

    /// Works until nothing is left to do now, or with `follows` until the user stops it.
    mutating func run() throws {
        defer { target.close() }
        do {
            try work()
        } catch {
            // What is wrong is told; results that can't be logged now are kept.
            try? log.finish()
            throw error
        }
        try log.finish()
    }

    private mutating func work() throws {
        while true {
            tendLog()
            let isStopping = Interruption.isRequested || fault != nil || logFault != nil
            if !isStopping, WallClock.monotonicSeconds < nextTurn {
                collect(milliseconds: Self.pacingMilliseconds)
                continue
            }
            let more = try turn(claiming: isStopping ? 0 : room)
            if !flying.isEmpty {
                collect(milliseconds: Self.idleMilliseconds)
                gather()
                continue
            }
            if !results.isEmpty || more { continue }
            if let fault { throw fault }
            if let logFault { throw logFault }
            if pausedUntil == .never {
                throw Failure(
                    .ioError, "the webhook answers that it is gone (410)",
                    fix: "give the address of one that takes mail; the sends are kept")
            }
            if isStopping || started >= options.limit { break }
            guard try waitForWork() || hasFollowUps() else { break }
        }
    }

    private mutating func tendLog() {
        guard logFault == nil else { return }
        do { try log.tend() } catch { logFault = error }
    }

    /// Lets the next few results come in, so that one commit serves several mails.
    private mutating func gather() {
        let deadline = WallClock.monotonicSeconds + Self.companySeconds
        while !results.isEmpty, !flying.isEmpty, results.count * 2 < target.parallel,
            WallClock.monotonicSeconds < deadline
        {
            collect(milliseconds: Self.pacingMilliseconds)
        }
    }

    /// Whether the results have brought new sends, once they are in the log.
    private mutating func hasFollowUps() throws -> Bool {
        try log.settle()
        return try !outage.isOn && pausedUntil <= WallClock.now
            && deliverer.hasWork(at: WallClock.now)
    }

    private var room: Int {
        guard WallClock.now >= pausedUntil, !outage.isPausing(at: WallClock.monotonicSeconds) else {
            return 0
        }
        if outage.isOn { return flying.isEmpty ? min(1, options.limit - started) : 0 }
        // Half of the places at a time: one commit serves several mails. No more is claimed than there
        // are places: whatever is claimed when the process dies is in doubt.
        let free = target.parallel - flying.count
        guard free * 2 >= target.parallel || flying.isEmpty else { return 0 }
        return min(free, options.limit - started)
    }

    /// Stores results and claims anew.
    ///
    /// - Returns: Whether there may be more to claim at once.
    private mutating func turn(claiming wanted: Int) throws -> Bool {
        let limit = min(wanted, allowance.available)
        let isWorthIt = try limit > 0 && deliverer.hasWork(at: WallClock.now)
        guard isWorthIt || !results.isEmpty else { return false }
        let turn = try deliverer.turn(noting: results, claiming: limit, at: WallClock.now)
        for ((_, outcome), status) in zip(results, turn.noted) { summary.note(outcome, status) }
        for status in turn.passedOver { summary.note(passedOver: status) }
        if let rate = options.rate {
            let pause = min(Self.turnPauseMax, Double(target.parallel) / Double(2 * rate))
            nextTurn = WallClock.monotonicSeconds + pause
        }
        results.removeAll()
        for claim in turn.claims {
            started += 1
            allowance.take()
            start(claim)
        }
        return turn.isMoreLikely
    }

    /// Hands a claimed send to the target; what a target that is out of order does not get goes back.
    private mutating func start(_ claim: Deliverer.Claim) {
        if let fault {
            giveBack(claim, fault.message)
            return
        }
        switch post.mail(for: claim, at: WallClock.now) {
        case .failure(let problem): results.append((claim, .unrenderable(problem.message)))
        case .success(let mail):
            do {
                try target.start(mail, token: claim.number)
                flying[claim.number] = claim
            } catch {
                fault = error
                giveBack(claim, error.message)
            }
        }
    }

    private mutating func collect(milliseconds: Int) {
        if flying.isEmpty { usleep(UInt32(milliseconds) * 1_000) }
        for (token, outcome) in target.wait(milliseconds: milliseconds) {
            guard let claim = flying.removeValue(forKey: token) else { continue }
            switch outcome {
            case .outOfService(let message):
                if outage.begin(message, at: WallClock.monotonicSeconds) { tellOfOutage() }
                giveBack(claim, message)
            case .serviceEnded(let message):
                let now = WallClock.monotonicSeconds
                if outage.noteEnd(over: claim.number, message, at: now) { tellOfOutage() }
                // It waits for its next attempt, so that another mail is tried first.
                results.append((claim, .refusedForNow(message)))
            default:
                noteService()
                results.append((claim, outcomeNoted(outcome)))
            }
        }
    }

    private func tellOfOutage() {
        guard options.follows else { return }
        Output.error(
            "the target takes no mail, and is tried again until it does: "
                + outage.message.withoutControls)
    }

    private mutating func noteService() {
        guard let seconds = outage.end(at: WallClock.monotonicSeconds), options.follows else {
            return
        }
        Output.error("the target takes mail again, after \(Int(seconds)) s")
    }

    /// Puts a send back as if it had not been claimed: it is not to blame.
    private mutating func giveBack(_ claim: Deliverer.Claim, _ message: String) {
        started -= 1
        results.append((claim, .postponed(message)))
    }

    private mutating func outcomeNoted(_ outcome: HandOver) -> Deliverer.Outcome {
        switch outcome {
        case .delivered(let detail): return .delivered(detail)
        case .refused(permanent: true, let isRecipient, _, let message):
            return .refused(message, isRecipient: isRecipient)
        case .refused(permanent: false, _, _, let message): return .refusedForNow(message)
        case .notSent(let message), .serviceEnded(let message): return .refusedForNow(message)
        case .unknown(let message): return .unknown(message)
        case .slowDown(let seconds, let message):
            let length = min(seconds.map { Int64($0) } ?? 60, Self.heededSecondsMax) * .second
            pausedUntil = max(pausedUntil, WallClock.now.advanced(byMicroseconds: length))
            return .refusedForNow(message, after: length)
        case .gone(let message):
            // The endpoint wants nothing more: what flies comes back, and nothing new is claimed.
            pausedUntil = .never
            return .postponed(message)
        case .outOfService(let message): return .postponed(message)
        }
    }

    /// Waits for the next thing to do.
    ///
    /// - Returns: False where there is nothing to wait for.
    private mutating func waitForWork() throws -> Bool {
        if outage.isLong, !options.follows {
            throw Failure(
                .ioError, "the target takes no mail: \(outage.message)",
                fix: "see to it and deliver again: the sends are kept; --follow goes on trying")
        }
        guard
            options.follows || allowance.available == 0 || WallClock.now < pausedUntil
                || outage.isOn
        else { return false }
        let isLongPause = pausedUntil > WallClock.now.advanced(byMicroseconds: Self.pauseMax)
        if !options.follows, try isLongPause || !deliverer.hasWork(at: resumesAt) { return false }
        usleep(UInt32(options.rate == nil ? Self.idleMilliseconds * 1_000 : 20_000))
        return true
    }

    private var resumesAt: Instant { max(WallClock.now, pausedUntil) }
}
