import LMDB
import Wire

extension Store {
    /// Rows read in one transaction: a long one would keep a running writer from using old pages
    /// again, and the file would grow.
    static let rowsPerRead = 4_096

    /// Gives rows to a body that are put together from several tables, in stretches that grow: each is
    /// read in a transaction of its own, and none is open while the body runs.
    ///
    /// - Parameters:
    ///   - first: The number of the first row.
    ///   - end: The number behind the last one, which is in the store already.
    ///   - read: Gives rows from a number on, as many as the limit says at most, and the number behind the
    ///     last one that it looked at.
    ///   - body: Is given each row; false ends it.
    /// - Throws: ``StoreError``, or what `read` or `body` throws.
    func eachRow<Row>(
        from first: UInt64, to end: UInt64,
        reading read: (UInt64, _ limit: Int, borrowing ReadTransaction) throws -> ([Row], UInt64),
        _ body: (Row) throws -> Bool
    ) throws {
        var next = first
        var limit = 64
        while next < end {
            let (rows, behind) = try self.read { transaction, _ in
                try read(next, limit, transaction)
            }
            for row in rows { guard try body(row) else { return } }
            guard behind > next else { return }
            next = behind
            limit = min(limit * 4, Self.rowsPerRead)
        }
    }

    /// Gives the rows of a table that only grows to a body, in key order.
    ///
    /// Rows are copied out of short transactions; none is open while the body runs, which may wait for
    /// whoever reads its output.
    ///
    /// - Parameters:
    ///   - table: A table whose rows are never changed or removed.
    ///   - key: The first key that is wanted.
    ///   - body: Is given key and value; false ends it.
    /// - Throws: ``StoreError``, or what `body` throws.
    func eachRow(
        of table: Environment.Table, from key: [UInt8],
        _ body: (_ key: Span<UInt8>, _ value: Span<UInt8>) throws -> Bool
    ) throws {
        var next: [UInt8]? = key
        var bytes: [UInt8] = []
        var rows: [(keyEnd: Int, valueEnd: Int)] = []
        while let start = next {
            bytes.removeAll(keepingCapacity: true)
            rows.removeAll(keepingCapacity: true)
            next = try read { transaction, _ in
                try transaction.cursor(table) { cursor in
                    var isThere = try cursor.seek(start)
                    while isThere, rows.count < Self.rowsPerRead {
                        cursor.withKey { bytes.append(bytes: $0) }
                        let keyEnd = bytes.count
                        cursor.withValue { bytes.append(bytes: $0) }
                        rows.append((keyEnd, bytes.count))
                        isThere = try cursor.next()
                    }
                    return isThere ? cursor.withKey { [UInt8](copying: $0) } : nil
                }
            }
            var begin = 0
            for row in rows {
                let wantsMore = try body(
                    bytes.span.extracting(begin..<row.keyEnd),
                    bytes.span.extracting(row.keyEnd..<row.valueEnd))
                guard wantsMore else { return }
                begin = row.valueEnd
            }
        }
    }
}
