import Core
import Engine
import LMDB
import Wire

/// What finds records and partners: fingerprints of event ids, ids of partners, and the lists of
/// definition records, zone records and restore marks.
struct IndexAudit {
    private var fingerprints: [UInt64] = []
    private var nextChunk: UInt64 = 0
    /// The first chunk that was not stored when its turn came: writers that need no ids leave chunks to
    /// the next one that does.
    private var missingChunk: UInt64?
    private var nextPartner: PartnerNumber = 0
    private var definitions = SequenceList()
    private var marks = SequenceList()

    /// Notes a record that the replay was fed.
    mutating func add(_ sequence: EventSequence, _ record: Span<UInt8>) throws {
        fingerprints.append(try Writer.fingerprint(sequence: sequence, record: record))
        switch RecordCoding.Kind(rawValue: record[0]) {
        case .definitions: definitions.add(sequence, [])
        case .timezone, .restore: marks.add(sequence, [record[0]])
        default: break
        }
    }

    /// Compares what was noted since the last call.
    mutating func check(
        _ engine: Engine, _ tables: Tables, _ transaction: borrowing ReadTransaction
    ) throws -> Divergence? {
        let found = [
            try checkFingerprints(tables, transaction),
            try checkPartners(engine, tables, transaction),
            try definitions.check(
                .definitions, upTo: engine.sequence, tables.definitions, transaction),
            try marks.check(.mark, upTo: engine.sequence, tables.marks, transaction),
        ].compactMap { $0 }
        return found.min { $0.precedes($1) }
    }

    private mutating func checkFingerprints(
        _ tables: Tables, _ transaction: borrowing ReadTransaction
    ) throws -> Divergence? {
        let size = Int(IDIndex.sequencesPerChunk)
        while fingerprints.count >= size {
            let first = nextChunk * IDIndex.sequencesPerChunk + 1
            let row = try transaction.value(tables.fingerprints, Key.number(nextChunk)) {
                [UInt8](copying: $0)
            }
            if let row {
                // A chunk may have come between: then those before it did too.
                if let missing = missingChunk {
                    let isThere = try transaction.value(
                        tables.fingerprints, Key.number(missing)
                    ) { _ in true }
                    guard isThere == true else {
                        return Divergence(
                            .fingerprint, missing * IDIndex.sequencesPerChunk + 1,
                            expected: "fingerprints of \(size) records", found: "nothing")
                    }
                    missingChunk = nil
                }
                var reader = ByteReader()
                for offset in 0..<size {
                    let found = try? reader.fixed64(row.span)
                    guard found == fingerprints[offset] else {
                        return Divergence(
                            .fingerprint, first + UInt64(offset),
                            expected: "fingerprint \(fingerprints[offset])",
                            found: found.map { "\($0)" } ?? "a row that ends")
                    }
                }
                guard reader.isAtEnd(row.span) else {
                    return Divergence(
                        .fingerprint, first + UInt64(size) - 1, expected: "nothing more",
                        found: "a longer row")
                }
            } else if missingChunk == nil {
                missingChunk = nextChunk
            }
            fingerprints.removeFirst(size)
            nextChunk += 1
        }
        return nil
    }

    private mutating func checkPartners(
        _ engine: Engine, _ tables: Tables, _ transaction: borrowing ReadTransaction
    ) throws -> Divergence? {
        let count = PartnerNumber(engine.partnerIDs.count)
        guard nextPartner < count else { return nil }
        func differs(_ number: PartnerNumber, _ found: String) throws -> Divergence {
            let id = engine.partnerIDs.name(TextID(number: number))
            return Divergence(
                .partnerID,
                try firstRecord(of: number, engine, tables, transaction), partner: id,
                expected: "partner number \(number) to be \(id)", found: found)
        }
        return try transaction.cursor(tables.partnerIDs) { cursor in
            var isThere = try cursor.seekLast(notAfter: Key.number(nextPartner))
            while nextPartner < count {
                guard isThere else { return try differs(nextPartner, "nothing") }
                var keyReader = ByteReader()
                guard var number = try? cursor.withKey({ try keyReader.fixed32($0) }) else {
                    return try differs(nextPartner, "a key that can't be read")
                }
                let start = nextPartner
                let fault = cursor.withValue { row -> String? in
                    var reader = ByteReader()
                    while !reader.isAtEnd(row), nextPartner < count {
                        guard let range = try? reader.prefixed(row) else {
                            return "ids that can't be read"
                        }
                        if number == nextPartner {
                            let id = engine.partnerIDs.name(TextID(number: number))
                            guard row.extracting(range).elementsEqual(id.bytes.span) else {
                                return String(
                                    decoding: RecordCoding.bytes(row, range), as: UTF8.self)
                            }
                            nextPartner += 1
                        }
                        number += 1
                    }
                    return nil
                }
                if let fault { return try differs(nextPartner, fault) }
                guard nextPartner > start else { return try differs(nextPartner, "nothing") }
                isThere = try cursor.next()
            }
            return nil
        }
    }

    /// The record that brought a partner in, at the end of the partner's chain.
    private func firstRecord(
        of partner: PartnerNumber, _ engine: Engine, _ tables: Tables,
        _ transaction: borrowing ReadTransaction
    ) throws -> EventSequence {
        var sequence = engine.partners[Int(partner)].lastSequence
        while true {
            let previous = try transaction.value(tables.log, Key.number(sequence)) { record in
                var reader = ByteReader(offset: RecordCoding.headerBytes)
                return try RecordCoding.chain(record, sequence, &reader).1
            }
            guard let previous, previous > 0 else { return sequence }
            sequence = previous
        }
    }
}

/// A table that lists the sequences of some kinds of records.
private struct SequenceList {
    private var expected: [(sequence: EventSequence, value: [UInt8])] = []
    private var next: EventSequence = 0

    /// Notes a record that has to be listed.
    mutating func add(_ sequence: EventSequence, _ value: [UInt8]) {
        expected.append((sequence, value))
    }

    /// Compares what was noted since the last call, and sees that no other record is listed.
    mutating func check(
        _ subject: Divergence.Subject, upTo last: EventSequence, _ table: Environment.Table,
        _ transaction: borrowing ReadTransaction
    ) throws -> Divergence? {
        try transaction.cursor(table) { cursor in
            var isThere = try cursor.seek(Key.number(next))
            for (sequence, value) in expected {
                let found = isThere ? cursor.withKey { Self.number($0) } : nil
                guard found == sequence, cursor.withValue({ $0.elementsEqual(value.span) }) else {
                    return Divergence(
                        subject, min(sequence, found ?? sequence),
                        expected: "record \(sequence) to be listed next",
                        found: found.map { "record \($0)" } ?? "nothing")
                }
                isThere = try cursor.next()
            }
            expected.removeAll()
            next = last + 1
            let found = isThere ? cursor.withKey { Self.number($0) } : nil
            guard let found, found <= last else { return nil }
            return Divergence(
                subject, found, expected: "no record to be listed", found: "record \(found)")
        }
    }

    private static func number(_ key: Span<UInt8>) -> UInt64 {
        var number: UInt64 = 0
        for index in key.indices { number = number << 8 | UInt64(key[index]) }
        return number
    }
}
