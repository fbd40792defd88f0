import LMDB
import Wire

/// Rows of `meta` that are one number.
enum NumberRow {
    static func row(_ number: UInt64) -> [UInt8] { Key.number(number) }

    /// The number of a row of `meta`; nil where there is none.
    ///
    /// - Throws: ``WireError`` where the row is no number.
    static func read(
        _ key: [UInt8], _ tables: Tables, _ transaction: borrowing ReadTransaction
    ) throws -> UInt64? {
        try transaction.value(tables.meta, key) { row in
            guard row.count == 8 else { throw WireError(.invalid("one number"), offset: 0) }
            var reader = ByteReader()
            return try reader.fixed64(row)
        }
    }
}
