public import Core
import Engine
import LMDB

/// Whom sends went to, by their ids, for what comes back of them by the thousand.
///
/// Ids are hashes and not stored, so all sends are looked through once, and those decided later when an id
/// is asked for that is not among them yet. Some 50 bytes of memory a send.
public final class SendOwners {
    private struct Owner {
        var partner: PartnerNumber
        var source: SourceNumber
        /// What of the id is not in the key.
        var lastByte: UInt8
    }

    private let store: Store
    private var owners: [UInt128: Owner] = [:]
    private var sources: [Name] = []
    /// How many sends have been looked through.
    private var known: UInt64 = 0

    /// Makes a look-up that has read nothing yet.
    public init(_ store: Store) {
        self.store = store
    }

    /// Tells whom a send went to.
    ///
    /// - Parameter id: The send's id.
    /// - Returns: The partner, and the workflow or automation that decided the send; nil where no
    ///   committed send has the id.
    /// - Throws: ``StoreError``.
    public func owner(of id: [UInt8]) throws -> (partner: Name, source: Name)? {
        guard let key = Self.key(id), let last = id.last else { return nil }
        return try store.read { transaction, head in
            if owners[key] == nil, head.sends > known { try extend(head, transaction) }
            guard let owner = owners[key], owner.lastByte == last else { return nil }
            let partner = try store.partnerNames([owner.partner], transaction)[0]
            return (partner, sources[Int(owner.source)])
        }
    }

    private func extend(_ head: Head, _ transaction: borrowing ReadTransaction) throws {
        let catalog = try Catalog(store.tables, upTo: head.sequence, in: transaction)
        sources = catalog.numbers.sources.map(\.id)
        owners.reserveCapacity(Int(head.sends))
        try store.eachSendID(from: known, catalog, transaction) { send, id, _ in
            if let key = Self.key(id), let last = id.last {
                owners[key] = Owner(partner: send.partner, source: send.source, lastByte: last)
            }
            return true
        }
        known = head.sends
    }

    /// The first 125 bits of an id; nil where it can be none.
    private static func key(_ id: [UInt8]) -> UInt128? {
        guard id.count == 30, id.starts(with: "snd_".utf8) else { return nil }
        var key: UInt128 = 0
        for byte in id[4..<29] {
            guard let digit = SendID.digit(byte) else { return nil }
            key = key << 5 | UInt128(digit)
        }
        return key
    }
}
