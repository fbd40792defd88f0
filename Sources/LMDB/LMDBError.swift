import CLMDB
import Glibc

/// Why LMDB refused an operation.
public enum LMDBError: Error, Sendable, Equatable {
    /// The map is full and could not be enlarged.
    case mapFull
    /// The disk is full, or a quota is reached.
    case noSpace(String)
    /// There is no such environment or no such table in it.
    case notFound(String)
    /// The environment is not one of LMDB's, or is damaged.
    case damaged(String)
    /// No more readers fit.
    case readersFull
    /// The system could not read or write, or wrote only a part.
    case inputOutput(operation: String, message: String)
    /// Anything else that the system or LMDB says: what was tried, and its words.
    case system(operation: String, message: String)

    init(_ code: CInt, _ operation: String) {
        let message = String(cString: mdb_strerror(code))
        switch code {
        case MDB_MAP_FULL: self = .mapFull
        case MDB_NOTFOUND, ENOENT: self = .notFound(operation)
        case MDB_READERS_FULL: self = .readersFull
        case MDB_CORRUPTED, MDB_PAGE_NOTFOUND, MDB_INVALID, MDB_VERSION_MISMATCH, MDB_PANIC:
            self = .damaged("\(operation): \(message)")
        case EIO: self = .inputOutput(operation: operation, message: message)
        case ENOSPC, EDQUOT: self = .noSpace(message)
        default: self = .system(operation: operation, message: message)
        }
    }

    static func check(_ code: CInt, _ operation: @autoclosure () -> String) throws(LMDBError) {
        if code != 0 { throw LMDBError(code, operation()) }
    }
}
