import Foundation
import LMDB
import Store
import Testing

/// A copy of a store whose rows can be changed behind its back.
final class TamperedStore {
    let directory: String
    static let tables = [
        "log", "blocks", "fingerprints", "partner_ids", "transitions", "checkpoints", "sends",
        "runs", "halts", "definitions", "marks", "states",
        "state_layers", "texts", "meta",
    ]

    /// One row of a table.
    struct Row {
        var key: [UInt8]
        var value: [UInt8]
    }

    /// Copies a store that nobody writes to at the moment.
    init(copying original: String) throws {
        directory = "\(original)-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: false)
        try FileManager.default.copyItem(
            atPath: "\(original)/data.mdb", toPath: "\(directory)/data.mdb")
    }

    deinit {
        try? FileManager.default.removeItem(atPath: directory)
    }

    private func write(
        _ table: String, _ body: (Environment.Table, borrowing WriteTransaction) throws -> Void
    ) throws {
        let environment = try Environment(
            directory: directory, tablesMax: Self.tables.count, isReadOnly: false)
        let handle = try environment.tables([table], creating: false)[0]
        try environment.write { try body(handle, $0) }
    }

    /// Changes the data file itself.
    func change(_ body: (inout Data) throws -> Void) throws {
        let file = URL(fileURLWithPath: "\(directory)/data.mdb")
        var bytes = try Data(contentsOf: file)
        try body(&bytes)
        try bytes.write(to: file)
    }

    /// All rows of a table in order.
    func rows(_ table: String) throws -> [Row] {
        let environment = try Environment(
            directory: directory, tablesMax: Self.tables.count, isReadOnly: true)
        let handle = try environment.tables([table], creating: false)[0]
        return try environment.read { transaction in
            try transaction.cursor(handle) { cursor in
                var rows: [Row] = []
                var isThere = try cursor.first()
                while isThere {
                    rows.append(
                        Row(
                            key: cursor.withKey { [UInt8](copying: $0) },
                            value: cursor.withValue { [UInt8](copying: $0) }))
                    isThere = try cursor.next()
                }
                return rows
            }
        }
    }

    /// All rows of a table that anything hangs on: a partner's state in a newer layer stands for the older
    /// ones.
    func rowsThatCount(_ table: String) throws -> [Row] {
        guard table == "states" || table == "state_layers" else { return try rows(table) }
        var newest: [ArraySlice<UInt8>: [UInt8]] = [:]
        for row in try rows("states") + rows("state_layers") { newest[row.key.suffix(4)] = row.key }
        return try rows(table).filter { newest[$0.key.suffix(4)] == $0.key }
    }

    func put(_ table: String, _ row: Row) throws {
        try write(table) { try $1.put($0, row.key, row.value.span) }
    }

    func remove(_ table: String, _ key: [UInt8]) throws {
        try write(table) { try $1.remove($0, key) }
    }

    /// The first difference that an audit finds; nil where it finds none.
    ///
    /// - Throws: What keeps the audit from being made.
    func divergence() throws -> Divergence? {
        do {
            let store = try Store.open(
                directory: directory, isReadOnly: true, comparesChecksums: false)
            _ = try store.audit { _, _ in }
            return nil
        } catch let divergence as Divergence {
            return divergence
        }
    }
}

/// A directory with a program's first record alone, in a format that had no other tables.
func writeStoreOfAnotherFormat(_ version: UInt8, like original: StoreProgram) throws -> String {
    let copy = try TamperedStore(copying: original.directory)
    let directory = "\(original.directory)/other"
    try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: false)
    var record = try copy.rows("log")[0]
    let head = try #require(try copy.rows("meta").first { $0.key == Array("head".utf8) })
    let name = [UInt8(4)] + Array("acme".utf8)
    let place = record.value.indices.first { record.value[$0...].dropFirst().starts(with: name) }
    record.value[try #require(place)] = version
    let environment = try Environment(directory: directory, tablesMax: 2, isReadOnly: false)
    let tables = try environment.tables(["log", "meta"], creating: true)
    try environment.write { transaction in
        try transaction.put(tables[0], record.key, record.value.span)
        try transaction.put(tables[1], head.key, head.value.span)
    }
    return directory
}

/// A big-endian number in a row.
func number(_ bytes: some Sequence<UInt8>) -> UInt64 {
    bytes.reduce(0) { $0 << 8 | UInt64($1) }
}
