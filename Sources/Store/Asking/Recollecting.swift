public import Core
import Definitions
import Engine
import LMDB
import Wire

/// The past as it is known later: late events in their place (SPEC 6, `--known-at`).
extension Store {
    /// Who was in a segment, in hindsight, in the order of the log.
    ///
    /// - Parameters:
    ///   - segment: The segment's id.
    ///   - instant: The instant asked about; nil is up to where records count.
    ///   - hindsight: Up to where records count.
    /// - Returns: The members' ids.
    /// - Throws: ``QuestionError`` where an instant has no answer, or ``StoreError``.
    public func members(
        of segment: Name, at instant: Instant?, in hindsight: Viewpoint.Hindsight
    ) throws -> [Name] {
        try read { transaction, head in
            let view = try Viewpoint(at: instant, hindsight: hindsight).resolved(head)
            let instant = view.instant
            let catalog = try Catalog(tables, upTo: head.sequence, in: transaction)
            try versionInForce(
                of: segment, at: view.rules, knownAt: view.later, catalog)
            var recollection = Recollection(
                programName: program.name, zone: try zone(at: view.rules, transaction),
                definitions: try catalog.definitions(of: segment, at: view.rules))
            recollection.reserve(partners: Int(head.partners))
            try learnRecords(
                upTo: instant, knownAt: view.later ?? instant, &recollection, transaction)
            if recollection.countsSends {
                try learnSends(upTo: instant, catalog, &recollection, transaction)
            }
            return recollection.partners.indices.compactMap { index in
                let partner = PartnerNumber(index)
                guard recollection.isMember(partner, of: segment, at: instant) else { return nil }
                return recollection.id(of: partner)
            }
        }
    }

    /// Learns what the conditions look at; partners get the numbers that they have in the log.
    private func learnRecords(
        upTo instant: Instant, knownAt later: Instant, _ recollection: inout Recollection,
        _ transaction: borrowing ReadTransaction
    ) throws {
        let lookedAt = recollection.lookedAt
        try transaction.cursor(tables.log) { cursor in
            var sequence: EventSequence = 1
            var isThere = try cursor.first()
            while isThere {
                let isKnown = try cursor.withValue { record in
                    var reader = ByteReader()
                    let header = try RecordCoding.header(record, &reader)
                    guard header.engineTime <= later else { return false }
                    let time: Instant
                    let partner: PartnerNumber
                    let content: Range<Int>
                    switch header.kind {
                    case .event:
                        let stored = try RecordCoding.event(
                            record, header, sequence: sequence, &reader)
                        if let id = stored.partnerID {
                            _ = recollection.partner(record.extracting(id))
                        }
                        (time, partner, content) = (stored.time, stored.partner, stored.content)
                    case .derived:
                        let stored = try RecordCoding.derived(
                            record, header, sequence: sequence, &reader)
                        (time, partner, content) = (stored.time, stored.partner, stored.content)
                    default: return true
                    }
                    guard min(time, header.engineTime) <= instant else { return true }
                    recollection.noteEvent(of: partner)
                    let bytes = record.extracting(content)
                    guard !lookedAt.isDisjoint(with: try factKinds(ofContent: bytes)) else {
                        return true
                    }
                    let event = try decodeEvent(
                        content: bytes, time: time, texts: &recollection.texts)
                    recollection.learn(event, of: partner, sequence: sequence)
                    return true
                }
                guard isKnown else { return }
                sequence += 1
                isThere = try cursor.next()
            }
        }
    }

    private func learnSends(
        upTo instant: Instant, _ catalog: Catalog, _ recollection: inout Recollection,
        _ transaction: borrowing ReadTransaction
    ) throws {
        try transaction.cursor(tables.sends) { cursor in
            var isThere = try cursor.first()
            while isThere {
                let send = try cursor.withValue { try StoredSend($0) }
                guard send.decidedAt <= instant else { return }
                if send.suppressed == nil {
                    recollection.learnSend(
                        from: try catalog.source(send.source).id, at: send.decidedAt,
                        of: send.partner)
                }
                isThere = try cursor.next()
            }
        }
    }
}
