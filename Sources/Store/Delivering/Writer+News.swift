import Core
import Engine
import LMDB
import Wire

/// What the log tells of sends is noted where they stand, by the commit that takes it in (SPEC 10).
extension Writer {
    /// Notes what the log tells of sends: what the batch's events say, whichever sends they are about; and where
    /// the store emits, as nobody looks at sends before they are mailed, what was said of these `sends`, the
    /// batch's, before they were decided.
    func settleNews(of sends: [Send], _ transaction: borrowing WriteTransaction) throws {
        guard !news.isEmpty || emits else { return }
        var partners: [PartnerNumber] = []
        var told: [PartnerNumber: [SendKey: SendNews]] = [:]
        for item in news {
            if told[item.partner] == nil { partners.append(item.partner) }
            // One that was delivered stays so, whatever order the events come in.
            if told[item.partner]?[item.send]?.status != .delivered {
                told[item.partner, default: [:]][item.send] = item
            }
        }
        for partner in partners { try settle(told[partner] ?? [:], of: partner, transaction) }
        for send in sends where emits && send.suppressed == nil {
            let results = engine.partners[Int(send.partner)].results
            guard !results.isEmpty else { continue }
            let key = key(of: send.partner, source: send.source, ordinal: send.ordinal)
            if let status = Delivery.Status(told: key, in: results) {
                try settle(send.number, status, at: send.decidedAt, transaction)
            }
        }
    }

    /// Notes what events tell of a partner's sends; goes back through these until all are found.
    private func settle(
        _ told: [SendKey: SendNews], of partner: PartnerNumber,
        _ transaction: borrowing WriteTransaction
    ) throws {
        var told = told
        let isAbsent = engine.partners[Int(partner)].isAbsent
        var next =
            isAbsent
            ? try storedState(of: partner).lastSend : engine.partners[Int(partner)].lastSend
        while let number = next, !told.isEmpty {
            let stored = try transaction.value(store.tables.sends, Key.number(number)) {
                try StoredSend($0)
            }
            guard let send = stored, send.partner == partner, send.distance <= number,
                send.source < engine.registry.sources.count
            else { throw StoreError.damaged("the chain of sends breaks at send \(number)") }
            let key = key(of: partner, source: send.source, ordinal: send.ordinal)
            if let item = told.removeValue(forKey: key), send.suppressed == nil {
                try settle(number, item.status, at: item.time, transaction)
            }
            next = send.distance == 0 ? nil : number - send.distance
        }
    }

    private func settle(
        _ number: UInt64, _ status: Delivery.Status, at time: Instant,
        _ transaction: borrowing WriteTransaction
    ) throws {
        let before = try transaction.value(store.tables.deliveries, Key.number(number)) {
            try Delivery($0)
        }
        // What is being handed over stands with whoever does that.
        guard before?.status != .delivered, before?.status != .claimed, before?.status != status
        else { return }
        var after = before ?? Delivery(status: status, attempts: 0, changedAt: time)
        after.status = status
        after.changedAt = time
        after.detail = Delivery.told
        var changes = Outbox.Changes()
        changes.deliveries.append((number, before, after))
        try Outbox(tables: store.tables).write(changes, transaction)
    }

    private func key(
        of partner: PartnerNumber, source: SourceNumber, ordinal: UInt32
    ) -> SendKey {
        let source = engine.registry.sources[Int(source)]
        let id = SendID.make(
            program: store.program.name, kind: source.kind, source: source.id,
            partner: engine.partnerIDs.name(TextID(number: partner)), ordinal: ordinal)
        return SendKey(id: id.span)
    }
}

extension Store {
    /// Everything that the log tells of sends, in its order.
    func newsOfSends() throws -> [SendNews] {
        try read { transaction, head in
            var news: [SendNews] = []
            guard head.sends > 0 else { return news }
            try eachEmail(upTo: head.sequence, transaction) { event, partner, _ in
                if let told = SendNews(event, of: partner) { news.append(told) }
            }
            return news
        }
    }

    /// Gives the events of mail to a body, in log order.
    func eachEmail(
        upTo last: EventSequence, _ transaction: borrowing ReadTransaction,
        _ body: (Event, PartnerNumber, TextTable) throws -> Void
    ) throws {
        var texts = TextTable()
        try tables.eachRecord(after: 0, upTo: last, in: transaction) { sequence, record in
            var reader = ByteReader()
            let header = try RecordCoding.header(record, &reader)
            guard header.kind == .event else { return }
            let stored = try RecordCoding.event(record, header, sequence: sequence, &reader)
            let content = record.extracting(stored.content)
            guard try factKinds(ofContent: content) == .email else { return }
            let event = try decodeEvent(content: content, time: stored.time, texts: &texts)
            try body(event, stored.partner, texts)
        }
    }
}
