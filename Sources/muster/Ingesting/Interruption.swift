import Glibc

/// Whether the user asked the process to stop: the batch at hand is finished first.
enum Interruption {
    nonisolated(unsafe) private static var requested: sig_atomic_t = 0

    static var isRequested: Bool { requested != 0 }

    /// Takes over SIGINT, SIGTERM and SIGHUP, the end of the terminal, unless `nohup` has it ignored; a second
    /// one ends the process at once.
    static func watch() {
        var before = sigaction()
        sigaction(SIGHUP, nil, &before)
        let isIgnored =
            unsafeBitCast(before.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
        for number in [SIGINT, SIGTERM] + (isIgnored ? [] : [SIGHUP]) {
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { _ in Interruption.requested = 1 }
            action.sa_flags = CInt(bitPattern: UInt32(SA_RESETHAND))
            sigaction(number, &action, nil)
        }
    }
}
