import Core
import Engine
import Wire

/// What became of a send as an event of the log, under an id of the engine's own (SPEC 2, 10).
struct DeliveryEvent {
    private let send: SendRow
    private let activity: String
    private let isSoft: Bool?
    private let detail: Name

    /// The event of an outcome; nil where it is no result yet.
    init?(_ send: SendRow, _ outcome: Deliverer.Outcome, _ delivery: Delivery) {
        self.send = send
        detail = delivery.detail
        switch (delivery.status, outcome) {
        case (.delivered, _):
            activity = "delivered"
            isSoft = nil
        case (.failed, .refused(_, let isRecipient)):
            activity = "bounced"
            isSoft = !isRecipient
        case (.failed, _):
            activity = "bounced"
            isSoft = true
        default: return nil
        }
    }

    /// The event as a line of input; the wall time stands beside its time, which never lies ahead of the
    /// engine clock.
    func line(now: Instant, wallTime: Instant) -> [UInt8] {
        var line: [UInt8] = []
        func member(_ key: StaticString, _ value: Name) {
            line.append(jsonKey: key)
            line.append(jsonString: value.bytes.span)
        }
        let id = Name(bytes: send.id)
        line.append(UInt8(ascii: "{"))
        member("id", Name("muster:\(id):\(activity)"))
        member("type", Name("email.\(activity)"))
        member("partner", send.partner)
        member("time", Name(timestampText(min(now, wallTime))))
        member("send", id)
        member("source", send.source)
        if let isSoft { member("kind", isSoft ? "soft" : "hard") }
        member("wall_time", Name(timestampText(wallTime)))
        if !detail.bytes.isEmpty { member("detail", detail) }
        line.append(UInt8(ascii: "}"))
        return line
    }
}

extension Writer {
    /// Takes in what became of a send; the clock stays where it is.
    func take(_ event: DeliveryEvent, wallTime: Instant) throws {
        let line = event.line(now: engine.now, wallTime: wallTime)
        let reader = EventReader(
            envelope: .plain, currency: store.program.currency, allowsOwnIDs: true)
        var content: [UInt8] = []
        let outcome = reader.read(line.span, number: 1, wallTime: .latest, into: &content)
        guard case .event(let encoded) = outcome else {
            throw StoreError.cannotWrite("a result can't be written down: \(outcome)")
        }
        _ = try ingest(
            encoded, in: content, clock: .applied(at: engine.now), isHistory: engine.isInHistory)
    }
}
