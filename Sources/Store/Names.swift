import Glibc

/// The names in directories: flushing a file does not flush its name (POSIX).
enum Names {
    /// Makes what was made, renamed or removed in a directory survive a loss of power.
    ///
    /// A directory that this user can't open, or of a file system that can't flush one, is left to the system.
    static func flush(in directory: String) throws(StoreError) {
        let file = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if file < 0, errno == EACCES { return }
        guard file >= 0 else { throw failure(directory) }
        defer { close(file) }
        while fsync(file) != 0 {
            if errno == EINTR { continue }
            if errno == EINVAL { return }
            throw failure(directory)
        }
    }

    /// Makes a name itself survive a loss of power.
    static func flush(of path: String) throws(StoreError) {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        guard let slash = path.lastIndex(of: "/") else { return try flush(in: ".") }
        try flush(in: slash == path.startIndex ? "/" : String(path[..<slash]))
    }

    private static func failure(_ directory: String) -> StoreError {
        .cannotCreate("flush \(directory): \(String(cString: strerror(errno)))")
    }
}
