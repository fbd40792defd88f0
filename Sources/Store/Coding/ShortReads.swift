import LMDB
import Wire

extension Store {
    /// Rows read in one transaction: a long one would keep a running writer from using old pages
    /// again, and the file would grow.
    private static let rowsPerRead = 4_096

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
