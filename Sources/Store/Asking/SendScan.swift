import Core
import Engine
import LMDB

extension Store {
    /// Gives committed sends with their ids to a body, until it returns false.
    ///
    /// Ids are hashes and not stored, so whoever looks for one goes through all sends.
    ///
    /// - Parameters:
    ///   - first: The number of the first send to look at, counting from 0.
    ///   - catalog: The definitions up to the snapshot's head.
    ///   - transaction: The snapshot.
    ///   - body: Is given the stored send, its id and its partner's.
    /// - Throws: ``StoreError``, or what `body` throws.
    func eachSendID(
        from first: UInt64 = 0, _ catalog: Catalog, _ transaction: borrowing ReadTransaction,
        _ body: (StoredSend, _ id: [UInt8], _ partner: Name) throws -> Bool
    ) throws {
        var names = PartnerNames(self)
        try transaction.cursor(tables.sends) { cursor in
            var isThere = try cursor.seek(Key.number(first))
            while isThere {
                let send = try cursor.withValue { try StoredSend($0) }
                let source = try catalog.source(send.source)
                let partner = try names.name(send.partner, transaction)
                let id = SendID.make(
                    program: program.name, kind: source.kind, source: source.id,
                    partner: partner, ordinal: send.ordinal)
                guard try body(send, id, partner) else { return }
                isThere = try cursor.next()
            }
        }
    }

    /// The partner that a send went to; nil where no committed send has the id.
    func partner(
        ofSend id: Name, _ catalog: Catalog, _ transaction: borrowing ReadTransaction
    ) throws -> Name? {
        var found: Name?
        try eachSendID(catalog, transaction) { _, bytes, partner in
            if bytes == id.bytes { found = partner }
            return found == nil
        }
        return found
    }
}
