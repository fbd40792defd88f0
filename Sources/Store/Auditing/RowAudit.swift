import LMDB

extension Store {
    /// Reads every row that there is, and compares its checksum; in short transactions, so that no old pages are
    /// kept while others write.
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
        for _ in 0..<rowsPerRead where try !cursor.next() { return nil }
        return cursor.withKey { [UInt8](copying: $0) }
    }
}
