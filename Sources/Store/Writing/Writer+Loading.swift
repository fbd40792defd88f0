import Core
import Engine
import LMDB
import Wire

/// What a writer reads when it opens, beside the engine: the hash of the open block, and the ids.
extension Writer {
    static func openHash(
        _ tables: Tables, _ head: Head, _ transaction: borrowing ReadTransaction
    ) throws -> BlockHash {
        let block = head.sequence / BlockHash.recordsPerBlock
        var previous: [UInt8] = []
        if block > 0 {
            guard
                let hash = try transaction.value(
                    tables.blocks, Key.number(block - 1), { [UInt8](copying: $0) })
            else { throw StoreError.damaged("the hash of block \(block - 1) is missing") }
            previous = hash
        }
        var hash = BlockHash(after: block * BlockHash.recordsPerBlock, hash: previous)
        try tables.eachRecord(
            after: block * BlockHash.recordsPerBlock, upTo: head.sequence, in: transaction
        ) {
            hash.add($1)
        }
        guard hash.head == head.hash else {
            throw StoreError.damaged("the records after block \(block) do not have their hash")
        }
        return hash
    }

    static func loadIDs(
        _ tables: Tables, _ head: Head, _ transaction: borrowing ReadTransaction
    ) throws -> IDIndex {
        let chunks = try transaction.size(of: tables.fingerprints).entries
        var ids = IDIndex(expecting: chunks * Int(IDIndex.sequencesPerChunk))
        try transaction.cursor(tables.fingerprints) { cursor in
            var isThere = try cursor.first()
            while isThere {
                let chunk = ids.coveredSequence / IDIndex.sequencesPerChunk
                guard cursor.isAt(chunk) else {
                    throw StoreError.damaged("the ids of records are missing in chunk \(chunk)")
                }
                try cursor.withValue { try ids.load(chunk: $0) }
                isThere = try cursor.next()
            }
        }
        try tables.eachRecord(
            after: ids.coveredSequence, upTo: head.sequence, in: transaction
        ) {
            ids.append(try fingerprint(sequence: $0, record: $1))
        }
        return ids
    }

    static func fingerprint(
        sequence: EventSequence, record: Span<UInt8>
    ) throws -> UInt64 {
        var reader = ByteReader()
        let header = try RecordCoding.header(record, &reader)
        guard header.kind == .event else { return 0 }
        let stored = try RecordCoding.event(record, header, sequence: sequence, &reader)
        return IDIndex.fingerprint(record.extracting(stored.id))
    }
}
