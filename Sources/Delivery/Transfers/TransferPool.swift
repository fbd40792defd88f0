import Glibc
import Threads

/// Threads that each keep a connection and take transfers from one queue.
///
/// libcurl's interface for many transfers in one thread would be simpler, but in it a mail server's answer to a
/// mail's last byte stops every other transfer too (`smtp_done` in libcurl's `lib/smtp.c` waits for it),
/// and that answer is what takes long. What threads share is behind the monitor's lock.
final class TransferPool: @unchecked Sendable {
    private let endpoint: Endpoint
    private let monitor = Monitor()
    private let workCame: Monitor.Condition
    private let resultCame: Monitor.Condition
    private var queue: [(token: UInt64, transfer: Transfer)] = []
    private var results: [(token: UInt64, result: TransferResult)] = []
    private var underWay = 0
    private var isClosed = false
    private var threads: [Thread] = []
    private let sockets = SocketList()

    /// How many threads there are.
    private(set) var parallel = 0

    /// Starts threads for an endpoint, or as many as the system gives.
    ///
    /// - Throws: ``TargetError`` where it gives none.
    init(_ endpoint: Endpoint, parallel wanted: Int) throws(TargetError) {
        self.endpoint = endpoint
        workCame = Monitor.Condition(monitor)
        resultCame = Monitor.Condition(monitor)
        var refusal: CInt = 0
        while refusal == 0, threads.count < wanted { refusal = startThread() }
        parallel = threads.count
        guard parallel > 0 else {
            throw TargetError(
                "no thread could be started: \(String(cString: strerror(refusal)))",
                fix: "let this user have more of them, or more memory")
        }
    }

    /// Puts a transfer in the queue.
    func start(_ transfer: Transfer, token: UInt64) {
        monitor.locked {
            queue.append((token, transfer))
            underWay += 1
            workCame.signal()
        }
    }

    /// Waits for results, at most so many milliseconds; at once where nothing is under way.
    func wait(milliseconds: Int) -> [(token: UInt64, result: TransferResult)] {
        var deadline = timespec()
        clock_gettime(CLOCK_MONOTONIC, &deadline)
        let nanoseconds = deadline.tv_nsec + milliseconds % 1000 * 1_000_000
        deadline.tv_sec += milliseconds / 1000 + nanoseconds / 1_000_000_000
        deadline.tv_nsec = nanoseconds % 1_000_000_000
        return monitor.locked {
            while results.isEmpty, underWay > 0 {
                guard resultCame.wait(until: deadline) else { break }
            }
            defer { results = [] }
            return results
        }
    }

    /// Breaks off what is under way and ends the threads; ``wait(milliseconds:)`` then gives what came of it.
    func close() {
        let threads = monitor.locked {
            isClosed = true
            for (token, _) in queue {
                let result = TransferResult(problem: "broken off before it began")
                results.append((token, result))
            }
            underWay -= queue.count
            queue = []
            workCame.broadcast()
            defer { self.threads = [] }
            return self.threads
        }
        sockets.shut()
        for thread in threads { thread.join() }
    }

    // MARK: Threads

    /// Starts a thread.
    ///
    /// - Returns: 0, or the system's number for why there is none.
    private func startThread() -> CInt {
        guard let handle = TransferHandle(endpoint, sockets: sockets) else { return ENOMEM }
        do {
            threads.append(try Thread { self.work(handle) })
            return 0
        } catch {
            return error.code
        }
    }

    private func work(_ handle: TransferHandle) {
        while let (token, transfer) = next() {
            let result = handle.perform(transfer)
            monitor.locked {
                results.append((token, result))
                underWay -= 1
                resultCame.signal()
            }
        }
    }

    /// The next transfer, waited for; nil once the pool is closed.
    private func next() -> (token: UInt64, transfer: Transfer)? {
        monitor.locked {
            while queue.isEmpty, !isClosed { workCame.wait() }
            return isClosed ? nil : queue.removeFirst()
        }
    }
}
