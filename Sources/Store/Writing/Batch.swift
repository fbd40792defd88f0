import Core
import LMDB

/// Everything that one commit stores, in its stored form: storing it takes no engine, and so can go on
/// beside one (SPEC 8, promise 2).
struct Batch: Sendable {
    /// The working state, where it is stored beside the log.
    struct StateChange: Sendable {
        var mark: StateMark
        var states: ChangedStates
        /// Nil is the way that writes the fewest pages.
        var flush: StateFlush?
    }

    /// Where the store has to stand before.
    var before: Head
    /// Where it stands then.
    var after: Head
    var records: PendingRecords
    /// What follows from the records.
    var rows = EncodedRows()
    var state: StateChange?
    /// Numbers of the sends whose results have become records.
    var resultsTaken: [UInt64] = []
    /// What is told of the commit.
    var commit: Writer.Commit

    /// Stores it durably, all or nothing.
    ///
    /// - Parameters:
    ///   - store: The store, whose pen the caller has.
    ///   - also: What else belongs into the same transaction; it sees the rows.
    /// - Throws: ``StoreError``, or what `also` throws.
    func write(
        to store: Store, also: ((borrowing WriteTransaction) throws -> Void)? = nil
    ) throws {
        let tables = store.tables
        try StoreError.translating(writing: true) {
            try store.environment.write { transaction in
                let stored = try transaction.value(tables.meta, Key.head) { [UInt8](copying: $0) }
                guard stored == before.row else {
                    throw StoreError.damaged("the log's head is not the one this writer builds on")
                }
                try records.write(tables, transaction)
                try rows.write(transaction)
                try Outbox(tables: tables).removeResults(resultsTaken, transaction)
                try also?(transaction)
                try transaction.put(tables.meta, Key.head, after.row.span)
                guard let state else { return }
                try StoredStates(tables: tables).put(
                    state.states, as: state.flush, in: transaction)
                try transaction.put(tables.meta, Key.state, state.mark.row.span)
            }
        }
    }
}
