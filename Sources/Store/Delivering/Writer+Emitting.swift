public import Core
import Engine
import LMDB
import Wire

/// What an event of the log tells of a send.
struct SendNews {
    var partner: PartnerNumber
    var send: SendKey
    var event: EmailEvent
    /// When it happened.
    var time: Instant

    /// Nil for an event that is about no send, or says nothing of its delivery.
    init?(_ event: Event, of partner: PartnerNumber) {
        guard case .email(let told, _, let send?) = event.content, told != .resubscribed else {
            return nil
        }
        self.partner = partner
        self.send = send
        self.event = told
        time = event.time
    }

    /// Where the send stands then: who opens or complains of a mail has it.
    var status: Delivery.Status {
        switch event {
        case .hardBounced, .softBounced: .failed
        default: .delivered
        }
    }
}

/// A store whose sends `ingest --emit sends` hands out (SPEC 7): there is no `deliver` that would note what
/// becomes of them, so the commit that takes a result in does.
extension Writer {
    /// Makes the store one that emits, durably: to be called before the first send is printed, by the
    /// process that has the ``DeliveryLock``.
    ///
    /// The first time, what a `deliver` left claimed is settled as the next one would have, and so are sends of
    /// which the log tells already; that reads the log once.
    ///
    /// - Parameters:
    ///   - waitSeconds: How long to wait for the right to write.
    ///   - wallTime: The wall clock.
    /// - Throws: ``DeliveryRefusal/held(mark:)`` where a restore or an import is not released, or
    ///   ``StoreError``.
    public func beginEmitting(waitSeconds: Int, at wallTime: Instant) throws {
        let emits = try store.read { transaction, _ in
            if let mark = try store.unreleasedMark(transaction) {
                throw DeliveryRefusal.held(mark: mark)
            }
            return try NumberRow.read(Key.emitted, store.tables, transaction) != nil
        }
        guard !emits else { return }
        try begin(waitSeconds: waitSeconds)
        do {
            _ = try store.recoverClaims(at: wallTime)
            news += try store.newsOfSends()
        } catch {
            abandon()
            throw error
        }
        noteEmitted(upTo: 0)
        _ = try commit()
    }

    /// Notes what the batch's events tell of sends, where the store emits.
    func settleNews(_ transaction: borrowing WriteTransaction) throws {
        let tables = store.tables
        guard !news.isEmpty,
            try transaction.value(tables.meta, Key.emitted, { _ in true }) == true
        else { return }
        let outbox = Outbox(tables: tables)
        for told in news {
            guard let number = try number(of: told, transaction) else { continue }
            let before = try transaction.value(tables.deliveries, Key.number(number)) {
                try Delivery($0, number: number)
            }
            // One that was delivered stays so, whatever order the events come in.
            guard before?.status != .delivered, before?.status != told.status else { continue }
            var after =
                before ?? Delivery(status: told.status, attempts: 0, changedAt: told.time)
            after.status = told.status
            after.changedAt = told.time
            after.detail = Delivery.told
            var changes = Outbox.Changes()
            changes.deliveries.append((number, before, after))
            try outbox.write(changes, transaction)
        }
    }

    /// The number of the send that an event is about: one of the partner's that was to be mailed; nil where
    /// there is none.
    private func number(
        of told: SendNews, _ transaction: borrowing WriteTransaction
    ) throws -> UInt64? {
        let state = engine.partners[Int(told.partner)]
        var next = state.isAbsent ? try storedState(of: told.partner).lastSend : state.lastSend
        let partner = engine.partnerIDs.name(TextID(number: told.partner))
        while let number = next {
            let stored = try transaction.value(store.tables.sends, Key.number(number)) {
                try StoredSend($0)
            }
            guard let send = stored, send.partner == told.partner, send.distance <= number,
                send.source < engine.registry.sources.count
            else { throw StoreError.damaged("the chain of sends breaks at send \(number)") }
            let source = engine.registry.sources[Int(send.source)]
            let id = SendID.make(
                program: store.program.name, kind: source.kind, source: source.id,
                partner: partner, ordinal: send.ordinal)
            if SendKey(id: id.span) == told.send { return send.suppressed == nil ? number : nil }
            next = send.distance == 0 ? nil : number - send.distance
        }
        return nil
    }
}

extension Store {
    /// Everything that the log tells of sends, in its order.
    fileprivate func newsOfSends() throws -> [SendNews] {
        try read { transaction, head in
            var news: [SendNews] = []
            guard head.sends > 0 else { return news }
            try eachEmail(upTo: head.sequence, transaction) { event, partner in
                if let told = SendNews(event, of: partner) { news.append(told) }
            }
            return news
        }
    }

    /// Gives the events of mail to a body, in log order.
    func eachEmail(
        upTo last: EventSequence, _ transaction: borrowing ReadTransaction,
        _ body: (Event, PartnerNumber) throws -> Void
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
            try body(event, stored.partner)
        }
    }
}
