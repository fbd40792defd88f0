import Glibc

/// Reading and writing whole files by descriptor.
enum Files {
    /// All bytes of a file.
    ///
    /// - Throws: ``Failure`` with status 66 where there is no such file.
    static func read(_ path: String) throws(Failure) -> [UInt8] {
        let file = path == "-" ? dup(0) : open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw Failure(.noInput, "\(path): \(String(cString: strerror(errno)))")
        }
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(file, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN {
                waitFor(file, POLLIN)
                continue
            }
            guard count >= 0 else {
                throw Failure(.ioError, "\(path): \(String(cString: strerror(errno)))")
            }
            if count == 0 { return bytes }
            bytes.append(contentsOf: chunk[0..<count])
        }
    }

    /// Makes files that must not exist yet: all of them, or none.
    ///
    /// - Throws: ``Failure`` with status 73 where a file is there already or can't be made, 74 where
    ///   it can't be written.
    static func create(_ files: [(path: String, bytes: [UInt8])]) throws(Failure) {
        var made: [String] = []
        func fail(_ status: ExitStatus, _ path: String, _ code: CInt) -> Failure {
            for path in made { unlink(path) }
            let exists = code == EEXIST
            return Failure(
                status, "\(path): \(String(cString: strerror(code)))",
                fix: exists ? "move it away, or write elsewhere; nothing was written" : nil)
        }
        for (path, bytes) in files {
            let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
            guard file >= 0 else { throw fail(.cannotCreate, path, errno) }
            made.append(path)
            let code = write(bytes, to: file)
            close(file)
            if let code { throw fail(.ioError, path, code) }
        }
    }

    /// Waits for a descriptor that another process has set not to block.
    private static func waitFor(_ file: CInt, _ event: CInt) {
        var request = pollfd(fd: file, events: Int16(event), revents: 0)
        _ = poll(&request, 1, -1)
    }

    /// Writes all bytes to a descriptor, also to one that another process has set not to block.
    ///
    /// - Returns: The system's error number where it refused; nil where all was written.
    static func write(_ bytes: [UInt8], to file: CInt) -> CInt? {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(file, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
            }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN {
                waitFor(file, POLLOUT)
                continue
            }
            guard count >= 0 else { return errno }
            offset += count
        }
        return nil
    }
}
