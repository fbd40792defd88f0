import Glibc

/// One process delivers from a store at a time, or hands its sends out with `ingest --emit sends`; the system lets go of it when the process dies.
public final class DeliveryLock {
    private let file: CInt

    /// Takes the lock.
    ///
    /// - Throws: ``DeliveryRefusal/busy`` where another process delivers, ``DeliveryRefusal/emits`` where
    ///   another one hands sends out, or ``StoreError``.
    public init(_ store: Store) throws {
        let path = store.directory + "/deliver.lock"
        file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard file >= 0 else {
            throw StoreError.cannotWrite("\(path): \(String(cString: strerror(errno)))")
        }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            close(file)
            throw try store.emittedSends() == nil ? DeliveryRefusal.busy : .emits
        }
    }

    /// Lets another process deliver.
    public func release() {
        flock(file, LOCK_UN)
    }

    deinit {
        close(file)
    }
}
