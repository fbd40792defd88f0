/// What came of one attempt to hand a mail over (SPEC 10).
///
/// Messages are for people: the target's own words, in one line.
public enum HandOver: Sendable, Equatable {
    /// The target has taken it.
    case delivered(detail: String)
    /// The target has answered no.
    ///
    /// - Parameters:
    ///   - permanent: Whether the same attempt would fail again.
    ///   - isRecipient: Whether the address is at fault, as opposed to the sender or the content.
    ///   - code: The status that the target gave: three digits; nil where the mail never left.
    case refused(permanent: Bool, isRecipient: Bool, code: Int?, message: String)
    /// The target wants fewer attempts, the next one after so many seconds where it says so.
    case slowDown(afterSeconds: Int?, message: String)
    /// The endpoint exists no more and is to be left alone.
    case gone(message: String)
    /// The target takes no mail from anybody, or none of ours: no connection, no trust, no login, no service, or it
    /// refuses the sender. Nothing was handed over, and it would have been so for any other mail.
    case outOfService(message: String)
    /// The target ended its service over this mail, which was not handed over: be it that it takes none, or not this one.
    /// One such answer does not tell; the next mail will.
    case serviceEnded(message: String)
    /// The connection broke in the middle of this mail: nothing was handed over.
    case notSent(message: String)
    /// The connection broke between the last byte and the answer: the mail may have been taken.
    case unknown(message: String)
}

/// Where mail is handed to.
///
/// For one caller at a time; several mails can be on their way at once.
public protocol DeliveryTarget: AnyObject {
    /// How many mails may be on their way at once, at least 1; more are put in a queue.
    var parallel: Int { get }

    /// Starts to hand a mail over.
    ///
    /// - Parameters:
    ///   - mail: The mail. One that can never be sent, for its address say, is no error here but
    ///     has a refusal as its outcome.
    ///   - token: Comes back with the outcome.
    /// - Throws: ``TargetError`` where the target is out of order as a whole: a full disk, a closed pipe.
    func start(_ mail: OutgoingMail, token: UInt64) throws(TargetError)

    /// Waits until something has come of a mail, at most so many milliseconds.
    ///
    /// - Returns: All outcomes that nobody has been told yet, one for each mail started; at once and empty where
    ///   nothing is on its way.
    func wait(milliseconds: Int) -> [(token: UInt64, outcome: HandOver)]

    /// Ends all connections and breaks off mails on their way; ``wait(milliseconds:)`` then gives what came of them.
    func close()
}

/// Why a target cannot be used: what is wrong where, and how to mend it.
public struct TargetError: Error, Sendable, Equatable {
    /// What is wrong, with the target or file in question.
    public let message: String
    /// What to do about it.
    public let fix: String
    /// Whether the system refused something, as opposed to a name or an option that is wrong.
    public let isOfSystem: Bool

    /// Makes an error.
    public init(_ message: String, fix: String, isOfSystem: Bool = false) {
        self.message = message
        self.fix = fix
        self.isOfSystem = isOfSystem
    }
}
