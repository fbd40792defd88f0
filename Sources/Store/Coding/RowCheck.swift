import LMDB
import Wire

/// Checks at the end of rows that no hash covers and no replay makes again.
///
/// They are what became of sends, and how far sends were handed out: a flipped bit there could mail
/// somebody twice or never (`Schemas/FORMAT.md`, "checks").
enum RowCheck {
    static let byteCount = 4

    /// Appends the check over a row and its key.
    static func append(to row: inout [UInt8], key: [UInt8]) {
        row.append(fixed32: check(key, row.span))
    }

    /// The length of a row without its check.
    ///
    /// - Throws: ``WireError`` where the row is not the one that was written under the key.
    static func length(of row: Span<UInt8>, key: [UInt8]) throws(WireError) -> Int {
        let length = row.count - byteCount
        guard length >= 0 else { throw WireError(.truncated, offset: row.count) }
        var reader = ByteReader(offset: length)
        guard try reader.fixed32(row) == check(key, row.extracting(0..<length)) else {
            throw WireError(.invalid("the row that was written"), offset: length)
        }
        return length
    }

    private static func check(_ key: [UInt8], _ row: Span<UInt8>) -> UInt32 {
        var bytes = key
        bytes.append(bytes: row)
        return UInt32(truncatingIfNeeded: IDIndex.fingerprint(bytes.span))
    }
}

/// Rows of `meta` that are one number.
enum NumberRow {
    static func row(_ number: UInt64, key: [UInt8]) -> [UInt8] {
        var row = Key.number(number)
        RowCheck.append(to: &row, key: key)
        return row
    }

    /// Reads a row.
    ///
    /// - Throws: ``WireError`` where it is not the one that was written under the key.
    static func number(_ row: Span<UInt8>, key: [UInt8]) throws(WireError) -> UInt64 {
        guard try RowCheck.length(of: row, key: key) == 8 else {
            throw WireError(.invalid("one number"), offset: 0)
        }
        var reader = ByteReader()
        return try reader.fixed64(row)
    }

    static func read(
        _ key: [UInt8], _ tables: Tables, _ transaction: borrowing ReadTransaction
    ) throws -> UInt64? {
        try transaction.value(tables.meta, key) { try number($0, key: key) }
    }
}
