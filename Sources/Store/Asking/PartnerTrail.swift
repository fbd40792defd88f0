import Core
import Engine
import LMDB
import Wire

/// One partner's records and sends, found by its chains instead of a scan of the log: from the heads
/// in its state row, and from the bounded tail of the log behind them.
struct PartnerTrail {
    /// The partner's number in the log.
    let number: PartnerNumber
    /// Everything that happened to the partner, and the sends to it.
    let history: PartnerHistory
    /// The sends in their stored form, as many as the history has.
    let sends: [StoredSend]
    /// Where the partner was a member, and since when, as of an engine time; nil where that is nowhere
    /// stored.
    let memberships: (asOf: Instant, list: [MembershipEntry])?

    /// Follows a partner's chains.
    ///
    /// - Parameters:
    ///   - id: The partner's id.
    ///   - store: The store.
    ///   - head: The snapshot's head.
    ///   - catalog: The definitions up to the head, for the names of sources.
    ///   - texts: Takes in the texts of the events.
    ///   - transaction: The snapshot.
    /// - Throws: ``QuestionError/unknownPartner(_:)``, or ``StoreError``.
    init(
        of id: Name, in store: Store, _ head: Head, _ catalog: Catalog, texts: inout TextTable,
        _ transaction: borrowing ReadTransaction
    ) throws {
        let tables = store.tables
        guard let number = try Self.number(of: id, tables, head, transaction) else {
            throw QuestionError.unknownPartner(id)
        }
        self.number = number
        let mark = try transaction.value(tables.meta, Key.state) { try StateMark($0) }
        let state = try StoredStates(tables: tables).row(of: number, in: transaction) {
            try PartnerStateCoding.read($0)
        }
        var sequences = try Self.tail(of: number, after: mark?.sequence ?? 0, tables, transaction)
        if let state { sequences.append(state.lastSequence) }
        let events = try Self.events(from: sequences, tables, catalog, &texts, transaction)
        let sends = try Self.sends(
            of: number, last: state?.lastSend, after: mark?.sends ?? 0, tables, transaction)
        history = PartnerHistory(
            partner: id, events: events.reversed(),
            sends: try sends.map { number, send in
                let source = try catalog.source(send.source)
                return PartnerHistory.PastSend(
                    id: Name(
                        bytes: SendID.make(
                            program: store.program.name, kind: source.kind, source: source.id,
                            partner: id, ordinal: send.ordinal)),
                    source: PartnerHistory.Source(kind: source.kind, id: source.id),
                    number: number, sequence: send.sequence,
                    decidedAt: send.decidedAt, suppressed: send.suppressed)
            })
        self.sends = sends.map(\.send)
        if let mark, let state {
            memberships = (mark.now, state.memberships)
        } else {
            memberships = nil
        }
    }

    /// A partner's number, from the list of all ids.
    static func number(
        of id: Name, _ tables: Tables, _ head: Head, _ transaction: borrowing ReadTransaction
    ) throws -> PartnerNumber? {
        try transaction.cursor(tables.partnerIDs) { cursor in
            var number: PartnerNumber = 0
            var isThere = try cursor.first()
            while isThere {
                let found = try cursor.withValue { row in
                    var reader = ByteReader()
                    while !reader.isAtEnd(row) {
                        let range = try reader.prefixed(row)
                        if range.count == id.bytes.count,
                            row.extracting(range).elementsEqual(id.bytes.span)
                        {
                            return true
                        }
                        number += 1
                    }
                    return false
                }
                if found { return UInt64(number) < head.partners ? number : nil }
                isThere = try cursor.next()
            }
            return nil
        }
    }

    /// The sequences of a partner's records behind a record, the latest first.
    private static func tail(
        of partner: PartnerNumber, after sequence: EventSequence, _ tables: Tables,
        _ transaction: borrowing ReadTransaction
    ) throws -> [EventSequence] {
        var sequences: [EventSequence] = []
        try transaction.cursor(tables.log) { cursor in
            var next = sequence + 1
            var isThere = try cursor.seek(Key.number(next))
            while isThere {
                let found = try cursor.withValue { try RecordCoding.partner(of: $0) }
                if found == partner { sequences.append(next) }
                next += 1
                isThere = try cursor.next()
            }
        }
        return sequences.reversed()
    }

