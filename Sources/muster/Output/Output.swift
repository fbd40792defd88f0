import Glibc
import Wire

/// Standard output in blocks, and lines on standard error.
struct Output {
    private var buffer: [UInt8] = []
    private static let blockBytes = 1 << 16
    /// Whether somebody has to read it: the output of a command that also writes the store.
    private let needsReader: Bool

    init(needsReader: Bool = false) {
        self.needsReader = needsReader
    }

    /// Whether standard output is a terminal.
    static let isTerminal = isatty(1) == 1

    /// Whether standard error is a terminal.
    static let isErrorTerminal = isatty(2) == 1

    /// Whether to colour what a terminal shows (no-color.org).
    static let isColoured = isTerminal && getenv("NO_COLOR") == nil

    /// Appends bytes to what will be printed.
    mutating func write(_ body: (inout [UInt8]) -> Void) throws(Failure) {
        body(&buffer)
        if buffer.count >= Self.blockBytes { try flush() }
    }

    /// Prints everything appended so far.
    ///
    /// A closed pipe is no error: whoever read had enough, and the process ends with status 0; unless it needs
    /// its reader.
    mutating func flush() throws(Failure) {
        guard !buffer.isEmpty else { return }
        let code = Files.write(buffer, to: 1)
        buffer.removeAll(keepingCapacity: true)
        guard let code else { return }
        if code == EPIPE, !needsReader { exit(ExitStatus.done.rawValue) }
        if code == EPIPE {
            throw Failure(
                .ioError, "nobody reads standard output any more",
                fix: "start again with the same input: what was taken in is kept, and what nobody "
                    + "read is printed")
        }
        throw Failure(.ioError, "standard output: \(String(cString: strerror(code)))")
    }

    /// Prints a line on standard error.
    static func error(_ line: String) {
        _ = Files.write(Array((line + "\n").utf8), to: 2)
    }
}
