import Glibc
import Wire

/// Lines of a descriptor as they come, without waiting for more than there is.
struct LineSource {
    /// What waiting brought.
    enum Arrival {
        case bytes
        case end
        case timeout
        case interrupted
    }

    private let file: CInt
    /// What messages call the input.
    let name: String
    /// What was read and not given out yet, and the lines given out since.
    private(set) var buffer: [UInt8] = []
    /// The bytes before this one have been given out.
    private var start = 0
    /// The bytes before this one hold no line end that was not given out.
    private var searched = 0
    private(set) var isAtEnd = false
    private(set) var bytesRead = 0

    private static let chunkBytes = 1 << 20
    /// `F_SETPIPE_SZ` and `F_GETPIPE_SZ` of `fcntl(2)`, whose definitions Swift can't read.
    private static let setPipeSize: CInt = 1031
    private static let getPipeSize: CInt = 1032
    /// A line is kept up to one byte over the limit, so that it is seen to be too long.
    private let lineBytesKept: Int

    init(file: CInt, name: String, lineBytesMax: Int = Wire.lineBytesMax) {
        self.file = file
        self.name = name
        lineBytesKept = lineBytesMax + 1
        // Who writes into a pipe need not wait for each 64 KiB to be taken; what is no pipe has no size.
        let pipeBytes = fcntl(file, Self.getPipeSize)
        if pipeBytes >= 0, pipeBytes < Self.chunkBytes {
            _ = fcntl(file, Self.setPipeSize, CInt(Self.chunkBytes))
        }
    }

    /// The size of the input where it is a regular file.
    var totalBytes: Int? {
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int(status.st_size)
    }

    /// How many bytes were read and not given out.
    var bytesLeft: Int { buffer.count - start }

    /// Whether there is something that was not given out: of a file to its end, of a pipe what has come.
    var hasMore: Bool { start < buffer.count || unreadBytes > 0 }

    /// Whether all that has come and was not given out is the beginning of a line in a pipe.
    var holdsHalfLine: Bool { totalBytes == nil && unreadBytes == 0 && searched == buffer.count }

    /// How many bytes could be read at once: of a file to its end, of a pipe those that it holds.
    private var unreadBytes: Int {
        if isAtEnd { return 0 }
        if let totalBytes { return max(0, totalBytes - lseek(file, 0, SEEK_CUR)) }
        var count: CInt = 0
        return ioctl(file, UInt(FIONREAD), &count) == 0 ? Int(count) : 0
    }

    /// Waits until there is something to read.
    ///
    /// - Parameter milliseconds: How long at most; negative waits for ever.
    /// - Returns: What ended the wait.
    /// - Throws: ``Failure`` where the input can't be waited for.
    func wait(milliseconds: Int) throws(Failure) -> Arrival {
        var request = pollfd(file: file)
        let count = poll(&request, 1, CInt(clamping: milliseconds))
        if count == 0 { return .timeout }
        if count < 0 {
            if errno == EINTR { return .interrupted }
            throw Failure(.ioError, "\(name): \(String(cString: strerror(errno)))")
        }
        return .bytes
    }

    /// Reads one chunk of what there is; blocks where there is nothing.
    mutating func read() throws(Failure) -> Arrival {
        if start > 0 {
            buffer.removeFirst(start)
            searched -= start
            start = 0
        }
        let size = buffer.count
        buffer.append(contentsOf: repeatElement(0, count: Self.chunkBytes))
        let count = buffer.withUnsafeMutableBytes { bytes in
            Glibc.read(file, bytes.baseAddress?.advanced(by: size), Self.chunkBytes)
        }
        buffer.removeLast(Self.chunkBytes - max(0, count))
        if count < 0, errno == EAGAIN {
            // Another process has set it not to block.
            _ = try wait(milliseconds: -1)
            return .interrupted
        }
        if count < 0 {
            if errno == EINTR { return .interrupted }
            throw Failure(.ioError, "\(name): \(String(cString: strerror(errno)))")
        }
        bytesRead += count
        if count == 0 {
            isAtEnd = true
            return .end
        }
        return .bytes
    }

    /// Gives the next whole line to a body, without its line feed.
    ///
    /// - Returns: Nil where no whole line is there yet.
    mutating func nextLine<Result>(_ body: (Span<UInt8>) throws -> Result) rethrows -> Result? {
        guard let range = nextLine() else { return nil }
        return try body(buffer.span.extracting(range))
    }

    /// Where the next whole line is in the buffer until the next read, without its line feed.
    ///
    /// At the end of the input the last line needs none.
    ///
    /// - Returns: Nil where no whole line is there yet.
    mutating func nextLine() -> Range<Int>? {
        guard let end = nextLineEnd() else {
            guard isAtEnd, start < buffer.count else {
                keepLongLineShort()
                return nil
            }
            defer { start = buffer.count }
            return start..<buffer.count
        }
        defer { start = end + 1 }
        return start..<end
    }

    private mutating func nextLineEnd() -> Int? {
        let from = max(start, searched)
        let found = buffer.withUnsafeBytes { bytes -> Int? in
            guard from < bytes.count, let base = bytes.baseAddress,
                let hit = memchr(base + from, 10, bytes.count - from)
            else { return nil }
            return UnsafeRawPointer(hit) - base
        }
        searched = found.map { $0 + 1 } ?? buffer.count
        return found
    }

    /// Bounds what a line without an end can take: beyond the limit only that it is too long counts.
    private mutating func keepLongLineShort() {
        guard buffer.count - start > lineBytesKept + Self.chunkBytes else { return }
        buffer.removeLast(buffer.count - start - lineBytesKept)
        searched = buffer.count
    }
}

extension pollfd {
    fileprivate init(file: CInt) {
        self.init(fd: file, events: Int16(POLLIN), revents: 0)
    }
}
