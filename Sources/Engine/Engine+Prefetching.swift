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
