import Glibc

/// Turns the signals that damage of the data file ends in into an error message.
///
/// LMDB maps the file and trusts it: following a damaged page, or reading one that the disk can't
/// give, is SIGSEGV or SIGBUS, and its own checks end in SIGABRT. Which page it is only `audit` can say.
/// SIGILL and SIGTRAP are the program's own checks: what a row says was taken for possible and is not.
enum DamageSignals {
    /// Takes the signals over, once and for all.
    static func watch() {
        for number in [SIGSEGV, SIGBUS, SIGABRT] {
            takeOver(number) { _ in
                DamageSignals.end(
                    """
                    error: the store's data file is damaged, or its disk can't be read
                      fix: see what muster audit says, keep a copy of the store, and go back to a \
                    backup; where audit finds nothing wrong, this is a fault of muster's

                    """)
            }
        }
        for number in [SIGILL, SIGTRAP] {
            takeOver(number) { _ in
                DamageSignals.end(
                    """
                    error: muster met with something impossible, and stops before it does harm
                      fix: see what muster audit says; where it finds nothing wrong, this is a fault \
                    of muster's: keep a copy of the store and of the input, and report it

                    """)
            }
        }
    }

    private static func takeOver(_ number: CInt, _ handler: @escaping @convention(c) (CInt) -> Void)
    {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = handler
        action.sa_flags = CInt(bitPattern: UInt32(SA_RESETHAND))
        sigaction(number, &action, nil)
    }

    private static func end(_ words: StaticString) -> Never {
        _ = write(STDERR_FILENO, words.utf8Start, words.utf8CodeUnitCount)
        _exit(ExitStatus.ioError.rawValue)
    }
}
