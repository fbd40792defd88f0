import Core
import LMDB
import Wire

/// A text table in rows: each holds several texts, its key is the number of the first.
enum TextChunks {
    private static let rowBytesMax = 1_900

    /// The rows of the texts from a number on.
    static func add(
        _ texts: TextTable, from first: Int, of table: Environment.Table, to rows: inout EncodedRows
    ) {
        var value: [UInt8] = []
        var start = first
        for number in first..<max(first, texts.count) {
            value.append(prefixed: texts.name(TextID(number: UInt32(number))).bytes.span)
            if value.count >= rowBytesMax {
                rows.add(to: table, Key.number(UInt32(start)), isLast: true) { $0 += value }
                value.removeAll(keepingCapacity: true)
                start = number + 1
            }
        }
        if !value.isEmpty {
            rows.add(to: table, Key.number(UInt32(start)), isLast: true) { $0 += value }
        }
    }

    /// Reads the first so many texts.
    static func read(
        _ table: Environment.Table, count: Int, in transaction: borrowing ReadTransaction
    ) throws -> TextTable {
        // Rows are full but for those that ended a commit, and a damaged count must not ask for memory.
        let size = try transaction.size(of: table)
        var texts = TextTable(expecting: min(count, size.pages * 4_096))
        var ranges: [Range<Int>] = []
        try transaction.cursor(table) { cursor in
            var isThere = try cursor.first()
            while isThere, texts.count < count {
                try cursor.withValue { row in
                    var reader = ByteReader()
                    ranges.removeAll(keepingCapacity: true)
                    while !reader.isAtEnd(row), texts.count + ranges.count < count {
                        let range = try reader.prefixed(row)
                        _ = texts.prefetchSlot(of: row.extracting(range))
                        ranges.append(range)
                    }
                    for range in ranges { _ = texts.intern(row.extracting(range)) }
                }
                isThere = try cursor.next()
            }
        }
        guard texts.count == count else {
            throw StoreError.damaged("\(texts.count) texts are stored where \(count) should be")
        }
        return texts
    }
}