    /// The events of a partner, the latest first; of the sequences known already the last one is
    /// followed to the partner's first.
    static func events(
        from sequences: [EventSequence], _ tables: Tables, _ catalog: Catalog,
        _ texts: inout TextTable, _ transaction: borrowing ReadTransaction
    ) throws -> [PartnerHistory.PastEvent] {
        var sequences = sequences
        var events: [PartnerHistory.PastEvent] = []
        var index = 0
        while index < sequences.count {
            let sequence = sequences[index]
            index += 1
            let read = try transaction.value(tables.log, Key.number(sequence)) { record in
                try RecordCoding.pastEvent(record, sequence, catalog, &texts)
            }
            guard let read else { throw StoreError.damaged("record \(sequence) is missing") }
            events.append(read.event)
            if index == sequences.count, read.previous > 0 { sequences.append(read.previous) }
        }
        return events
    }

    /// The sends to a partner, in order.
    private static func sends(
        of partner: PartnerNumber, last: UInt64?, after count: UInt64, _ tables: Tables,
        _ transaction: borrowing ReadTransaction
    ) throws -> [(number: UInt64, send: StoredSend)] {
        var last = last
        try transaction.cursor(tables.sends) { cursor in
            var number = count
            var isThere = try cursor.seek(Key.number(number))
            while isThere {
                if try cursor.withValue({ try StoredSend.partner(of: $0) }) == partner {
                    last = number
                }
                number += 1
                isThere = try cursor.next()
            }
        }
        var sends: [(number: UInt64, send: StoredSend)] = []
        while let number = last {
            guard
                let send = try transaction.value(
                    tables.sends, Key.number(number), { try StoredSend($0) }),
                send.partner == partner, send.distance <= number
            else { throw StoreError.damaged("the chain of sends breaks at send \(number)") }
            sends.append((number, send))
            last = send.distance == 0 ? nil : number - send.distance
        }
        return sends.reversed()
    }
}

extension Store {
    /// A send of a partner's history with what has become of it.
    func row(
        of past: PartnerHistory.PastSend, _ send: StoredSend, to partner: Name, _ catalog: Catalog,
        _ transaction: borrowing ReadTransaction
    ) throws -> SendRow {
        var row = try SendRow(send, id: past.id.bytes, to: partner, catalog)
        var obstacles = Obstacles(catalog)
        row.delivery = try obstacles.current(
            Outbox(tables: tables).delivery(of: past.number, transaction), of: send.source)
        return row
    }
}

extension RecordCoding {
    /// The partner that a record is about, if any.
    static func partner(of record: Span<UInt8>) throws -> PartnerNumber? {
        var reader = ByteReader()
        switch try header(record, &reader).kind {
        case .event, .derived: return PartnerNumber(truncatingIfNeeded: try reader.varint(record))
        default: return nil
        }
    }

    /// An event or derived event as questions see it, and the same partner's record before.
    static func pastEvent(
        _ record: Span<UInt8>, _ sequence: EventSequence, _ catalog: Catalog,
        _ texts: inout TextTable
    ) throws -> (event: PartnerHistory.PastEvent, previous: EventSequence) {
        var reader = ByteReader()
        let header = try header(record, &reader)
        switch header.kind {
        case .event:
            let stored = try event(record, header, sequence: sequence, &reader)
            return (
                PartnerHistory.PastEvent(
                    id: Name(bytes: bytes(record, stored.id)), sequence: sequence,
                    engineTime: header.engineTime, source: nil,
                    event: try decodeEvent(
                        content: record.extracting(stored.content), time: stored.time,
                        texts: &texts)), stored.previous
            )
        case .derived:
            let stored = try derived(record, header, sequence: sequence, &reader)
            let source = try catalog.source(stored.source)
            return (
                PartnerHistory.PastEvent(
                    id: Name("muster:\(sequence)"), sequence: sequence,
                    engineTime: header.engineTime,
                    source: PartnerHistory.Source(kind: source.kind, id: source.id),
                    event: try decodeEvent(
                        content: record.extracting(stored.content), time: stored.time,
                        texts: &texts)), stored.previous
            )
        default: throw StoreError.damaged("record \(sequence) is about no partner")
        }
    }
}
