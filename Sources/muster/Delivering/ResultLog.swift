import Glibc
import Store

/// Sees that results become records of the log, and by whom: a process that writes anyway takes them in with
/// its next batch; where nobody does, this one writes them itself, within a second.
///
/// So a delivery beside a busy `ingest` neither loads an engine nor takes the pen. Times are monotonic
/// seconds.
struct ResultLog {
    private static let lookPause = 0.1
    /// Nobody writes if nobody has for so long.
    private static let quietSeconds = 0.5
    private static let endPauseMilliseconds: UInt32 = 50

    private let deliverer: Deliverer
    private let waitSeconds: Int
    private var lookedAt = 0.0
    /// When others were seen to write last, and when this process did.
    private var othersWroteAt = 0.0
    private var wroteAt = 0.0
    private var lastSeen: UInt64?
    /// Whether it was waited for others, in vain, and the user was told.
    private var hasToldOfOthers = false

    init(_ deliverer: Deliverer, waitSeconds: Int) {
        self.deliverer = deliverer
        self.waitSeconds = waitSeconds
    }

    /// Writes results that nobody else seems to take in; to be called often.
    mutating func tend() throws {
        let now = WallClock.monotonicSeconds
        guard now - lookedAt >= Self.lookPause else { return }
        let standing = try look(at: now)
        guard standing.hasResults, now - max(othersWroteAt, wroteAt) >= Self.quietSeconds else {
            return
        }
        do {
            try write(waitSeconds: 0)
        } catch StoreError.busy {}
    }

    private mutating func write(waitSeconds: Int) throws {
        try deliverer.logResults(waitSeconds: waitSeconds)
        wroteAt = WallClock.monotonicSeconds
        lastSeen = nil
    }

    /// Sees that no result is left that no record tells of.
    ///
    /// Where another process holds the pen and does not take them in for as long as `--wait` says, they are
    /// kept for whoever writes next.
    mutating func settle() throws {
        let waitSeconds = hasToldOfOthers ? 0 : waitSeconds
        let deadline = WallClock.monotonicSeconds + Double(waitSeconds)
        while try look(at: WallClock.monotonicSeconds).hasResults {
            let isTheirs = WallClock.monotonicSeconds - othersWroteAt < Self.quietSeconds
            if isTheirs, WallClock.monotonicSeconds < deadline {
                usleep(Self.endPauseMilliseconds * 1_000)
                continue
            }
            do {
                try write(waitSeconds: waitSeconds)
            } catch StoreError.busy {
                if !hasToldOfOthers {
                    Output.error("the next process that writes takes the results into the log")
                }
                hasToldOfOthers = true
                return
            }
        }
    }

    /// Settles, and flushes the working state where this process wrote.
    mutating func finish() throws {
        try settle()
        do {
            try deliverer.close(waitSeconds: waitSeconds)
        } catch StoreError.busy {}
    }

    /// Notes whether others have written since the last look.
    private mutating func look(at now: Double) throws -> Deliverer.Standing {
        let standing = try deliverer.standing()
        let hasMoved = lastSeen.map { $0 != standing.sequence } ?? false
        if standing.isBeingWritten || hasMoved { othersWroteAt = now }
        lookedAt = now
        lastSeen = standing.sequence
        return standing
    }
}
