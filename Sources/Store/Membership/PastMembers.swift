import Core
import Engine

/// A segment's members at a past moment.
struct PastMembers {
    private var members = PartnerSet()
    /// Since when, by partner number; without meaning for who is not among them.
    private var since: [Instant] = []

    private let partnerCount: UInt64
    /// A member that is none of the store's partners: a damaged number must not ask for memory.
    private var stranger: PartnerNumber?

    /// Makes an empty list of members among so many partners.
    init(among partners: UInt64) {
        partnerCount = partners
    }

    /// The members themselves.
    ///
    /// - Throws: ``StoreError/damaged(_:)`` where one is no partner of the store.
    func checked() throws(StoreError) -> PastMembers {
        if let stranger {
            throw .damaged("a segment's history names partner \(stranger) of \(partnerCount)")
        }
        return self
    }

    /// How many there are.
    var count: Int { members.count }

    /// Their numbers, ascending.
    var partners: [PartnerNumber] { members.members }

    mutating func enter(_ partner: PartnerNumber, at time: Instant) {
        guard partner < partnerCount else {
            stranger = partner
            return
        }
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
