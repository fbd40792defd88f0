import Core
import Engine
import Wire

/// Events of mail that name a source and no send: each is of the latest send of that source to the partner
/// before it.
struct LooseNews {
    private struct Trail: Hashable {
        var source: Name
        var partner: PartnerNumber
    }

    private var events: [Trail: [(told: EmailEvent, at: Instant)]] = [:]
    /// Sends that were to be mailed, in the order of the decisions.
    private var sends: [Trail: [(key: SendKey, at: Instant, mayHaveLeft: Bool)]] = [:]

    var isEmpty: Bool { events.isEmpty }

    mutating func add(
        _ told: EmailEvent, _ source: Name, of partner: PartnerNumber, at instant: Instant
    ) {
        events[Trail(source: source, partner: partner), default: []].append((told, instant))
    }

    mutating func take(_ send: SendRow) {
        let trail = Trail(source: send.source, partner: send.partnerNumber)
        guard events[trail] != nil, send.suppressed == nil else { return }
        let mayHaveLeft: Bool
        switch send.status {
        case .suppressed, .failed, .expired: mayHaveLeft = false
        case .pending, .claimed, .delivered, .unknown: mayHaveLeft = true
        }
        sends[trail, default: []].append(
            (SendKey(id: send.id.span), send.decidedAt, mayHaveLeft))
    }

    /// Gives each event and the send that it is of to a body, in no order: they are counted.
    func eachSend(_ body: (EmailEvent, SendKey, PartnerNumber) -> Void) {
        for (trail, events) in events {
            for event in events {
                let before = sends[trail]?.prefix { $0.at <= event.at }
                // Where none has left here, somebody else has mailed it.
                guard let send = before?.last(where: \.mayHaveLeft) ?? before?.last else {
                    continue
                }
                body(event.told, send.key, trail.partner)
            }
        }
    }
}
