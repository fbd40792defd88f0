/// A moment in time: microseconds since 1970-01-01T00:00:00Z, without leap seconds.
///
/// Events lie between 1970-01-01 and 9999-12-31 (SPEC 2); sums of an instant and a window's length
/// stay far inside the 64 bits.
public struct Instant: Hashable, Comparable, Sendable, BitwiseCopyable {
    /// Microseconds since the epoch; negative before it.
    public var microseconds: Int64

    /// Makes an instant of its distance from the epoch in microseconds.
    @inlinable
    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// Later than every instant that can occur: "never" as a horizon or due instant.
    @inlinable public static var never: Instant { Instant(microseconds: .max) }

    /// Earlier than every instant that can occur: a clock that is not set yet.
    @inlinable public static var unset: Instant { Instant(microseconds: .min) }

    /// The first instant that an event may carry or the log may hold, 1970-01-01T00:00:00Z.
    public static var earliest: Instant { Instant(microseconds: 0) }

    /// The last instant that an event may carry, 9999-12-31T23:59:59.999999Z.
    public static var latest: Instant { Instant(microseconds: 253_402_300_799_999_999) }

    /// Whether the left instant is earlier.
    @inlinable
    public static func < (left: Instant, right: Instant) -> Bool {
        left.microseconds < right.microseconds
    }

    /// This instant moved by so many microseconds.
    @inlinable
    public func advanced(byMicroseconds length: Int64) -> Instant {
        Instant(microseconds: microseconds + length)
    }
}

extension Int64 {
    /// Microseconds in a second.
    @inlinable public static var second: Int64 { 1_000_000 }
    /// Microseconds in a minute.
    @inlinable public static var minute: Int64 { 60_000_000 }
    /// Microseconds in an hour.
    @inlinable public static var hour: Int64 { 3_600_000_000 }
    /// Microseconds in a rolling day of 24 hours (SPEC 4).
    @inlinable public static var day: Int64 { 86_400_000_000 }
}
