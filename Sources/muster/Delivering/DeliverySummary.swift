import Core
import Store
import Wire

/// What became of sends during one `deliver`: what its last lines tell.
struct DeliverySummary {
    private var counts: [Deliverer.Status: Int] = [:]

    /// What is told, in this order; delivered ones always, others where there are any.
    private static let words: [(status: Deliverer.Status, words: String)] = [
        (.delivered, "delivered"), (.failed, "failed"), (.waiting, "to be tried again"),
        (.unknown, "unknown"), (.expired, "expired"), (.suppressed, "suppressed"), (.held, "held"),
    ]

    /// Notes where a send stands after an attempt; one that the target did not look at is as it was.
    mutating func note(_ outcome: Deliverer.Outcome, _ status: Deliverer.Status) {
        if case .postponed = outcome { return }
        counts[status, default: 0] += 1
    }

    /// Notes where a send stands that was not attempted when its turn came.
    mutating func note(passedOver status: Deliverer.Status) {
        // What an event of the log tells of was mailed, or not, by somebody else.
        guard [.expired, .suppressed, .held].contains(status) else { return }
        counts[status, default: 0] += 1
    }

    var text: String {
        Self.words.compactMap { status, words in
            let count = counts[status, default: 0]
            return count > 0 || status == .delivered ? "\(count) \(words)" : nil
        }.joined(separator: ", ")
    }

    /// What a delivery leaves undone.
    ///
    /// - Parameters:
    ///   - count: Sends that are still to be mailed.
    ///   - nextDue: When the first that waits is due; nil where none waits.
    ///   - pausedUntil: Up to when the target asked to be left alone.
    ///   - now: The wall clock.
    /// - Returns: A line that says so; nil where nothing is left.
    static func left(
        _ count: Int, nextDue: Instant?, pausedUntil: Instant, now: Instant
    ) -> String? {
        guard count > 0 else { return nil }
        let sends = count == 1 ? "1 send is left" : "\(count) sends are left"
        if pausedUntil > now {
            return "\(sends): the target asked for a pause until \(secondText(pausedUntil))"
        }
        if let nextDue, nextDue > now { return "\(sends), the first due at \(secondText(nextDue))" }
        return sends
    }

    /// An instant's whole second, rounded up: then it has come.
    private static func secondText(_ instant: Instant) -> String {
        let second = (instant.microseconds + .second - 1) / .second * .second
        return timestampText(Instant(microseconds: second))
    }
}
