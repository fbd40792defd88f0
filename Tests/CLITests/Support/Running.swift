import Foundation
import Glibc

/// A file descriptor that is closed once, and not handed to other children.
final class Descriptor {
    private(set) var number: Int32

    init(_ number: Int32) {
        self.number = number
    }

    deinit {
        close()
    }

    func close() {
        if number >= 0 { Glibc.close(number) }
        number = -1
    }

    var handle: FileHandle { FileHandle(fileDescriptor: number, closeOnDealloc: false) }

    /// Held while a pipe is made and while a child is: no child gets an end that is not for it.
    static let spawning = NSLock()

    /// The two ends of a pipe.
    static func pipe() -> (read: Descriptor, write: Descriptor) {
        spawning.withLock {
            var ends: [Int32] = [-1, -1]
            precondition(Glibc.pipe(&ends) == 0, "no pipe")
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            return (Descriptor(ends[0]), Descriptor(ends[1]))
        }
    }

    /// The two sides of a pseudo terminal, 80 columns wide.
    static func terminal() -> (outside: Descriptor, inside: Descriptor) {
        // What posix_openpt and its like do: Glibc's module does not show them.
        let unlock: UInt = 0x4004_5431
        let getNumber: UInt = 0x8004_5430
        let outside = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var locked: CInt = 0
        var number: CInt = 0
        precondition(
            ioctl(outside, unlock, &locked) == 0 && ioctl(outside, getNumber, &number) == 0
        )
        let inside = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var size = winsize(ws_row: 25, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(inside, UInt(TIOCSWINSZ), &size)
        return (Descriptor(outside), Descriptor(inside))
    }
}

/// The binary at work: input can be sent, output read line by line, and it can be killed.
final class Running {
    static let binary: String = {
        let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        let beside = tests.deletingLastPathComponent().appendingPathComponent("muster").path
        precondition(access(beside, X_OK) == 0, "there is no binary \(beside)")
        return beside
    }()

    private let process = Process()
    private let ended = DispatchSemaphore(value: 0)
    private let input: Descriptor?
    private let output: Descriptor
    private let errorFile: String
    private var buffer: [UInt8] = []
    private var isAtEnd = false

    /// Starts a command in a sandbox.
    ///
    /// Without input, standard input is a pipe that `send` writes to. With a terminal, that is its standard
    /// output and standard error. The executable is the binary unless a test wraps it. With `blocks` false, reads
    /// and writes of the pipes fail with `EAGAIN` where they would have to wait.
    init(
        _ sandbox: Sandbox,
        _ arguments: [String],
        input given: Descriptor?,
        environment: [String: String] = [:],
        executable: String = Running.binary,
        terminal: (outside: Descriptor, inside: Descriptor)? = nil,
        blocks: Bool = true
    ) throws {
        let inputPipe = given == nil ? Descriptor.pipe() : nil
        let outputPipe = terminal.map { ($0.outside, $0.inside) } ?? Descriptor.pipe()
        input = inputPipe?.write
        output = outputPipe.0
        if !blocks {
            for end in [inputPipe?.read, outputPipe.1].compactMap({ $0 }) {
                _ = fcntl(end.number, F_SETFL, fcntl(end.number, F_GETFL) | O_NONBLOCK)
            }
        }
        errorFile = sandbox.path("error-\(UUID().uuidString)")
        let errors =
            terminal?.inside
            ?? Descriptor(open(errorFile, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644))
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: sandbox.directory)
        var variables = ProcessInfo.processInfo.environment
        variables["MUSTER_STORE"] = nil
        variables["NO_COLOR"] = nil
        variables["COLUMNS"] = "100"
        // Neither may change an answer.
        variables["TZ"] = "Asia/Kathmandu"
        variables["LC_ALL"] = "C"
        variables["SWIFT_BACKTRACE"] = "enable=no"
        variables.merge(environment) { $1 }
        process.environment = variables
        process.standardInput = (given ?? inputPipe?.read)?.handle
        process.standardOutput = outputPipe.1.handle
        process.standardError = errors.handle
        process.terminationHandler = { [ended] _ in ended.signal() }
        try Descriptor.spawning.withLock {
            // The threads that tests run on block signals, and a child would inherit that.
            var none = sigset_t()
            var before = sigset_t()
            sigemptyset(&none)
            pthread_sigmask(SIG_SETMASK, &none, &before)
            defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
            try process.run()
        }
        inputPipe?.read.close()
        outputPipe.1.close()
        errors.close()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        unlink(errorFile)
    }

