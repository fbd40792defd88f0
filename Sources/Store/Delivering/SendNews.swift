import Core
import Engine

/// What an event of the log tells of a send.
struct SendNews {
    var partner: PartnerNumber
    var send: SendKey
    var event: EmailEvent
    /// When it happened.
    var time: Instant

    /// Nil for an event that is about no send, or says nothing of its delivery.
    init?(_ event: Event, of partner: PartnerNumber) {
        guard case .email(let told, _, let send?) = event.content, told != .resubscribed else {
            return nil
        }
        self.partner = partner
        self.send = send
        self.event = told
        time = event.time
    }

    /// Where the send stands then: who opens or complains of a mail has it.
    var status: Delivery.Status {
        switch event {
        case .hardBounced, .softBounced: .failed
        default: .delivered
        }
    }
}

extension Delivery.Status {
    /// What events of the log say of a send, such as one that was mailed before a restore; nil where they
    /// say nothing.
    ///
    /// One that was delivered stays so, whatever else they say.
    init?(told news: some Sequence<SendNews>) {
        var told: Delivery.Status?
        for item in news where told != .delivered { told = item.status }
        guard let told else { return nil }
        self = told
    }
}
