import Core
import Engine

/// A segment's members at a past moment.
struct PastMembers {
    private var members = PartnerSet()
    /// Since when, by partner number; without meaning for who is not among them.
    private var since: [Instant] = []

    /// How many there are.
    var count: Int { members.count }

    /// Their numbers, ascending.
    var partners: [PartnerNumber] { members.members }

    mutating func enter(_ partner: PartnerNumber, at time: Instant) {
        if Int(partner) >= since.count {
            let room = max(Int(partner) + 1, since.count * 2)
            since.append(contentsOf: repeatElement(.unset, count: room - since.count))
        }
        since[Int(partner)] = time
        members.set(partner, to: true)
    }

    mutating func leave(_ partner: PartnerNumber) {
        members.set(partner, to: false)
    }

    /// Since when a member has been one.
    func since(_ partner: PartnerNumber) -> Instant { since[Int(partner)] }
}
