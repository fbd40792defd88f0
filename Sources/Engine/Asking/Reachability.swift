import Core

/// Which event of a history keeps mail from a partner.
extension Explainer {
    /// The event that suppressed a partner, or that took its address away.
    ///
    /// - Parameters:
    ///   - history: What counts.
    ///   - reason: Why the partner gets no mail.
    /// - Returns: A place in the history; nil where no event did: there never was an address, or the
    ///   reason lies elsewhere.
    public static func suppressingEvent(
        in history: PartnerHistory, reason: SendSuppression?
    ) -> Int? {
        switch reason {
        case .noAddress:
            latest(in: history) {
                if case .partnerUpdated(let update) = $0 { update.email == .removed } else { false }
            }
        case .unsubscribed: latest(in: history) { isEmail($0, .unsubscribed) }
        case .complained: latest(in: history) { isEmail($0, .complained) }
        case .bounced: latest(in: history) { isEmail($0, .hardBounced) }
        case .history, .staleTrigger, nil: nil
        }
    }

    private static func isEmail(_ content: EventContent, _ activity: EmailEvent) -> Bool {
        if case .email(activity, _, _) = content { true } else { false }
    }

    private static func latest(
        in history: PartnerHistory, where isIt: (EventContent) -> Bool
    ) -> Int? {
        history.events.indices.filter { isIt(history.events[$0].event.content) }.max {
            FactOrder(
                time: history.events[$0].event.time, sequence: history.events[$0].sequence)
                < FactOrder(
                    time: history.events[$1].event.time, sequence: history.events[$1].sequence)
        }
    }
}
