extension Model {
    /// What is triggered at this depth is not done any more.
    static let depthLimit = 8

    /// Fires the automations that wait for these triggers, per trigger in the order of their ids.
    ///
    /// - Returns: Whether a send was decided that counts (is not suppressed).
    func fire(
        _ triggers: [Trigger],
        for partner: Partner,
        causedAt time: Int64,
        depth: Int
    ) -> Bool {
        guard let now else { return false }
        var isSent = false
        for trigger in triggers {
            for id in definitions.ids(.automations) {
                guard let automation = definitions.automations[id], automation.isActive,
                    automation.trigger == trigger
                else { continue }
                if depth >= Model.depthLimit {
                    cutOffs.append(CutOff(automation: id, partner: partner.id, at: now))
                    continue
                }
                let sent = act(
                    automation.actions,
                    kind: "automation",
                    source: id,
                    for: partner,
                    depth: depth + 1,
                    isStale: now - time > automation.ageMax
                )
                isSent = isSent || sent
            }
        }
        return isSent
    }

    /// Decides sends at once and queues derived events, which get the depth given.
    ///
    /// - Returns: Whether a send was decided that is not suppressed.
    func act(
        _ actions: [Action],
        kind: String,
        source: String,
        for partner: Partner,
        depth: Int,
        isStale: Bool
    ) -> Bool {
        guard let now else { return false }
        var isSent = false
        for action in actions {
            if case .sendEmail(let template) = action {
                let reason = suppression(of: partner, kind: kind, isStale: isStale)
                decide(template, reason: reason, kind: kind, source: source, for: partner, at: now)
                if reason == nil { isSent = true }
            }
            guard !isStale else { continue }
            switch action {
            case .sendEmail: break
            case .addTag(let tag):
                queue.append(
                    Derived(
                        type: "tag.assigned",
                        partner: partner.id,
                        tag: tag,
                        time: now,
                        depth: depth
                    )
                )
            case .removeTag(let tag):
                queue.append(
                    Derived(
                        type: "tag.removed",
                        partner: partner.id,
                        tag: tag,
                        time: now,
                        depth: depth
                    )
                )
            case .acceptApplication(let terms):
                for contract in partner.facts.contractIDs {
                    guard let state = partner.facts.contracts[contract],
                        state.stage == "awaiting_advertiser_approval"
                    else { continue }
                    if let terms, !ValueTest.anyOf(terms).holds(state.term.map { [$0] } ?? []) {
                        continue
                    }
                    queue.append(
                        Derived(
                            type: "partner.joined",
                            partner: partner.id,
                            contract: contract,
                            time: now,
                            depth: depth
                        )
                    )
                }
            }
        }
        return isSent
    }

    /// Why a send is suppressed at its decision; nil if it is not.
    private func suppression(of partner: Partner, kind: String, isStale: Bool) -> String? {
        if isHistory { return "history" }
        guard kind == "automation" else { return nil }
        if isStale { return "stale_trigger" }
        return partner.facts.email == nil ? "no_address" : partner.facts.suppression
    }

    private func decide(
        _ template: String,
        reason: String?,
        kind: String,
        source: String,
        for partner: Partner,
        at now: Int64
    ) {
        let pair = Pair(first: kind + " " + source, second: partner.id)
        sends.append(
            Send(
                kind: kind,
                source: source,
                partner: partner.id,
                to: partner.facts.email,
                template: template,
                templateVersion: definitions.templateVersion(template),
                decidedAt: now,
                ordinal: sendCounts[pair, default: 0],
                status: reason == nil ? "pending" : "suppressed",
                reason: reason
            )
        )
        sendCounts[pair, default: 0] += 1
        guard reason == nil else { return }
        partner.sent.append((source, Dated(instant: now, date: calendar.date(of: now))))
        refresh(partner)
    }
}
