import LMDB

extension Store {
    /// Rows read in one transaction: a long one would pin old pages while others write.
    private static var rowsPerStretch: Int { 32_768 }

    /// Reads every row that there is, and compares its checksum.
    ///
    /// - Throws: ``StoreError/damaged(_:)`` with the first row that is not what was written.
    func checkRows() throws {
        try StoreError.translating(writing: false) {
            for table in tables.all {
                var last: [UInt8]? = []
                while let from = last {
                    last = try environment.read { transaction in
                        try transaction.cursor(table.checked(true)) { cursor in
                            try Self.checkRows(from, &cursor)
                        }
                    }
                }
            }
        }
    }

    /// Moves over some rows, from a key on.
    ///
    /// - Returns: The key to go on from; nil at the end.
    private static func checkRows(_ key: [UInt8], _ cursor: inout Cursor) throws -> [UInt8]? {
        guard try key.isEmpty ? cursor.first() : cursor.seek(key) else { return nil }
        for _ in 0..<rowsPerStretch where try !cursor.next() { return nil }
        return cursor.withKey { [UInt8](copying: $0) }
    }
}
