/// When a mail that was refused for the moment is tried again (SPEC 10).
public enum Backoff {
    /// The waits that the Standard Webhooks specification proposes, in seconds: after the first attempt, the second, ….
    public static let webhookSchedule = [
        5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400,
    ]
    /// The first wait for mail servers, in seconds: long enough for greylisting's usual five minutes to pass by the second or third.
    private static let first = 60
    /// The longest wait, in seconds.
    private static let longest = 14_400

    /// When to try a mail server again: the wait doubles each time, from a minute to four hours.
    ///
    /// - Parameters:
    ///   - attempt: How many attempts there have been, at least 1.
    ///   - send: The send's id; shifts the wait by up to a quarter, so that what failed together does not come
    ///     back together.
    /// - Returns: The wait in seconds.
    public static func seconds(afterAttempt attempt: Int, send: String) -> Int {
        let doublings = min(max(attempt, 1) - 1, 16)
        return spread(min(first << doublings, longest), attempt: attempt, send: send)
    }

    /// When to try a webhook again, by ``webhookSchedule``.
    ///
    /// - Parameters:
    ///   - attempt: How many attempts there have been, at least 1.
    ///   - send: The send's id, as for mail servers.
    /// - Returns: The wait in seconds; nil where the schedule is used up.
    public static func webhookSeconds(afterAttempt attempt: Int, send: String) -> Int? {
        guard webhookSchedule.indices.contains(attempt - 1) else { return nil }
        return spread(webhookSchedule[attempt - 1], attempt: attempt, send: send)
    }

    /// A wait lengthened by 0 to 24 percent, by a hash of send and attempt (FNV-1a): random to look at, but the same in every replay.
    private static func spread(_ seconds: Int, attempt: Int, send: String) -> Int {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in Array(send.utf8) + [UInt8(truncatingIfNeeded: attempt)] {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        return seconds + seconds * Int((hash >> 32) % 25) / 100
    }
}
