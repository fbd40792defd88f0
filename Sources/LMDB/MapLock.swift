import Glibc

/// Keeps a process's transactions away from a map that is being moved.
///
/// To enlarge the map is to lay it elsewhere, and no thread may have a transaction then
/// (`mdb_env_set_mapsize` in `lmdb.h`).
final class MapLock: @unchecked Sendable {
    private let lock = UnsafeMutablePointer<pthread_rwlock_t>.allocate(capacity: 1)

    init() {
        pthread_rwlock_init(lock, nil)
    }

    deinit {
        pthread_rwlock_destroy(lock)
        lock.deallocate()
    }

    /// Runs a body while the map stays where it is; one inside another is allowed, as the system's locks let
    /// readers pass those that wait to write.
    func whileItStays<Result>(_ body: () throws -> Result) rethrows -> Result {
        pthread_rwlock_rdlock(lock)
        defer { pthread_rwlock_unlock(lock) }
        return try body()
    }

    /// Runs a body that may move the map, once no transaction is left.
    func whileItMoves<Result>(_ body: () throws(LMDBError) -> Result) throws(LMDBError) -> Result {
        pthread_rwlock_wrlock(lock)
        defer { pthread_rwlock_unlock(lock) }
        return try body()
    }
}
