import Glibc

/// A directory that is made under another name and gets its own when it is whole; until then it is
/// removed with this value.
final class NewDirectory {
    /// Where it is going to be.
    let directory: String
    /// Where it is made.
    let working: String
    private var isKept = false

    /// Makes an empty directory beside the one wanted.
    ///
    /// - Throws: ``StoreError/storeExists(_:)`` where a store is there already,
    ///   ``StoreError/cannotCreate(_:)`` where anything else is.
    init(for directory: String) throws(StoreError) {
        var path = directory
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        self.directory = path
        working = path + ".unfinished"
        // An empty directory may be there: the new one takes its place.
        if rmdir(path) != 0, errno != ENOENT {
            let message = String(cString: strerror(errno))
            if access(path + "/data.mdb", F_OK) == 0 { throw .storeExists(directory) }
            throw .cannotCreate("\(directory): \(message)")
        }
        if mkdir(working, 0o755) != 0 {
            let message = String(cString: strerror(errno))
            throw .cannotCreate(
                errno == EEXIST
                    ? "\(working) is there: another process is making the store, or one was ended; "
                        + "remove it if none is"
                    : "\(working): \(message)")
        }
    }

    /// Gives the directory its name, which survives a loss of power then.
    func keep() throws(StoreError) {
        guard rename(working, directory) == 0 else {
            throw .cannotCreate("\(directory): \(String(cString: strerror(errno)))")
        }
        isKept = true
        try Names.flush(of: directory)
    }

    deinit {
        guard !isKept else { return }
        for name in Store.fileNames { unlink("\(working)/\(name)") }
        rmdir(working)
    }
}
