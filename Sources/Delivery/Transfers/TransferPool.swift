import Glibc

/// Threads that each keep a connection and take transfers from one queue.
///
/// libcurl's interface for many transfers in one thread would be simpler, but in it a mail server's answer to a
/// mail's last byte stops every other transfer too (`smtp_done` in libcurl's `lib/smtp.c` waits for it),
/// and that answer is what takes long. What threads share is behind `mutex`.
final class TransferPool: @unchecked Sendable {
    private let endpoint: Endpoint
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let workCame = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let resultCame = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var queue: [(token: UInt64, transfer: Transfer)] = []
    private var results: [(token: UInt64, result: TransferResult)] = []
    private var underWay = 0
    private var isClosed = false
    private var threads: [pthread_t] = []
    private let sockets = SocketList()

    /// How many threads there are.
    private(set) var parallel = 0

    /// Starts threads for an endpoint, or as many as the system gives.
    ///
    /// - Throws: ``TargetError`` where it gives none.
    init(_ endpoint: Endpoint, parallel wanted: Int) throws(TargetError) {
        self.endpoint = endpoint
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(workCame, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        // Else a change of the wall clock would lengthen a wait.
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(resultCame, &attributes)
        pthread_condattr_destroy(&attributes)
        var refusal: CInt = 0
        while refusal == 0, threads.count < wanted { refusal = startThread() }
        parallel = threads.count
        guard parallel > 0 else {
            throw TargetError(
                "no thread could be started: \(String(cString: strerror(refusal)))",
                fix: "let this user have more of them, or more memory")
        }
    }

    deinit {
        pthread_cond_destroy(resultCame)
        pthread_cond_destroy(workCame)
        pthread_mutex_destroy(mutex)
        resultCame.deallocate()
        workCame.deallocate()
        mutex.deallocate()
    }

    /// Puts a transfer in the queue.
    func start(_ transfer: Transfer, token: UInt64) {
        locked {
            queue.append((token, transfer))
            underWay += 1
            pthread_cond_signal(workCame)
        }
    }

    /// Waits for results, at most so many milliseconds; at once where nothing is under way.
    func wait(milliseconds: Int) -> [(token: UInt64, result: TransferResult)] {
        var deadline = timespec()
        clock_gettime(CLOCK_MONOTONIC, &deadline)
        let nanoseconds = deadline.tv_nsec + milliseconds % 1000 * 1_000_000
        deadline.tv_sec += milliseconds / 1000 + nanoseconds / 1_000_000_000
        deadline.tv_nsec = nanoseconds % 1_000_000_000
        return locked {
            while results.isEmpty, underWay > 0 {
                if pthread_cond_timedwait(resultCame, mutex, &deadline) != 0 { break }
            }
            defer { results = [] }
            return results
        }
    }

    /// Breaks off what is under way and ends the threads; ``wait(milliseconds:)`` then gives what came of it.
    func close() {
        let threads = locked {
            isClosed = true
            for (token, _) in queue {
                let result = TransferResult(problem: "broken off before it began")
                results.append((token, result))
            }
            underWay -= queue.count
            queue = []
            pthread_cond_broadcast(workCame)
            defer { self.threads = [] }
            return self.threads
        }
        sockets.shut()
        for thread in threads { pthread_join(thread, nil) }
    }

    // MARK: Threads

    /// Starts a thread.
    ///
    /// - Returns: 0, or the system's number for why there is none.
    private func startThread() -> CInt {
        // Signals are for the thread that started this.
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        guard let handle = TransferHandle(endpoint, sockets: sockets) else { return ENOMEM }
        var thread = pthread_t()
        let context = Unmanaged.passRetained(Worker(pool: self, handle: handle))
        let code = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                let worker = Unmanaged<Worker>.fromOpaque(context).takeRetainedValue()
                worker.pool.work(worker.handle)
                return nil
            }, context.toOpaque())
        if code == 0 { threads.append(thread) } else { context.release() }
        return code
    }

    /// What a thread is given.
    private final class Worker {
        let pool: TransferPool
        let handle: TransferHandle

        init(pool: TransferPool, handle: TransferHandle) {
            self.pool = pool
            self.handle = handle
        }
    }

    private func work(_ handle: TransferHandle) {
        while let (token, transfer) = next() {
            let result = handle.perform(transfer)
            locked {
                results.append((token, result))
                underWay -= 1
                pthread_cond_signal(resultCame)
            }
        }
    }

    /// The next transfer, waited for; nil once the pool is closed.
    private func next() -> (token: UInt64, transfer: Transfer)? {
        locked {
            while queue.isEmpty, !isClosed { pthread_cond_wait(workCame, mutex) }
            return isClosed ? nil : queue.removeFirst()
        }
    }

    private func locked<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }
}
