import CLMDB
import Glibc

/// One LMDB environment, opened once in this process.
///
/// Behind each value stands a checksum of the row, which reads compare: ``RowChecksum``.
///
/// Durability is LMDB's default: a commit has reached the disk when it returns (`lmdb.h`: without
/// `MDB_NOSYNC` the system buffers are flushed). While one thread writes, another may read.
public final class Environment: @unchecked Sendable {
    private let handle: OpaquePointer
    private let directory: String
    private let mapLock = MapLock()

    /// A named table of the environment.
    public struct Table: Sendable {
        let handle: MDB_dbi
        let name: String
        let isChecked: Bool

        /// The same table, of which reads compare the rows' checksums, or do not.
        public func checked(_ isChecked: Bool) -> Table {
            Table(handle: handle, name: name, isChecked: isChecked)
        }
    }

    private static let mapSizeMin = 64 << 20
    private static let growthReserve = 16 << 20
    /// Less room than this is a full disk: file systems keep some back, and LMDB writes 64 pages at once.
    private static let fullDiskBytes = 64 * 4096
    /// So many may have the environment open at once.
    public static let readersMax = 510
    /// A cache line for each reader, and two for LMDB itself.
    private static let lockFileBytes = (off_t(readersMax) + 2) * 64

    /// Opens an environment in a directory that exists.
    ///
    /// - Parameters:
    ///   - directory: The directory's path.
    ///   - tablesMax: How many named tables it may hold.
    ///   - isReadOnly: Opens for reading alone; the environment has to exist then.
    /// - Throws: ``LMDBError``.
    public init(directory: String, tablesMax: Int, isReadOnly: Bool) throws(LMDBError) {
        var created: OpaquePointer?
        try LMDBError.check(mdb_env_create(&created), "create an environment")
        guard let created else {
            throw .system(operation: "create an environment", message: "no handle")
        }
        // From here on `deinit` closes the handle, also where something below is refused.
        handle = created
        self.directory = directory
        try LMDBError.check(
            mdb_env_set_maxdbs(created, MDB_dbi(tablesMax)), "set the number of tables")
        try LMDBError.check(
            mdb_env_set_maxreaders(created, CUnsignedInt(Self.readersMax)),
            "set the number of readers")
        if !isReadOnly {
            try LMDBError.check(
                mdb_env_set_mapsize(created, Self.mapSizeMin), "set the map's size")
        }
        try Self.reserveLockFile(in: directory)
        // No flag for read-ahead or durability: only that readers are not tied to threads.
        let flags = UInt32(MDB_NOTLS) | (isReadOnly ? UInt32(MDB_RDONLY) : 0)
        let code = mdb_env_open(created, directory, flags, 0o644)
        guard code == 0 else { throw namingFullDisk(LMDBError(code, "open \(directory)")) }
        var dead: CInt = 0
        try LMDBError.check(mdb_reader_check(created, &dead), "check for dead readers")
        try checkLength()
        if !isReadOnly { try settle() }
    }

    /// Makes the disk agree with what is read.
    ///
    /// Where writing a meta page fails, LMDB puts the old one back without flushing it. The disk may hold the
    /// new one; a commit would overwrite its pages before the old one is there, and a loss of power in between
    /// would leave a meta page whose pages are others.
    private func settle() throws(LMDBError) {
        let code = mdb_env_sync(handle, 1)
        guard code == 0 else { throw namingFullDisk(LMDBError(code, "flush the data file")) }
    }

