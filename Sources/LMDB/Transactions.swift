import CLMDB

/// What can be read of, whether it can be written to or not.
public protocol Transaction: ~Copyable {
    /// LMDB's own.
    var handle: TransactionHandle { get }
}

/// LMDB's own transaction.
public struct TransactionHandle {
    let pointer: OpaquePointer
}

/// The size of a table.
public struct TableSize: Sendable {
    /// How many entries it has.
    public var entries: Int
    /// How many pages hold its keys and values; those that lead there are not counted.
    public var pages: Int
}

extension Transaction where Self: ~Copyable {
    /// Gives the value of a key to a body, or returns nil where there is none.
    public func value<Result>(
        _ table: Environment.Table, _ key: [UInt8], _ body: (Span<UInt8>) throws -> Result
    ) throws -> Result? {
        let found: MDB_val? = try key.withUnsafeBytes { bytes in
            var key = MDB_val(
                mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
            var row = MDB_val()
            let code = mdb_get(handle.pointer, table.handle, &key, &row)
            if code == MDB_NOTFOUND { return nil }
            try LMDBError.check(code, "get")
            return try RowChecksum.value(of: row, key: key, in: table)
        }
        return try found.map { try withSpan($0, body) }
    }

    /// Gives a cursor over a table to a body.
    public func cursor<Result>(
        _ table: Environment.Table, _ body: (inout Cursor) throws -> Result
    ) throws -> Result {
        var cursor = try Cursor(handle.pointer, table)
        return try body(&cursor)
    }

    /// How large a table is, with what the transaction itself has changed.
    ///
    /// - Throws: ``LMDBError/damaged(_:)`` where that is more than the map can hold, so that room can be made
    ///   for as much.
    public func size(of table: Environment.Table) throws -> TableSize {
        var stat = MDB_stat()
        var info = MDB_envinfo()
        mdb_stat(handle.pointer, table.handle, &stat)
        mdb_env_info(mdb_txn_env(handle.pointer), &info)
        let pageBytes = Int(stat.ms_psize)
        let most = 0...info.me_mapsize / pageBytes
        // An entry takes 8 bytes and 2 for its place, and what its key and value need.
        guard most.contains(stat.ms_leaf_pages), most.contains(stat.ms_overflow_pages),
            0...stat.ms_leaf_pages * pageBytes / 10 ~= stat.ms_entries
        else { throw LMDBError.damaged("a table notes more than there can be of it") }
        return TableSize(
            entries: stat.ms_entries, pages: stat.ms_leaf_pages + stat.ms_overflow_pages)
    }
}

/// A snapshot of the environment: it sees whole commits only.
public struct ReadTransaction: Transaction, ~Copyable {
    /// LMDB's own.
    public let handle: TransactionHandle

    init(handle: OpaquePointer) {
        self.handle = TransactionHandle(pointer: handle)
    }

    deinit {
        mdb_txn_abort(handle.pointer)
    }
}

/// A transaction that changes the environment, all of it or nothing.
public struct WriteTransaction: Transaction, ~Copyable {
    /// LMDB's own.
    public let handle: TransactionHandle

    init(handle: OpaquePointer) {
        self.handle = TransactionHandle(pointer: handle)
    }

    /// Sets the value of a key.
    public func put(_ table: Environment.Table, _ key: [UInt8], _ value: Span<UInt8>) throws {
        try put(table, key, value, flags: 0)
    }

    /// Appends a key that is greater than all others of the table.
    public func append(_ table: Environment.Table, _ key: [UInt8], _ value: Span<UInt8>) throws {
        try put(table, key, value, flags: UInt32(MDB_APPEND))
    }

