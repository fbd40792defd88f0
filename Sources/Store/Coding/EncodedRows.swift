import LMDB

/// Rows of any tables in their stored form, in the order in which they are to be written.
struct EncodedRows: Sendable {
    private struct Row {
        var table: Environment.Table
        var key: [UInt8]
        /// Where its value ends; it begins where the one before ends.
        var end: Int
        var isLast: Bool
    }

    private var rows: [Row] = []
    private var values: [UInt8] = []

    /// Adds a row.
    ///
    /// - Parameters:
    ///   - table: Its table.
    ///   - key: Its key.
    ///   - isLast: Whether the key is greater than all others of the table.
    ///   - appendValue: Appends its value.
    mutating func add(
        to table: Environment.Table, _ key: [UInt8], isLast: Bool = false,
        _ appendValue: (inout [UInt8]) -> Void
    ) {
        appendValue(&values)
        rows.append(Row(table: table, key: key, end: values.count, isLast: isLast))
    }

    func write(_ transaction: borrowing WriteTransaction) throws {
        var start = 0
        for row in rows {
            let value = values.span.extracting(start..<row.end)
            if row.isLast {
                try transaction.append(row.table, row.key, value)
            } else {
                try transaction.put(row.table, row.key, value)
            }
            start = row.end
        }
    }
}
