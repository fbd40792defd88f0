public import Core
import Engine
import LMDB
import Wire

/// Stores that go their own way after a backup or an export: they would mail again what was mailed after
/// it, so nothing is delivered until the operator says so (SPEC 8, promise 6).
extension Store {
    /// The latest restore mark, or the head of an import, that was not released; nil where there is none.
    func unreleasedMark(_ transaction: borrowing ReadTransaction) throws -> EventSequence? {
        func number(_ key: [UInt8]) throws -> EventSequence {
            try NumberRow.read(key, tables, transaction) ?? 0
        }
        let restored = try transaction.cursor(tables.marks) { cursor in
            var last: EventSequence = 0
            var isThere = try cursor.first()
            while isThere {
                if cursor.withValue({ [UInt8](copying: $0) })
                    == [RecordCoding.Kind.restore.rawValue]
                {
                    last = try cursor.withKey { try Key.number(of: $0) }
                }
                isThere = try cursor.next()
            }
            return last
        }
        let mark = max(restored, try number(Key.imported))
        return mark > (try number(Key.released)) ? mark : nil
    }
}

extension Store {
    /// Releases what a restore or an import held.
    ///
    /// - Parameter mark: The mark that was told when delivery was refused.
    /// - Throws: ``DeliveryRefusal/held(mark:)`` where another mark holds it,
    ///   ``DeliveryRefusal/nothingHeld`` where none does, or ``StoreError``.
    public func release(_ mark: EventSequence) throws {
        try read { transaction, _ in
            let held = try unreleasedMark(transaction)
            guard let held else { throw DeliveryRefusal.nothingHeld }
            if held != mark { throw DeliveryRefusal.held(mark: held) }
        }
        try StoreError.translating(writing: true) {
            try environment.recoverNewestCommit()
            try environment.write {
                let row = NumberRow.row(mark)
                try $0.put(tables.meta, Key.released, row.span)
            }
        }
    }
}