    // MARK: Input

    func send(_ text: String) {
        send(Array(text.utf8))
    }

    /// Writes to the command's standard input; what it no longer reads is lost.
    func send(_ bytes: [UInt8]) {
        var offset = 0
        while offset < bytes.count, let input {
            let count = bytes.withUnsafeBytes {
                Glibc.write(input.number, $0.baseAddress?.advanced(by: offset), $0.count - offset)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            offset += count
        }
    }

    func closeInput() {
        input?.close()
    }

    // MARK: Output

    /// The next line of standard output; nil at its end.
    func line(within seconds: Double = 20) throws -> String? {
        let deadline = Date().addingTimeInterval(seconds)
        while true {
            if let end = buffer.firstIndex(of: 10) {
                defer { buffer.removeFirst(end + 1) }
                return String(decoding: buffer[..<end], as: UTF8.self)
            }
            guard !isAtEnd, try fill(until: deadline) else { return nil }
        }
    }

    /// Whether standard output stays silent for a while.
    func isSilent(for seconds: Double) -> Bool {
        var request = pollfd(fd: output.number, events: Int16(POLLIN), revents: 0)
        return buffer.isEmpty && poll(&request, 1, Int32(seconds * 1000)) == 0
    }

    /// Closes the reading end of standard output.
    func closeOutput() {
        output.close()
    }

    private func fill(until deadline: Date) throws -> Bool {
        var request = pollfd(fd: output.number, events: Int16(POLLIN), revents: 0)
        let left = deadline.timeIntervalSinceNow
        guard left > 0, poll(&request, 1, Int32(left * 1000) + 1) != 0 else {
            throw TookTooLong(description: "no output came; standard error: \(errorText)")
        }
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        let count = Glibc.read(output.number, &chunk, chunk.count)
        // A terminal whose other side was closed gives EIO.
        if count <= 0 { isAtEnd = true } else { buffer.append(contentsOf: chunk[0..<count]) }
        return count > 0
    }

    /// What standard error has got so far.
    var errorText: String {
        (try? String(contentsOfFile: errorFile, encoding: .utf8)) ?? ""
    }

    // MARK: The end

    /// Sends a signal.
    func signal(_ number: Int32) {
        kill(process.processIdentifier, number)
    }

    /// Waits for the end; a process that does not come to one is killed.
    ///
    /// - Returns: What was not read yet; the status is minus the signal that ended it.
    func wait(within seconds: Double = 60) throws -> Outcome {
        let deadline = Date().addingTimeInterval(seconds)
        if output.number >= 0 {
            while !isAtEnd, try fill(until: deadline) {}
        }
        guard ended.wait(timeout: .now() + max(deadline.timeIntervalSinceNow, 0.1)) == .success
        else {
            kill(process.processIdentifier, SIGKILL)
            throw TookTooLong(description: "the command did not end; standard error: \(errorText)")
        }
        process.waitUntilExit()
        let status =
            process.terminationReason == .exit
            ? process.terminationStatus : -process.terminationStatus
        return Outcome(
            status: status,
            out: String(decoding: buffer, as: UTF8.self),
            err: errorText
        )
    }

    /// Closes the input, and waits for the end.
    func finish() throws -> Outcome {
        closeInput()
        return try wait()
    }
}