    /// Makes sure that the disk has room for the whole lock file.
    ///
    /// LMDB maps the file and writes to the map, and where there is no room that ends the process. What
    /// else is wrong with the file is left for LMDB to say; an existing file keeps its length, which
    /// other processes go by. LMDB may not have the file open yet: closing it would drop its locks.
    private static func reserveLockFile(in directory: String) throws(LMDBError) {
        let file = Glibc.open(directory + "/lock.mdb", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard file >= 0 else { return }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { return }
        let length = status.st_size == 0 ? lockFileBytes : off_t(status.st_size)
        guard status.st_size == 0 || off_t(status.st_blocks) * 512 < length else { return }
        // Where the file system can't, this writes a zero at the end of each block: padding.
        let code = posix_fallocate(file, 0, length)
        if code == ENOSPC || code == EDQUOT {
            throw LMDBError(code, "make room for the lock file")
        }
    }

    private func checkLength() throws(LMDBError) {
        var file: CInt = -1
        try LMDBError.check(mdb_env_get_fd(handle, &file), "look at the data file")
        var stat = MDB_stat()
        try LMDBError.check(mdb_env_stat(handle, &stat), "look at the data file")
        let snapshot = try begin(isReadOnly: true)
        defer { mdb_txn_abort(snapshot) }
        try DataFile(file: file, pageBytes: Int(stat.ms_psize))
            .checkLength(asOf: Self.number(of: snapshot))
    }

    /// Checks the structure of every page as of the newest commit: ``PageCheck``.
    ///
    /// Others may go on writing. It reads the whole file once.
    ///
    /// - Throws: ``LMDBError/damaged(_:)`` with the first page that is wrong.
    public func checkPages() throws(LMDBError) {
        var file: CInt = -1
        try LMDBError.check(mdb_env_get_fd(handle, &file), "look at the data file")
        var stat = MDB_stat()
        try LMDBError.check(mdb_env_stat(handle, &stat), "look at the data file")
        var latest: UInt64?
        while true {
            let snapshot = try begin(isReadOnly: true)
            defer { mdb_txn_abort(snapshot) }
            let transaction = Self.number(of: snapshot)
            guard transaction != latest else {
                throw .damaged("no meta page is of the newest commit, \(transaction)")
            }
            latest = transaction
            let data = try DataFile(file: file, pageBytes: Int(stat.ms_psize))
            if try PageCheck.run(data, asOf: transaction) { return }
        }
    }

    /// The number of a snapshot's commit; in a damaged file it may be any.
    private static func number(of snapshot: OpaquePointer) -> UInt64 {
        UInt64(bitPattern: Int64(mdb_txn_id(snapshot)))
    }

    deinit {
        mdb_env_close(handle)
    }

    /// Opens tables by name.
    ///
    /// - Parameters:
    ///   - names: The tables' names.
    ///   - creating: Makes those that are missing; the environment may be written then.
    /// - Returns: The tables in the order of their names in the list.
    /// - Throws: ``LMDBError/notFound(_:)`` where one is missing and not made.
    public func tables(_ names: [String], creating: Bool) throws(LMDBError) -> [Table] {
        var opened: [Table] = []
        let transaction = try begin(isReadOnly: !creating)
        for name in names {
            var table: MDB_dbi = 0
            let code = mdb_dbi_open(
                transaction, name, creating ? UInt32(MDB_CREATE) : 0, &table)
            if code != 0 {
                mdb_txn_abort(transaction)
                throw LMDBError(code, "open the table \(name)")
            }
            opened.append(Table(handle: table, name: name, isChecked: true))
        }
        let code = mdb_txn_commit(transaction)
        guard code == 0 else { throw namingFullDisk(LMDBError(code, "commit the tables")) }
        return opened
    }

    /// Runs a body over one snapshot.
    ///
    /// Keep it short: a long one pins old pages, and the file grows.
    public func read<Result>(
        _ body: (borrowing ReadTransaction) throws -> Result
    ) throws -> Result {
        try transact(isReadOnly: true) { try body(ReadTransaction(handle: $0)) }
    }

    /// Runs a body in a write transaction and commits it durably, all or nothing.
    ///
    /// Where the map is full it is enlarged, and the body runs once more on an untouched snapshot; so
    /// the body may not change anything outside the transaction.
    public func write<Result>(
        _ body: (borrowing WriteTransaction) throws -> Result
    ) throws -> Result {
        try growIfNearlyFull()
        while true {
            do {
                return try transact(isReadOnly: false) { try commit(after: body, in: $0) }
            } catch LMDBError.mapFull {
                try grow()
            } catch let error as LMDBError {
                throw namingFullDisk(error)
            }
        }
    }

    private func commit<Result>(
        after body: (borrowing WriteTransaction) throws -> Result, in transaction: OpaquePointer
    ) throws -> Result {
        let result: Result
        do {
            result = try body(WriteTransaction(handle: transaction))
        } catch {
            mdb_txn_abort(transaction)
            throw error
        }
        // A commit frees the transaction, whether it succeeds or not.
        let code = mdb_txn_commit(transaction)
        if code != 0, code != MDB_MAP_FULL {
            // Others may have the environment open: what they build on has to be on disk.
            mdb_env_sync(handle, 1)
        }
        try LMDBError.check(code, "commit")
        return result
    }

    /// LMDB calls a write that was cut short an input/output error, though mostly the disk is full.
    private func namingFullDisk(_ error: LMDBError) -> LMDBError {
        var disk = statvfs()
        guard case .inputOutput = error, statvfs(directory, &disk) == 0,
            Int(disk.f_bavail) * Int(disk.f_frsize) < Self.fullDiskBytes
        else { return error }
        return LMDBError(ENOSPC, "write")
    }

    /// Copies the newest commit into another directory, durably; writers may go on.
    ///
    /// Free pages are copied as well: a copy is what was there, page by page. The copy is one long read,
    /// so a busy file grows meanwhile.
    ///
    /// - Parameter other: An empty directory.
    /// - Throws: ``LMDBError``.
    public func copy(to other: String) throws(LMDBError) {
        while true {
            var size = 0
            let code = mapLock.whileItStays {
                size = mapSize
                return mdb_env_copy2(handle, other, 0)
            }
            if code == 0 { break }
            guard code == MDB_MAP_RESIZED else { throw LMDBError(code, "copy to \(other)") }
            // LMDB makes the file before it looks at the map, and copies into none that is there.
            unlink(other + "/data.mdb")
            try takeOverMapSize(from: size)
        }
        for path in [other + "/data.mdb", other] {
            let file = Glibc.open(path, O_RDONLY | O_CLOEXEC)
            guard file >= 0 else { throw LMDBError(errno, "open \(path)") }
            defer { close(file) }
            guard fsync(file) == 0 else { throw LMDBError(errno, "flush \(path)") }
        }
    }

    /// Makes the newest commit the one that reading sees, even where its writer died before it told.
    ///
    /// A writer that is killed after its last write, but before it has noted the commit in the lock
    /// file, leaves others reading the commit before. Taking LMDB's write lock mends the note. Call it
    /// before reading what a write will build on.
    public func recoverNewestCommit() throws(LMDBError) {
        mdb_txn_abort(try begin(isReadOnly: false))
    }

    /// Begins a transaction and gives it to a body that ends it; the map stays where it is meanwhile.
    private func transact<Result>(
        isReadOnly: Bool, _ body: (OpaquePointer) throws -> Result
    ) throws -> Result {
        while true {
            var size = 0
            let result: Result? = try mapLock.whileItStays {
                size = mapSize
                return try beginIfMapped(isReadOnly: isReadOnly).map(body)
            }
            if let result { return result }
            try takeOverMapSize(from: size)
        }
    }

    /// Begins a transaction where this process has no other.
    private func begin(isReadOnly: Bool) throws(LMDBError) -> OpaquePointer {
        while true {
            let size = mapSize
            if let transaction = try beginIfMapped(isReadOnly: isReadOnly) { return transaction }
            try takeOverMapSize(from: size)
        }
    }

    /// Begins a transaction; nil where another process has enlarged the map.
    private func beginIfMapped(isReadOnly: Bool) throws(LMDBError) -> OpaquePointer? {
        var transaction: OpaquePointer?
        let code = mdb_txn_begin(
            handle, nil, isReadOnly ? UInt32(MDB_RDONLY) : 0, &transaction)
        if code == MDB_MAP_RESIZED { return nil }
        try LMDBError.check(code, "begin a transaction")
        guard let transaction else {
            throw .system(operation: "begin a transaction", message: "no handle")
        }
        return transaction
    }

    /// Takes over what another process has set since the map had a size; so may each thread that finds it too small.
    private func takeOverMapSize(from size: Int) throws(LMDBError) {
        try mapLock.whileItMoves { () throws(LMDBError) in
            // 0 is what the other process has set.
            try LMDBError.check(mdb_env_set_mapsize(handle, 0), "take over the map's size")
            guard mapSize != size else {
                throw .damaged("a meta page speaks of more pages than the map holds")
            }
        }
    }

    /// Bytes in use, up to the last page that was ever written.
    public var usedBytes: Int {
        var info = MDB_envinfo()
        var stat = MDB_stat()
        mdb_env_info(handle, &info)
        mdb_env_stat(handle, &stat)
        return (info.me_last_pgno + 1) * Int(stat.ms_psize)
    }

    private var mapSize: Int {
        var info = MDB_envinfo()
        mdb_env_info(handle, &info)
        return info.me_mapsize
    }

    private func growIfNearlyFull() throws(LMDBError) {
        let isNearlyFull = mapLock.whileItStays {
            usedBytes + Self.growthReserve > mapSize / 5 * 4
        }
        if isNearlyFull { try grow() }
    }

    private func grow() throws(LMDBError) {
        try mapLock.whileItMoves { () throws(LMDBError) in
            try LMDBError.check(mdb_env_set_mapsize(handle, mapSize * 2), "enlarge the map")
        }
    }
}
