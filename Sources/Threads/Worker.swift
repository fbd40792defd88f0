/// A thread that does one piece of work at a time, beside the one that it belongs to.
///
/// The thread is started with the first piece. Where the system gives none, the work is done at once by who
/// asks for it.
///
/// ```swift
/// worker.start { parse(chunk) }
/// takeIn(chunkBefore)
/// let parsed = worker.finish()
/// ```
public final class Worker<Output: Sendable> {
    /// What the two threads share, behind the monitor's lock.
    private final class Desk: @unchecked Sendable {
        let monitor = Monitor()
        let changed: Monitor.Condition
        var work: (@Sendable () -> Output)?
        var output: Output?
        var isClosed = false

        init() {
            changed = Monitor.Condition(monitor)
        }

        /// Does one piece after the other until the desk is closed.
        func run() {
            while let output = perform() { deliver(output) }
        }

        /// Does the next piece of work and releases it, before its output is delivered: the owner then has the
        /// only reference to what it captured.
        private func perform() -> Output? {
            guard let work = next() else { return nil }
            return work()
        }

        /// The next piece of work, waited for; nil once the desk is closed.
        private func next() -> (@Sendable () -> Output)? {
            monitor.locked {
                while work == nil, !isClosed { changed.wait() }
                defer { work = nil }
                return work
            }
        }

        private func deliver(_ output: Output) {
            monitor.locked {
                self.output = output
                changed.broadcast()
            }
        }
    }

    private let desk = Desk()
    private var thread: Thread?
    /// Whether there is work whose output was not fetched.
    public private(set) var isUsed = false

    /// Makes one without any work.
    public init() {}

    deinit {
        desk.monitor.locked {
            desk.isClosed = true
            desk.changed.broadcast()
        }
        thread?.join()
    }

    /// Begins a piece of work; the output of the one before must have been fetched.
    public func start(_ work: @escaping @Sendable () -> Output) {
        if isUsed { fatalError("the output of the work before was not fetched") }
        isUsed = true
        if thread == nil { thread = try? Thread { [desk] in desk.run() } }
        guard thread != nil else {
            desk.output = work()
            return
        }
        desk.monitor.locked {
            desk.work = work
            desk.changed.broadcast()
        }
    }

    /// Whether fetching the output would have to wait for it.
    public var isBusy: Bool {
        isUsed && desk.monitor.locked { desk.output == nil }
    }

    /// Waits for the end of the work and gives its output; nil where there is none.
    public func finish() -> Output? {
        guard isUsed else { return nil }
        isUsed = false
        return desk.monitor.locked {
            while desk.output == nil { desk.changed.wait() }
            return desk.output.take()
        }
    }
}
