import Foundation
import LMDB
import Store

/// A copy of a store whose rows can be changed behind its back.
final class TamperedStore {
    let directory: String
    static let tables = [
        "log", "blocks", "fingerprints", "partner_ids", "transitions", "checkpoints", "sends",
        "runs", "halts", "definitions", "marks", "states", "texts", "meta",
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
            _ = try Store.open(directory: directory, isReadOnly: true).audit { _, _ in }
            return nil
        } catch let divergence as Divergence {
            return divergence
        }
    }
}

/// A big-endian number in a row.
func number(_ bytes: some Sequence<UInt8>) -> UInt64 {
    bytes.reduce(0) { $0 << 8 | UInt64($1) }
}
