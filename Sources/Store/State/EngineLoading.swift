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
