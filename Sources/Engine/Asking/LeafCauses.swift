import Core

/// Which events and sends made what a leaf found: its verdict, else the value that it looked at.
///
/// A leaf looks only at what touches it (``LeafDispatch``), so a history without some events is put
/// together again from the others of those, and asked. For sums everything that counts is left out
/// at once, then what adds alone, then what takes away alone, and joinings that move the window stand
/// beside it; for all other leaves, and where that changes nothing, each fact that matters by itself,
/// and where none does the latest facts, one more at a time, and of those each that matters.
extension Explainer {
    func causes(of leaf: Leaf) -> LeafFinding.Causes {
        guard let number = recollection.engine.rules.leaves.number(of: leaf) else {
            return LeafFinding.Causes()
        }
        let all = relevant(to: number)
        func verdict(_ state: PartnerState) -> Bool {
            var state = state
            return truth(of: leaf, for: &state, at: time).value
        }
        let own = verdict(state)
        let found = value(lookedAtBy: leaf, in: state)
        func hasOtherVerdict(_ state: PartnerState) -> Bool { verdict(state) != own }
        let decisive = causes(among: all, of: leaf, hasOtherVerdict)
        if !decisive.isEmpty { return LeafFinding.Causes(list: decisive, areDecisive: true) }
        let telling = causes(among: all, of: leaf) { value(lookedAtBy: leaf, in: $0) != found }
        // A few of those that decide nothing together may do so.
        return LeafFinding.Causes(
            list: telling,
            areDecisive: !telling.isEmpty && hasOtherVerdict(facts(of: all, without: telling)))
    }

    /// Those without which the partner's facts would be others in some respect.
    private func causes(
        among all: [Cause], of leaf: Leaf, _ isOther: (PartnerState) -> Bool
    ) -> [Cause] {
        func matter(_ causes: [Cause]) -> Bool {
            !causes.isEmpty && isOther(facts(of: all, without: causes))
        }
        if case .measure(_, let window, _) = leaf {
            let counted = all.filter { counts($0, in: window) }
            for part in [counted, counted.filter(adds), counted.filter { !adds($0) }]
            where matter(part) {
                let joinings =
                    window.dependsOnJoining
                    ? all.filter { isJoining($0) && matter([$0]) } : []
                let told = Set(part + joinings)
                let both = all.filter { told.contains($0) }
                return matter(both) ? both : part
            }
        }
        let alone = all.suffix(Self.lookedAtAlone).filter { matter([$0]) }
        // Those that matter one by one may outweigh each other.
        if matter(alone) { return alone }
        var count = 1
        while count <= all.count {
            let latest = Array(all.suffix(count))
            if matter(latest) { return withoutBystanders(latest, matter) }
            if count == all.count { break }
            count = min(count < 16 ? count + 1 : count * 2, all.count)
        }
        return []
    }

    /// So many of the latest facts are each left out by itself.
    private static let lookedAtAlone = 64

    /// Whether an event is one by which a partner joins.
    private func isJoining(_ cause: Cause) -> Bool {
        guard case .event(let index) = cause else { return false }
        switch history.events[index].event.content {
        case .relationshipChanged(.joined), .partnerJoined: return true
        default: return false
        }
    }

    /// A set that matters, less those of it that it matters without; large ones are left as they are.
    private func withoutBystanders(_ causes: [Cause], _ matter: ([Cause]) -> Bool) -> [Cause] {
        guard causes.count <= 64 else { return causes }
        var rest = causes
        for cause in causes {
            let others = rest.filter { $0 != cause }
            if matter(others) { rest = others }
        }
        return rest
    }

    /// What can touch a leaf, in the order of facts: by time, then by arrival (SPEC 2).
    private func relevant(to leaf: Int) -> [Cause] {
        let events = history.events.indices.filter { touched[$0].contains(leaf) }
        let sends = history.sends.indices.filter { touchedBySend[$0].contains(leaf) }
        let causes = events.map { Cause.event($0) } + sends.map { Cause.send($0) }
        return causes.sorted { order(of: $0) < order(of: $1) }
    }

    private func order(of cause: Cause) -> FactOrder {
        switch cause {
        case .event(let index):
            FactOrder(
                time: history.events[index].event.time, sequence: history.events[index].sequence)
        case .send(let index):
            FactOrder(
                time: history.sends[index].decidedAt, sequence: history.sends[index].sequence)
        }
    }

    /// The partner's facts from some of its history.
    private func facts(of causes: [Cause], without left: [Cause]) -> PartnerState {
        let left = Set(left)
        var rest = blank
        for cause in causes where !left.contains(cause) {
            switch cause {
            case .event(let index):
                rest.learn(
                    history.events[index].event, of: partner,
                    sequence: history.events[index].sequence)
            case .send(let index):
                rest.learnSend(
                    from: history.sends[index].source.id, at: history.sends[index].decidedAt,
                    of: partner)
            }
        }
        return rest.partners[Int(partner)]
    }

    /// Whether an event or send lies in a window; a joining does not count, but moves some windows.
    private func counts(_ cause: Cause, in window: Window) -> Bool {
        let instant: Instant
        switch cause {
        case .send(let index): instant = history.sends[index].decidedAt
        case .event(let index):
            let event = history.events[index].event
            switch event.content {
            case .actionReversed(_, let original): instant = original
            case .actionRecorded, .clickRecorded, .email, .customRecorded: instant = event.time
            default: return false
            }
        }
        return time.truth(of: window, for: instant, joined: state.originalJoined).value
    }

    private func adds(_ cause: Cause) -> Bool {
        if case .event(let index) = cause,
            case .actionReversed = history.events[index].event.content
        {
            return false
        }
        return true
    }
}
