import Glibc

/// A thread of the system.
public struct Thread: Sendable {
    /// What the system calls it.
    private let thread: pthread_t

    /// The system gives no thread: its number for why.
    public struct Refusal: Error {
        /// As `errno` has it.
        public let code: CInt
    }

    /// Starts a thread; signals that others send stay with the one that started it.
    ///
    /// - Parameter body: What it does; with its end the thread ends.
    /// - Throws: ``Refusal``.
    public init(_ body: sending @escaping () -> Void) throws(Refusal) {
        var others = sigset_t()
        var before = sigset_t()
        sigfillset(&others)
        // What the thread itself brings about comes to it, or else ends the process without a word.
        for number in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT] {
            sigdelset(&others, number)
        }
        pthread_sigmask(SIG_SETMASK, &others, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        var thread = pthread_t()
        let context = Unmanaged.passRetained(Body(body))
        let code = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context.toOpaque())
        guard code == 0 else {
            context.release()
            throw Refusal(code: code)
        }
        self.thread = thread
    }

    /// Waits for the thread's end; to be called once.
    public func join() {
        pthread_join(thread, nil)
    }

    /// What a thread is given, as a reference.
    private final class Body {
        let run: () -> Void

        init(_ run: @escaping () -> Void) {
            self.run = run
        }
    }
}
