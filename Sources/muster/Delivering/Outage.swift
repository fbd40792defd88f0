/// A target that takes no mail at all: it is left alone for a while, longer each time, and then tried with
/// one mail (SPEC 10).
///
/// The mails are not to blame, so none of them waits for itself or uses up an attempt; what grows is the
/// pause between two tries, from a second to a minute. Times are monotonic seconds.
struct Outage {
    private static let firstPause = 1.0
    private static let longestPause = 60.0
    /// Whoever does not follow gives up when a try after a pause of so many seconds has failed too.
    private static let lastPause = 4.0

    /// What the target, or the system, said last.
    private(set) var message = ""
    private var began: Double?
    /// The send over which the service was ended last, where no other answer came since.
    private var suspect: UInt64?
    private var pause = 0.0
    private var nextTry = 0.0

    /// Whether the last mail was not taken.
    var isOn: Bool { began != nil }

    /// Whether nothing but waiting helps: for those who don't.
    var isLong: Bool { pause > Self.lastPause }

    /// Whether the target is to be left alone now.
    func isPausing(at now: Double) -> Bool { isOn && now < nextTry }

    /// Notes that the target took no mail, and why.
    ///
    /// - Returns: Whether that is news. Mails that were on their way together tell the same.
    mutating func begin(_ message: String, at now: Double) -> Bool {
        self.message = message
        guard !isPausing(at: now) else { return false }
        pause = min(max(pause * 2, Self.firstPause), Self.longestPause)
        nextTry = now + pause
        defer { began = began ?? now }
        return began == nil
    }

    /// Notes that the target ended its service over a mail.
    ///
    /// That may be about this mail; where it does so over two in a row, it takes none.
    ///
    /// - Returns: As ``begin(_:at:)`` does.
    mutating func noteEnd(over send: UInt64, _ message: String, at now: Double) -> Bool {
        defer { suspect = send }
        return isOn || suspect.map { $0 != send } ?? false ? begin(message, at: now) : false
    }

    /// Notes that the target answered about a mail.
    ///
    /// - Returns: For how many seconds it had not; nil where nothing was amiss.
    mutating func end(at now: Double) -> Double? {
        defer { self = Outage() }
        return began.map { now - $0 }
    }
}
