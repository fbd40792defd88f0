import Glibc

/// Standard input, output and error, which whoever starts the program may have closed.
enum StandardDescriptors {
    /// Puts something on those that are closed.
    ///
    /// Else the next files that are opened take their numbers, and what is printed goes into the store. What
    /// stands there instead can be neither read nor written, so that using it fails as it does when closed.
    static func occupy() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            // The lowest free number, which is this one.
            _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }
}
