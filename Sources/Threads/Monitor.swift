public import Glibc

/// A lock, and conditions to wait for under it (Hoare, "Monitors", 1974; POSIX threads' mutex and condition
/// variables).
public final class Monitor: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

    /// Makes an open one.
    public init() {
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Runs a body that nothing else under the same lock runs beside.
    public func locked<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }

    /// Something that threads under the lock wait for, and tell each other of.
    public final class Condition: @unchecked Sendable {
        private let monitor: Monitor
        private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

        /// Makes a condition under a monitor's lock.
        public init(_ monitor: Monitor) {
            self.monitor = monitor
            var attributes = pthread_condattr_t()
            pthread_condattr_init(&attributes)
            // Else a change of the wall clock would lengthen a wait.
            pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
            pthread_cond_init(condition, &attributes)
            pthread_condattr_destroy(&attributes)
        }

        deinit {
            pthread_cond_destroy(condition)
            condition.deallocate()
        }

        /// Lets go of the lock until told; what is waited for has to be looked at again.
        public func wait() {
            pthread_cond_wait(condition, monitor.mutex)
        }

        /// Lets go of the lock until told, or until a moment of the monotonic clock.
        ///
        /// - Returns: Whether it was told in time.
        public func wait(until deadline: timespec) -> Bool {
            var deadline = deadline
            return pthread_cond_timedwait(condition, monitor.mutex, &deadline) == 0
        }

        /// Tells one of those that wait.
        public func signal() {
            pthread_cond_signal(condition)
        }

        /// Tells all that wait.
        public func broadcast() {
            pthread_cond_broadcast(condition)
        }
    }
}
