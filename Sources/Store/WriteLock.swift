import Glibc

/// The right to write, handed over between batches (SPEC 8, promise 3).
///
/// Two file locks make a fair queue: who wants to write first takes the turnstile, then waits for the
/// pen, and leaves the turnstile when it has it. A writer that lays the pen down after a batch and
/// wants it again finds the turnstile taken by whoever waits, and comes after it. The system lets go
/// of both when a process dies.
final class WriteLock {
    private let turnstile: CInt
    private let pen: CInt
    private static let pauseMicroseconds: UInt32 = 1_000
    /// Whoever looks whether the pen is taken has it for an instant: this long is waited in any case.
    private static let attemptsMin = 20

    /// Opens the lock files of a store's directory, which are made where they are missing.
    init(directory: String) throws(StoreError) {
        turnstile = open(directory + "/turnstile.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard turnstile >= 0 else {
            throw .cannotWrite("\(directory)/turnstile.lock: \(String(cString: strerror(errno)))")
        }
        pen = open(directory + "/writer.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard pen >= 0 else {
            let message = String(cString: strerror(errno))
            close(turnstile)
            throw .cannotWrite("\(directory)/writer.lock: \(message)")
        }
    }

    deinit {
        close(turnstile)
        close(pen)
    }

    /// Takes the right to write.
    ///
    /// - Throws: ``StoreError/busy(waitedSeconds:)`` when it was not to be had in time.
    func acquire(waitSeconds: Int) throws(StoreError) {
        let attempts = max(
            Self.attemptsMin, waitSeconds * 1_000_000 / Int(Self.pauseMicroseconds))
        var used = 0
        guard take(turnstile, attempts: attempts, used: &used) else {
            throw .busy(waitedSeconds: waitSeconds)
        }
        let hasPen = take(pen, attempts: attempts, used: &used)
        flock(turnstile, LOCK_UN)
        if !hasPen { throw .busy(waitedSeconds: waitSeconds) }
    }

    /// Whether somebody has the right to write just now.
    var isTaken: Bool {
        guard flock(pen, LOCK_EX | LOCK_NB) == 0 else { return true }
        flock(pen, LOCK_UN)
        return false
    }

    /// Whether somebody waits for the right to write, which the caller has.
    var isWanted: Bool {
        guard flock(turnstile, LOCK_EX | LOCK_NB) == 0 else { return true }
        flock(turnstile, LOCK_UN)
        return false
    }

    /// Lays the right to write down.
    func release() {
        flock(pen, LOCK_UN)
    }

    private func take(_ file: CInt, attempts: Int, used: inout Int) -> Bool {
        while flock(file, LOCK_EX | LOCK_NB) != 0 {
            used += 1
            guard used < attempts else { return false }
            usleep(Self.pauseMicroseconds)
        }
        return true
    }
}
