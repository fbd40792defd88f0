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
    /// Whether the user stopped it in the middle of a message.
    private var isCutShort = false
    /// The beginning of the message behind the one that was given out last.
    private var begun: Message?

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

    /// Whether there is something that was not given out, as far as can be told without waiting.
    var hasMore: Bool {
        !files.isEmpty || begun != nil || isCutShort || (lines?.hasMore ?? false)
    }

    /// The next message; nil where there is none left.
    ///
    /// - Throws: ``Failure`` where a file can't be read.
    mutating func next() throws(Failure) -> Message? {
        while true {
            if lines == nil {
                guard let file = files.popLast() else { return nil }
                guard try open(file) else { continue }
            }
            if let message = try nextInFile() { return message }
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
        return true
    }

    /// The next message of the open file.
    ///
    /// In an mbox a line that begins with `From ` behind a blank one, or at the file's start, begins a
    /// message.
    private mutating func nextInFile() throws(Failure) -> Message? {
        guard var source = lines else { return nil }
        // Held in one place, or reading would copy its buffer.
        lines = nil
        defer { lines = source }
        var message = begun
        begun = nil
        var isBehindBlank = number == 0 && message == nil
        while true {
            var starts = false
            let found: Void? = source.nextLine { line in
                let isFrom = isBehindBlank && Self.isFromLine(line)
                if isFrom, isMbox || message == nil {
                    isMbox = true
                    starts = true
                    return
                }
                isBehindBlank = line.isEmpty || line.count == 1 && line[0] == 0x0d
                if message == nil {
                    // Blank lines around messages are no message.
                    guard !isBehindBlank else { return }
                    number += 1
                    message = Message(file: file, number: number)
                }
                message?.append(line)
            }
            if starts {
                number += 1
                begun = Message(file: file, number: number)
                if let message { return message }
                message = begun
                begun = nil
                isBehindBlank = false
            } else if found == nil {
                guard !source.isAtEnd else { return message }
                if try source.read() == .interrupted, Interruption.isRequested {
                    files = []
                    isCutShort = true
                    return nil
                }
            }
        }
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
