import Feedback
import Wire

extension IngestLoop {
    /// Takes in the reports of a mailbox to its end, committing as with lines.
    mutating func run(_ source: inout MailSource) throws {
        try emitSends(always: true)
        var hasBegun = false
        var events = 0
        var started = WallClock.monotonicSeconds
        while !isStopped, !Interruption.isRequested, let message = try source.next() {
            wallTime = WallClock.now
            summary.lines += 1
            events += try take(message, &hasBegun)
            guard
                events >= options.batchEvents
                    || WallClock.monotonicSeconds - started >= Self.batchSeconds
            else { continue }
            try finishBatch(hasBegun)
            (hasBegun, events, started) = (false, 0, WallClock.monotonicSeconds)
        }
        try finishBatch(hasBegun)
        try tick(isLast: true)
    }

    /// Takes in one message.
    ///
    /// - Returns: How many events it held.
    private mutating func take(
        _ message: MailSource.Message, _ hasBegun: inout Bool
    ) throws -> Int {
        let beginning = message.bytes.span.extracting(
            0..<min(message.bytes.count, Self.shownBytes))
        guard !message.isTooLong else {
            let fault = Fault(
                code: .tooLong,
                message: "the message has more than \(MailReport.bytesMax) bytes: no report is as "
                    + "long; take it out of the mailbox")
            _ = try take(
                .rejected(fault), beginning, file: message.file, number: message.number, &hasBegun)
            return 0
        }
        var count = 0
        for notice in try MailReport.read(message.bytes, owners.lookUp) where !isStopped {
            let isEvent = try take(
                notice, beginning, file: message.file, number: message.number, &hasBegun)
            if isEvent { count += 1 }
        }
        return count
    }

    /// How much of a message the rejects show: the beginning of its headers.
    private static let shownBytes = 1_024
}
