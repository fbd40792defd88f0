import Core
import Engine
import LMDB

extension Engine {
    /// Puts changes in force in an engine at the log's head alone, as if they were applied.
    ///
    /// - Throws: ``StoreError``, or what reading the log throws.
    mutating func tryOut(
        _ changes: [CanonicalChange], _ tables: Tables, in transaction: borrowing ReadTransaction
    ) throws {
        let states = StoredStates(tables: tables)
        try define(try changes.map { try $0.decoded() }) {
            try states.state(of: $0, in: transaction)
        } filling: {
            try MeasureFilling.fill(&$0, before: $0.sequence, tables: tables, in: transaction)
        }
    }
}
