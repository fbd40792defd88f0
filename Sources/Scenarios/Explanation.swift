import Core
import Engine
import Wire

extension Engine {
    /// What is known of a partner whose membership of a segment is not what a scenario expects, a
    /// line a fact.
    func explanation(of partner: Name, in segment: Name) -> [String] {
        guard let number = partnerIDs.find(partner)?.number,
            let segmentNumber = registry.number(.segment, segment)
        else { return ["no event has named the partner \(partner)"] }
        let state = partners[Int(number)]
        let isMember = members[Int(segmentNumber)].contains(number)
        var lines = [
            "\(partner) is \(isMember ? "" : "not ")in \(segment) at \(timestampText(now))"
        ]
        if let flip = nextFlip(on: number, segment: segmentNumber) {
            lines.append("that changes at \(timestampText(flip)) if nothing happens")
        }
        if let stage = state.stage, let since = state.lastTransition {
            lines.append("relationship stage: \(stage.word) since \(timestampText(since))")
        }
        if let joined = state.originalJoined {
            lines.append("originally joined: \(timestampText(joined))")
        }
        for contract in state.contracts {
            let term = contract.term.map { " under \(texts.name($0))" } ?? ""
            lines.append(
                "contract \(texts.name(contract.contract)): \(contract.stage.word)\(term) since "
                    + timestampText(contract.stageOrder.time))
        }
        for tag in state.tags where tag.isOn {
            lines.append("tag \(texts.name(tag.tag)) since \(timestampText(tag.order.time))")
        }
        return lines
    }
}
