import Feedback
import Glibc

/// Messages out of mailboxes: a Maildir, any directory of messages, an mbox file, or a single message.
struct MailSource {
    /// One message, and where it is.
    struct Message {
        var file: String
        /// Its number in its file, from 1.
        var number: Int
        /// Its bytes; cut where it is too long.
        var bytes: [UInt8] = []
        var isTooLong = false

        mutating func append(_ line: Span<UInt8>) {
            guard !isTooLong, bytes.count + line.count < MailReport.bytesMax else {
                isTooLong = true
                return
            }
            for index in line.indices { bytes.append(line[index]) }
            bytes.append(10)
        }
    }

    /// What there is next.
    enum Arrival {
        case message(Message)
        /// No whole message has come yet.
        case nothing
        case end
    }

    /// The mailbox, as the user named it.
    let name: String
    /// The files that are left, the next one last.
    private var files: [String]
    /// Whether a file that is gone is no error: who reads a Maildir moves its messages.
    private let mayVanish: Bool
    private var lines: LineSource?
    private var descriptor: CInt = -1
    private var file = ""
    private var number = 0
    private var isMbox = false
    /// The message whose end has not come.
    private var begun: Message?
    /// Whether the line before was blank, or there was none.
    private var isBehindBlank = true

    /// So many chunks without a whole message are read before somebody may look up.
    private static let chunksATime = 16

    /// Opens a mailbox.
    ///
    /// - Parameter path: A Maildir (its `new` and `cur`), another directory (its files), a file, or `-`
    ///   for standard input.
    /// - Throws: ``Failure`` where a directory can't be read.
    init(_ path: String) throws(Failure) {
        name = path == "-" ? "standard input" : path
        let isDirectory = path != "-" && Self.isKind(S_IFDIR, path)
        mayVanish = isDirectory
        guard isDirectory else {
            files = [path]
            return
        }
        let folders = ["\(path)/cur", "\(path)/new"].filter { Self.isKind(S_IFDIR, $0) }
        var found: [String] = []
        for folder in folders.isEmpty ? [path] : folders {
            found += try Self.messages(in: folder)
        }
        files = found.reversed()
    }

    /// The regular files of a directory in the byte order of their names, hidden ones left out.
    private static func messages(in folder: String) throws(Failure) -> [String] {
        guard let directory = opendir(folder) else {
            throw Failure(.noInput, "\(folder): \(String(cString: strerror(errno)))")
        }
        defer { closedir(directory) }
        var names: [[UInt8]] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name.first != UInt8(ascii: ".") { names.append(name) }
        }
        names.sort { $0.lexicographicallyPrecedes($1) }
        return names.map { "\(folder)/\(String(decoding: $0, as: UTF8.self))" }
            .filter { isKind(S_IFREG, $0) }
    }

    private static func isKind(_ kind: mode_t, _ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == kind
    }

    /// Whether something has come that was not read, or whole lines that were not looked at.
    var hasMore: Bool {
        !files.isEmpty || lines.map { $0.hasMore && !$0.holdsHalfLine } ?? false
    }

    /// The number of the message whose end has not come, in its file; nil where none has begun.
    var begunNumber: Int? {
        if let begun { return begun.number }
        return lines.map(\.hasMore) ?? false ? number + 1 : nil
    }

    /// Whether it can't be read a second time.
    var isPipe: Bool { lines.map { $0.totalBytes == nil } ?? false }

    /// The next message.
    ///
    /// - Parameter milliseconds: How long to wait for more of it at most.
    /// - Returns: It, or that there is none now, or none any more.
    /// - Throws: ``Failure`` where a file can't be read.
    mutating func next(waiting milliseconds: Int) throws(Failure) -> Arrival {
        while true {
            if lines == nil {
                guard let file = files.popLast() else { return .end }
                guard try open(file) else { continue }
            }
            let arrival = try nextInFile(milliseconds)
            guard case .end = arrival else { return arrival }
            if descriptor > 0 { close(descriptor) }
            lines = nil
        }
    }

    private mutating func open(_ path: String) throws(Failure) -> Bool {
        descriptor = path == "-" ? 0 : Glibc.open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0, errno == ENOENT, mayVanish { return false }
        guard descriptor >= 0 else {
            throw Failure(.noInput, "\(path): \(String(cString: strerror(errno)))")
        }
        file = path == "-" ? "standard input" : path
        lines = LineSource(file: descriptor, name: file, lineBytesMax: MailReport.bytesMax)
        number = 0
        isMbox = false
        begun = nil
        isBehindBlank = true
        return true
    }

    /// The next message of the open file.
    private mutating func nextInFile(_ milliseconds: Int) throws(Failure) -> Arrival {
        guard var source = lines else { return .end }
        // Held in one place, or reading would copy its buffer.
        lines = nil
        defer { lines = source }
        for _ in 0..<Self.chunksATime {
            while let ended = source.nextLine({ take($0) }) {
                if let ended { return .message(ended) }
            }
            if source.isAtEnd {
                defer { begun = nil }
                return begun.map { .message($0) } ?? .end
            }
            guard try source.wait(milliseconds: milliseconds) == .bytes,
                try source.read() != .interrupted
            else { return .nothing }
        }
        return .nothing
    }

    /// Takes in a line.
    ///
    /// In an mbox a line that begins with `From ` behind a blank one, or at the file's start, begins a
    /// message.
    ///
    /// - Returns: The message that it ends.
    private mutating func take(_ line: Span<UInt8>) -> Message? {
        if isBehindBlank, isMbox || begun == nil, Self.isFromLine(line) {
            isMbox = true
            isBehindBlank = false
            let ended = begun
            begin()
            return ended
        }
        isBehindBlank = line.isEmpty || line.count == 1 && line[0] == 0x0d
        if begun == nil {
            // Blank lines around messages are no message.
            guard !isBehindBlank else { return nil }
            begin()
        }
        begun?.append(line)
        return nil
    }

    private mutating func begin() {
        number += 1
        begun = Message(file: file, number: number)
    }

    private static func isFromLine(_ line: Span<UInt8>) -> Bool {
        let start: StaticString = "From "
        guard line.count >= start.utf8CodeUnitCount else { return false }
        for index in 0..<start.utf8CodeUnitCount where line[index] != start.utf8Start[index] {
            return false
        }
        return true
    }
}
