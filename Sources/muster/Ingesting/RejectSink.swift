import Glibc
import Wire

/// Where rejected lines go: a file, or standard error (SPEC 2.1).
struct RejectSink {
    private let file: CInt
    private let name: String
    private var buffer: [UInt8] = []

    /// Opens the sink.
    ///
    /// - Parameter path: A file that is made or emptied; nil for standard error.
    /// - Throws: ``Failure`` where the file can't be made.
    init(path: String?) throws(Failure) {
        name = path ?? "standard error"
        file = path.map { open($0, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644) } ?? 2
        guard file >= 0 else {
            throw Failure(.cannotCreate, "\(name): \(String(cString: strerror(errno)))")
        }
    }

    mutating func write(_ reject: Reject) throws(Failure) {
        reject.appendJSON(to: &buffer)
        buffer.append(10)
        if buffer.count > 1 << 16 { try flush() }
    }

    mutating func flush() throws(Failure) {
        guard !buffer.isEmpty else { return }
        let code = Files.write(buffer, to: file)
        buffer.removeAll(keepingCapacity: true)
        if let code, code != EPIPE {
            throw Failure(.ioError, "\(name): \(String(cString: strerror(code)))")
        }
    }

    mutating func close() throws(Failure) {
        try flush()
        if file > 2 { Glibc.close(file) }
    }
}
