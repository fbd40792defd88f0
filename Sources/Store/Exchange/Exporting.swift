import Core
import LMDB
import Wire

/// The log as NDJSON (SPEC 7, `export`). The head is fixed at the beginning, so a writer may go on.
extension Store {
    /// Gives what came from outside to a body, a line for each record in log order: with these another
    /// store comes to the same log.
    ///
    /// - Parameter body: Is given each line with its line feed.
    /// - Throws: ``StoreError``, or what `body` throws.
    public func eachExportLine(_ body: (Span<UInt8>) throws -> Void) throws {
        let (head, json) = try exported()
        var line: [UInt8] = []
        try eachRecord(upTo: head.sequence) { sequence, record in
            line.removeAll(keepingCapacity: true)
            try json.appendInput(record, sequence, to: &line)
            if !line.isEmpty { try body(line.span) }
        }
    }

    /// Gives every record to a body with its stored bytes, after each block a line with its hash, and at
    /// the end the hash over the block that is not full.
    ///
    /// - Parameter body: Is given each line with its line feed.
    /// - Throws: ``StoreError``, or what `body` throws.
    public func eachLogLine(_ body: (Span<UInt8>) throws -> Void) throws {
        let (head, json) = try exported()
        let size = BlockHash.recordsPerBlock
        var line: [UInt8] = []
        try eachRecord(upTo: head.sequence) { sequence, record in
            line.removeAll(keepingCapacity: true)
            try json.appendLogged(record, sequence, to: &line)
            if sequence % size == 0 {
                let block = sequence / size - 1
                let hash = try read { transaction, _ in
                    try transaction.value(tables.blocks, Key.number(block)) {
                        [UInt8](copying: $0)
                    }
                }
                guard let hash else {
                    throw StoreError.damaged("the hash of block \(block) is missing")
                }
                RecordJSON.appendBlock(block, last: sequence, hash, isOpen: false, to: &line)
            }
            try body(line.span)
        }
        line.removeAll(keepingCapacity: true)
        RecordJSON.appendBlock(
            head.sequence / size, last: head.sequence, head.hash, isOpen: true, to: &line)
        try body(line.span)
    }

    private func exported() throws -> (Head, RecordJSON) {
        try read { transaction, head in
            let partners = try TextChunks.read(
                tables.partnerIDs, count: Int(head.partners), in: transaction)
            let catalog = try Catalog(tables, upTo: head.sequence, in: transaction)
            return (head, RecordJSON(partners: partners, catalog: catalog))
        }
    }

    private func eachRecord(
        upTo last: EventSequence, _ body: (EventSequence, Span<UInt8>) throws -> Void
    ) throws {
        var sequence: EventSequence = 0
        try eachRow(of: tables.log, from: Key.number(1 as UInt64)) { key, record in
            guard sequence < last else { return false }
            sequence += 1
            guard key.elementsEqual(Key.number(sequence).span) else {
                throw StoreError.damaged("record \(sequence) is missing")
            }
            do {
                try body(sequence, record)
            } catch let error as WireError {
                throw StoreError.damaged("record \(sequence) can't be read: \(error)")
            }
            return true
        }
        guard sequence == last else {
            throw StoreError.damaged("record \(sequence + 1) is missing")
        }
    }
}
