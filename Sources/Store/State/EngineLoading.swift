import Core
import Engine
import LMDB
import Wire

/// An engine at the log's head, from the stored working state and the tail of the log behind it.
struct LoadedEngine {
    var engine: Engine
    var head: Head
    /// The working state's sequence that is stored; 0 where none is.
    var stateMark: StateMark?

    /// Loads an engine from one snapshot.
    ///
    /// - Throws: ``StoreError/damaged(_:)`` where the tail does not do again what it did.
    init(_ store: Store, in transaction: borrowing ReadTransaction) throws {
        let tables = store.tables
        head = try store.head(transaction)
        stateMark = try transaction.value(tables.meta, Key.state) { try StateMark($0) }
        if let mark = stateMark {
            engine = try Self.restore(mark, store, transaction)
        } else {
            engine = Engine(programName: store.program.name, zone: store.program.zone)
        }
        var replay = Replay(tables: tables)
        try replay.run(&engine, upTo: head.sequence, in: transaction) { _, _ in }
        try replay.finish()
        guard engine.now == head.now, engine.sendCount == head.sends else {
            throw StoreError.damaged(
                "the log's tail leads to \(engine.sendCount) sends where \(head.sends) are stored")
        }
        engine.effects.removeAll()
    }

    private static func restore(
        _ mark: StateMark, _ store: Store, _ transaction: borrowing ReadTransaction
    ) throws -> Engine {
        let tables = store.tables
        let texts = try TextChunks.read(tables.texts, count: Int(mark.texts), in: transaction)
        let partnerIDs = try TextChunks.read(
            tables.partnerIDs, count: Int(mark.partners), in: transaction)
        let definitions = try DefinitionHistory.read(
            tables, upTo: mark.sequence, in: transaction)
        let stored = Engine.StoredState(
            now: mark.now, sequence: mark.sequence, isInHistory: mark.isInHistory,
            sendCount: mark.sends, texts: texts, partnerIDs: partnerIDs,
            definitions: definitions)
        let zone = try ZoneHistory.rules(
            at: mark.sequence, founding: store.program.zone, tables, transaction)
        var engine = Engine(restoring: stored, programName: store.program.name, zone: zone)
        try StoredStates(tables: tables).note(mark.partners, to: &engine, in: transaction)
        return engine
    }
}

/// The definition records of a log, which a table of their sequences finds.
enum DefinitionHistory {
    /// The last definition record; 0 where there is none.
    static func last(
        _ tables: Tables, _ transaction: borrowing ReadTransaction
    ) throws -> EventSequence {
        try transaction.cursor(tables.definitions) { cursor in
            guard try cursor.last() else { return 0 }
            return try cursor.withKey { key in
                var reader = ByteReader()
                return try reader.fixed64(key)
            }
        }
    }

    static func read(
        _ tables: Tables, upTo last: EventSequence, in transaction: borrowing ReadTransaction
    ) throws -> [(changes: [DefinitionChange], at: Instant)] {
        try records(tables, upTo: last, in: transaction).map { record in
            (try record.changes.map { try $0.decoded() }, record.at)
        }
    }

    /// Sequence, engine time and changes in canonical form of each record.
    static func records(
        _ tables: Tables, upTo last: EventSequence, in transaction: borrowing ReadTransaction
    ) throws -> [(sequence: EventSequence, at: Instant, changes: [CanonicalChange])] {
        var sequences: [EventSequence] = []
        try transaction.cursor(tables.definitions) { cursor in
            var isThere = try cursor.first()
            while isThere {
                try cursor.withKey { key in
                    var reader = ByteReader()
                    sequences.append(try reader.fixed64(key))
                }
                isThere = try cursor.next()
            }
        }
        return try sequences.filter { $0 <= last }.map { sequence in
            let record = try transaction.value(tables.log, Key.number(sequence)) { record in
                var reader = ByteReader()
                let header = try RecordCoding.header(record, &reader)
                guard header.kind == .definitions else {
                    throw StoreError.damaged("record \(sequence) should hold definitions")
                }
                let changes = try RecordCoding.changes(record, &reader)
                return (sequence: sequence, at: header.engineTime, changes: changes)
            }
            guard let record else { throw StoreError.damaged("record \(sequence) is missing") }
            return record
        }
    }
}
