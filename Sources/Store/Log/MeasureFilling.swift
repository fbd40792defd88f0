import Core
import Engine
import LMDB
import Wire

/// Giving the log's past to measures that definitions have begun to look at.
enum MeasureFilling {
    /// Gives the events before a record, and the sends that the store holds up to the engine's last.
    static func fill(
        _ engine: inout Engine, before end: EventSequence, tables: Tables,
        in transaction: borrowing ReadTransaction
    ) throws {
        try fillEvents(&engine, before: end, tables: tables, in: transaction)
        try fillSends(&engine, tables: tables, in: transaction)
    }

    /// Gives the events before a record.
    static func fillEvents(
        _ engine: inout Engine, before end: EventSequence, tables: Tables,
        in transaction: borrowing ReadTransaction
    ) throws {
        try transaction.cursor(tables.log) { cursor in
            var sequence: EventSequence = 1
            var isThere = try cursor.first()
            while isThere, sequence < end {
                try cursor.withValue { record in
                    var reader = ByteReader()
                    let header = try RecordCoding.header(record, &reader)
                    guard header.kind == .event else { return }
                    let stored = try RecordCoding.event(
                        record, header, sequence: sequence, &reader)
                    guard stored.partner < engine.partners.count else {
                        throw StoreError.damaged("record \(sequence) names an unknown partner")
                    }
                    let event = try decodeEvent(
                        content: record.extracting(stored.content), time: stored.time,
                        texts: &engine.texts)
                    engine.fill(event, partner: stored.partner, sequence: sequence)
                }
                sequence += 1
                isThere = try cursor.next()
            }
        }
    }

    private static func fillSends(
        _ engine: inout Engine, tables: Tables, in transaction: borrowing ReadTransaction
    ) throws {
        try transaction.cursor(tables.sends) { cursor in
            var number: UInt64 = 0
            var isThere = try cursor.first()
            while isThere, number < engine.sendCount {
                try cursor.withValue { row in
                    let send = try StoredSend(row)
                    guard send.partner < engine.partners.count,
                        send.source < engine.registry.sources.count
                    else { throw StoreError.damaged("send \(number) names what is not known") }
                    if send.suppressed == nil {
                        engine.fillSend(
                            source: send.source, partner: send.partner, at: send.decidedAt)
                    }
                }
                number += 1
                isThere = try cursor.next()
            }
        }
    }
}
