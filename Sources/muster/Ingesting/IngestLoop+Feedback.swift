import Core
import Feedback
import Store
import Wire

extension IngestLoop {
    // MARK: Lines of providers

    /// Takes in a line of a provider's dump, which may hold many events.
    ///
    /// - Returns: How many events it held.
    mutating func take(
        _ provider: ProviderReader, _ line: Span<UInt8>, _ hasBegun: inout Bool
    ) throws -> Int {
        guard let elements = try provider.read(line, owners.lookUp) else { return 0 }
        summary.lines += 1
        var count = 0
        for element in elements where !isStopped {
            let text = line.extracting(element.range)
            if try take(element.notice, text, number: lineNumber, &hasBegun) { count += 1 }
        }
        return count
    }

    // MARK: Mailboxes

    /// Takes in the reports of a mailbox to its end, committing as with lines.
    mutating func run(_ source: inout MailSource) throws {
        try emitSends(always: true)
        var hasBegun = false
        var events = 0
        var started = WallClock.monotonicSeconds
        messages: while !isStopped, !Interruption.isRequested {
            var isDue = true
            switch try source.next(waiting: hasBegun ? 0 : sleepMilliseconds) {
            case .end: break messages
            case .nothing: break
            case .message(let message):
                events += try take(message, &hasBegun)
                isDue =
                    events >= options.batchEvents
                    || WallClock.monotonicSeconds - started >= Self.batchSeconds
            }
            guard isDue else { continue }
            try finishBatch(hasBegun)
            if !hasBegun { try tick() }
            (hasBegun, events, started) = (false, 0, WallClock.monotonicSeconds)
        }
        if Interruption.isRequested, source.isPipe { try drain(&source, &hasBegun) }
        try finishBatch(hasBegun)
        noteInterruption(of: source)
        try tick(isLast: true)
    }

    /// Takes in the whole messages that a pipe holds already when the user stops, as with lines.
    private mutating func drain(_ source: inout MailSource, _ hasBegun: inout Bool) throws {
        for _ in 0..<Self.drainedMax where !isStopped {
            switch try source.next(waiting: 0) {
            case .end: return
            case .nothing: guard source.hasMore else { return }
            case .message(let message): _ = try take(message, &hasBegun)
            }
        }
    }

    /// So many messages a pipe may hold.
    private static let drainedMax = 100_000

    /// Takes in one message.
    ///
    /// - Returns: How many events it held.
    private mutating func take(
        _ message: MailSource.Message, _ hasBegun: inout Bool
    ) throws -> Int {
        wallTime = WallClock.now
        summary.lines += 1
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

    // MARK: Either

    /// Takes in what a provider or a mail server says.
    ///
    /// - Parameters:
    ///   - notice: What it says.
    ///   - text: Its own words, for the rejects.
    ///   - file: The file that it is in, where lines are not counted through.
    ///   - number: The number of the line or message.
    ///   - hasBegun: Whether a batch has begun.
    /// - Returns: Whether it was an event.
    /// - Throws: ``Failure`` or the store's errors, where it could not be written down.
    private mutating func take(
        _ notice: Notice, _ text: Span<UInt8>, file: String? = nil, number: Int,
        _ hasBegun: inout Bool
    ) throws -> Bool {
        switch notice {
        case .skipped: summary.skipped += 1
        case .rejected(let fault): try refuse(Reject(line: number, fault: fault, text: text), file)
        case .event(let line):
            encoded.removeAll(keepingCapacity: true)
            switch reader.read(line.span, number: number, wallTime: wallTime, into: &encoded) {
            case .blank: break
            case .rejected(let reject):
                let fault = Fault(
                    code: reject.code, field: reject.field, message: reject.message)
                try refuse(Reject(line: number, fault: fault, text: text), file)
            case .event(let event):
                if !hasBegun {
                    try begin()
                    hasBegun = true
                }
                lineNumber = number
                try ingest(event, in: encoded, text, file)
                return true
            }
        }
        return false
    }
}
