import Glibc

/// Turns the signals that damage of the data file ends in into an error message.
///
/// LMDB maps the file and trusts it: following a damaged page, or reading one that the disk can't
/// give, is SIGSEGV or SIGBUS, and its own checks end in SIGABRT. Which page it is only `audit` can say.
enum DamageSignals {
    /// Takes the signals over, once and for all.
    static func watch() {
        for number in [SIGSEGV, SIGBUS, SIGABRT] {
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { _ in
                let words: StaticString = """
                    error: the store's data file is damaged, or its disk can't be read
                      fix: see what muster audit says, keep a copy of the store, and go back to a \
                    backup; where audit finds nothing wrong, this is a fault of muster's

                    """
                _ = write(STDERR_FILENO, words.utf8Start, words.utf8CodeUnitCount)
                _exit(ExitStatus.ioError.rawValue)
            }
            action.sa_flags = CInt(bitPattern: UInt32(SA_RESETHAND))
            sigaction(number, &action, nil)
        }
    }
}
