import Glibc
import Wire

/// Where rejected lines go: a file, standard output, or standard error (SPEC 2.1).
struct RejectSink {
    private let file: CInt
    private let name: String
    private var buffer: [UInt8] = []

    /// Opens the sink.
    ///
    /// - Parameter path: A file that is made or emptied; `-` for standard output, nil for standard error.
    /// - Throws: ``Failure`` where the file can't be made.
    init(path: String?) throws(Failure) {
        switch path {
        case nil: (name, file) = ("standard error", 2)
        case "-"?: (name, file) = ("standard output", 1)
        case .some(let path):
            name = path
            file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        }
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
        // Nobody has to read standard error; who asks for rejects elsewhere wants all of them.
        if let code, code != EPIPE || file != 2 {
            throw Failure(.ioError, "\(name): \(String(cString: strerror(code)))")
        }
    }

    mutating func close() throws(Failure) {
        try flush()
        if file > 2 { Glibc.close(file) }
    }
}
