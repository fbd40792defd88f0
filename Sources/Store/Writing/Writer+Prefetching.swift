import Core
import Engine
public import Wire

extension Writer {
    /// Begins to load what taking in some events will look at: most of their time would else be spent
    /// waiting for memory, one look after the other.
    ///
    /// In steps over all of them, as each thing says where the next one is (group prefetching: Chen, Ailamaki,
    /// Gibbons and Mowry, "Improving hash join performance through prefetching", 2004).
    ///
    /// - Parameters:
    ///   - events: Some dozens of events, none of them taken in yet.
    ///   - buffer: The bytes that the events' ranges are in.
    public func prefetch(_ events: [EncodedEvent], in buffer: [UInt8]) {
        guard events.count > 1 else { return }
        let bytes = buffer.span
        var slots: [Int] = []
        slots.reserveCapacity(events.count)
        for event in events {
            ids?.prefetch(IDIndex.fingerprint(bytes.extracting(event.id)))
            slots.append(engine.partnerIDs.prefetchSlot(of: bytes.extracting(event.partner)))
        }
        let candidates = slots.compactMap { engine.partnerIDs.prefetchCandidate(at: $0) }
        for candidate in candidates {
            engine.partnerIDs.prefetchBytes(of: candidate)
            engine.prefetchState(of: candidate.number)
        }
        for candidate in candidates { engine.prefetchFacts(of: candidate.number) }
    }
}
