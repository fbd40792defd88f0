public import Core

/// Brings what is known of partners into the processor's cache before something happens to them: each
/// would else wait for memory several times, and nobody has all partners in the cache.
///
/// In two steps, as a state only says where its facts are. Mutating, so that nothing need be copied.
extension Engine {
    /// Begins to load a partner's state; does nothing where there is no such partner.
    public mutating func prefetchState(of partner: PartnerNumber) {
        partners.prefetch(Int(partner))
        flags.prefetch(Int(partner))
    }

    /// Begins to load, in both steps, those who come a little later in a list that is gone through.
    ///
    /// - Parameters:
    ///   - place: The place in the list that has come.
    ///   - count: How many places the list has.
    ///   - partner: Who stands at a place.
    @inline(__always)
    public mutating func prefetch(
        behind place: Int, of count: Int, _ partner: (Int) -> PartnerNumber
    ) {
        if place + 16 < count { prefetchState(of: partner(place + 16)) }
        if place + 8 < count { prefetchFacts(of: partner(place + 8)) }
    }

    /// Begins to load, in both steps, some dozens to whom something happens soon.
    public mutating func prefetch(_ partners: [PartnerNumber]) {
        for partner in partners { prefetchState(of: partner) }
        for partner in partners { prefetchFacts(of: partner) }
    }

    /// Begins to load the facts that most evaluations look at, once the state itself was loaded.
    public mutating func prefetchFacts(of partner: PartnerNumber) {
        guard Int(partner) < partners.count else { return }
        partners[Int(partner)].prefetchFacts()
    }
}

extension PartnerState {
    @inline(__always)
    fileprivate mutating func prefetchFacts() {
        activity.prefetch()
        memberships.prefetch(0)
        dues.prefetch(0)
    }
}
