import Core
import Engine
import LMDB
import Wire

extension Store {
    /// Whether there are results of deliveries that no record of the log tells of yet.
    public func hasUntoldResults() throws -> Bool {
        try read { transaction, _ in
            try !Outbox(tables: tables).results(limit: 1, transaction).isEmpty
        }
    }
}

/// Results of deliveries become records by whoever writes next: a delivery needs no engine of its own beside
/// a busy `ingest`, and neither has to wait for the other to take in what it wrote.
extension Writer {
    /// The most results that one batch takes in, so that it stays short.
    private static let resultsMax = 10_000

    /// Takes in the results that no record tells of yet; the clock stays where it is.
    ///
    /// With the next commit they are records, and no longer wait.
    ///
    /// Beside a batch that is being stored, which may hold them already, it takes none.
    ///
    /// - Returns: How many there were.
    /// - Throws: ``StoreError``.
    @discardableResult
    public func takeResults() throws -> Int {
        guard storing == nil else { return 0 }
        let outbox = Outbox(tables: store.tables)
        let found = try store.read { transaction, _ in
            try outbox.results(limit: Self.resultsMax, transaction).map { number, result in
                guard
                    let send = try transaction.value(
                        store.tables.sends, Key.number(number), { try StoredSend($0) }),
                    let delivery = try outbox.delivery(of: number, transaction),
                    send.partner < engine.partners.count,
                    send.source < engine.registry.sources.count
                else { throw StoreError.damaged("the result of send \(number) is about nothing") }
                return (number: number, result: result, send: send, delivery: delivery)
            }
        }
        guard !found.isEmpty else { return 0 }
        let reader = EventReader(
            envelope: .plain, currency: store.program.currency, allowsOwnIDs: true)
        // What these tell of the sends stands in their rows.
        let newsCount = news.count
        defer { news.removeLast(news.count - newsCount) }
        for waiting in found {
            let partner = engine.partnerIDs.name(TextID(number: waiting.send.partner))
            let source = engine.registry.sources[Int(waiting.send.source)]
            let id = SendID.make(
                program: store.program.name, kind: source.kind, source: source.id,
                partner: partner, ordinal: waiting.send.ordinal)
            var result = waiting.result
            if result == .hardBounced,
                try address(of: waiting.send.partner) != waiting.send.address
            {
                // It is the address that was refused, and the partner has another one by now (SPEC 2).
                result = .softBounced
            }
            let line = result.line(
                send: Name(bytes: id), partner: partner, source: source.id, waiting.delivery,
                now: engine.now)
            var content: [UInt8] = []
            let read = reader.read(line.span, number: 1, wallTime: .latest, into: &content)
            guard case .event(let event) = read else {
                throw StoreError.cannotWrite("a result can't be written down: \(read)")
            }
            // One that is there already, from an import say, tells of it.
            _ = try ingest(
                event, in: content, clock: .applied(at: engine.now),
                isHistory: engine.isInHistory)
            resultsTaken.append(waiting.number)
        }
        return found.count
    }

    private func address(of partner: PartnerNumber) throws -> [UInt8]? {
        let isAbsent = engine.partners[Int(partner)].isAbsent
        let latest =
            isAbsent
            ? try storedState(of: partner).emails.last : engine.partners[Int(partner)].emails.last
        return latest?.text.map { engine.texts.name($0).bytes }
    }
}
