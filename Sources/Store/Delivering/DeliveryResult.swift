import Core
import Engine
import Wire

/// What became of a send, as far as conditions can see it: the log is to have an event of it (SPEC 10).
enum DeliveryResult: UInt8 {
    case delivered = 1
    case hardBounced
    case softBounced

    /// The result of an outcome; nil where it is none yet.
    init?(_ outcome: Deliverer.Outcome, _ after: Delivery) {
        switch (after.status, outcome) {
        case (.delivered, _): self = .delivered
        case (.failed, .refused(_, isRecipient: true)): self = .hardBounced
        case (.failed, _): self = .softBounced
        default: return nil
        }
    }

    /// The result as it stands in the outbox.
    var row: [UInt8] { [rawValue] }

    /// Reads a row of the outbox.
    init?(row: Span<UInt8>) {
        guard row.count == 1 else { return nil }
        self.init(rawValue: row[0])
    }

    private var activity: StaticString { self == .delivered ? "delivered" : "bounced" }

    /// The event as a line of input, under an id of the engine's own.
    ///
    /// - Parameters:
    ///   - send: The send's id.
    ///   - partner: Whom it went to.
    ///   - source: The workflow or automation that decided it.
    ///   - delivery: Its wall time stands beside the event's time, which never lies ahead of the engine clock.
    ///   - now: The engine clock.
    /// - Returns: A line that ``EventReader`` takes.
    func line(
        send: Name, partner: Name, source: Name, _ delivery: Delivery, now: Instant
    ) -> [UInt8] {
        var line: [UInt8] = []
        func member(_ key: StaticString, _ value: Name) {
            line.append(jsonKey: key)
            line.append(jsonString: value.bytes.span)
        }
        line.append(UInt8(ascii: "{"))
        member("id", Name("muster:\(send):\(activity)"))
        member("type", Name("email.\(activity)"))
        member("partner", partner)
        member("time", Name(timestampText(min(now, delivery.changedAt))))
        member("send", send)
        member("source", source)
        if self != .delivered { member("kind", self == .hardBounced ? "hard" : "soft") }
        member("wall_time", Name(timestampText(delivery.changedAt)))
        if !delivery.detail.bytes.isEmpty { member("detail", delivery.detail) }
        line.append(UInt8(ascii: "}"))
        return line
    }
}
