import Core
import Glibc

/// The one place that reads the wall clock.
enum WallClock {
    /// The wall clock's time.
    static var now: Instant {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Instant(microseconds: Int64(time.tv_sec) * .second + Int64(time.tv_nsec) / 1000)
    }

    /// Seconds since some moment, never going back: for waits, rates and the length of batches, never for what is decided.
    static var monotonicSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
