import Glibc

/// One process delivers from a store at a time; the system lets go of it when the process dies.
public final class DeliveryLock {
    private let file: CInt

    /// Takes the lock.
    ///
    /// - Throws: ``DeliveryRefusal/busy`` where another process has it, or
    ///   ``StoreError/cannotWrite(_:)``.
    public init(directory: String) throws {
        let path = directory + "/deliver.lock"
        file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard file >= 0 else {
            throw StoreError.cannotWrite("\(path): \(String(cString: strerror(errno)))")
        }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            close(file)
            throw DeliveryRefusal.busy
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