    private func put(
        _ table: Environment.Table, _ key: [UInt8], _ value: Span<UInt8>, flags: UInt32
    ) throws {
        let code = key.withUnsafeBytes { bytes in
            var key = MDB_val(
                mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
            var place = MDB_val(mv_size: value.count + RowChecksum.byteCount, mv_data: nil)
            let code = mdb_put(
                handle.pointer, table.handle, &key, &place, flags | UInt32(MDB_RESERVE))
            guard code == 0 else { return code }
            value.withUnsafeBytes { RowChecksum.write($0, key: bytes, to: place.mv_data) }
            return code
        }
        try LMDBError.check(code, "put")
    }

    /// Removes a key, if it is there.
    public func remove(_ table: Environment.Table, _ key: [UInt8]) throws {
        let code = key.withUnsafeBytes { key in
            var key = MDB_val(
                mv_size: key.count, mv_data: UnsafeMutableRawPointer(mutating: key.baseAddress))
            return mdb_del(handle.pointer, table.handle, &key, nil)
        }
        if code != MDB_NOTFOUND { try LMDBError.check(code, "remove") }
    }

    /// Removes all keys of a table.
    public func removeAll(_ table: Environment.Table) throws {
        try LMDBError.check(mdb_drop(handle.pointer, table.handle, 0), "empty a table")
    }
}

/// A position in a table, in key order; valid inside its transaction only.
public struct Cursor: ~Copyable {
    private let handle: OpaquePointer
    private let table: Environment.Table
    private var currentKey = MDB_val()
    private var currentValue = MDB_val()

    init(_ transaction: OpaquePointer, _ table: Environment.Table) throws {
        self.table = table
        var opened: OpaquePointer?
        try LMDBError.check(mdb_cursor_open(transaction, table.handle, &opened), "open a cursor")
        guard let opened else {
            throw LMDBError.system(operation: "open a cursor", message: "no handle")
        }
        handle = opened
    }

    deinit {
        mdb_cursor_close(handle)
    }

    private mutating func move(_ operation: MDB_cursor_op) throws -> Bool {
        var row = MDB_val()
        let code = mdb_cursor_get(handle, &currentKey, &row, operation)
        if code == MDB_NOTFOUND { return false }
        try LMDBError.check(code, "move a cursor")
        currentValue = try RowChecksum.value(of: row, key: currentKey, in: table)
        return true
    }

    /// Moves to the first entry; false where there is none.
    public mutating func first() throws -> Bool { try move(MDB_FIRST) }

    /// Moves to the last entry; false where there is none.
    public mutating func last() throws -> Bool { try move(MDB_LAST) }

    /// Moves one entry on; false at the end.
    public mutating func next() throws -> Bool { try move(MDB_NEXT) }

    /// Moves one entry back; false at the beginning.
    public mutating func previous() throws -> Bool { try move(MDB_PREV) }

    /// Moves to the first entry whose key is not less than the given one; false where there is none.
    public mutating func seek(_ key: [UInt8]) throws -> Bool {
        var row = MDB_val()
        let code = key.withUnsafeBytes { key in
            currentKey = MDB_val(
                mv_size: key.count, mv_data: UnsafeMutableRawPointer(mutating: key.baseAddress))
            return mdb_cursor_get(handle, &currentKey, &row, MDB_SET_RANGE)
        }
        if code == MDB_NOTFOUND { return false }
        try LMDBError.check(code, "seek")
        currentValue = try RowChecksum.value(of: row, key: currentKey, in: table)
        return true
    }

    /// Moves to the last entry whose key is not greater than the given one; false where there is none.
    public mutating func seekLast(notAfter key: [UInt8]) throws -> Bool {
        guard try seek(key) else { return try last() }
        return try withKey { Array(copying: $0) == key } || previous()
    }

    /// Gives the current key to a body.
    public func withKey<Result>(_ body: (Span<UInt8>) throws -> Result) rethrows -> Result {
        try withSpan(currentKey, body)
    }

    /// Gives the current value to a body.
    public func withValue<Result>(_ body: (Span<UInt8>) throws -> Result) rethrows -> Result {
        try withSpan(currentValue, body)
    }
}

extension [UInt8] {
    /// The bytes of a span in an array of their own.
    public init(copying span: Span<UInt8>) {
        self = span.withUnsafeBufferPointer { [UInt8]($0) }
    }
}

private func withSpan<Result>(
    _ value: MDB_val, _ body: (Span<UInt8>) throws -> Result
) rethrows -> Result {
    let buffer = UnsafeRawBufferPointer(start: value.mv_data, count: value.mv_size)
    return try buffer.withMemoryRebound(to: UInt8.self) { try body($0.span) }
}
