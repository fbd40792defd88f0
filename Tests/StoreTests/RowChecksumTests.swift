import Foundation
import LMDB
import TestSupport
import Testing

/// What a read says of rows in which a bit was flipped on disk.
@Suite struct RowChecksumTests {
    private static let rows: [(key: [UInt8], value: [UInt8])] = [
        ([1, 2, 3, 4], Array("what a row says".utf8)),
        ([1, 2, 3, 5], []),
        ([1, 2, 3, 6], (0..<250).map { UInt8($0) }),
        // On a page of its own.
        ([1, 2, 3, 7], (0..<6_000).map { UInt8(truncatingIfNeeded: $0 * 7) }),
    ]

    private let directory = FileManager.default.temporaryDirectory
        .appendingPathComponent("muster-\(UUID().uuidString)")

    /// Makes an environment of the rows in a directory, and gives the data file's bytes.
    private func make() throws -> Data {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        do {
            let environment = try Environment(
                directory: directory.path, tablesMax: 1, isReadOnly: false)
            let table = try environment.tables(["things"], creating: true)[0]
            try environment.write { transaction in
                for (key, value) in Self.rows { try transaction.put(table, key, value.span) }
            }
        }
        return try Data(contentsOf: directory.appendingPathComponent("data.mdb"))
    }

    /// What a walk over the rows, and a look at each key, give.
    private func read() throws -> [(key: [UInt8], value: [UInt8])] {
        let environment = try Environment(
            directory: directory.path, tablesMax: 1, isReadOnly: true)
        let table = try environment.tables(["things"], creating: false)[0]
        return try environment.read { transaction in
            var found: [(key: [UInt8], value: [UInt8])] = []
            try transaction.cursor(table) { cursor in
                var isThere = try cursor.first()
                while isThere {
                    found.append(
                        (
                            cursor.withKey { [UInt8](copying: $0) },
                            cursor.withValue { [UInt8](copying: $0) }
                        ))
                    isThere = try cursor.next()
                }
            }
            for (key, value) in found {
                #expect(
                    try transaction.value(table, key) { [UInt8](copying: $0) } == value)
                #expect(try transaction.cursor(table) { try $0.seek(key) })
            }
            return found
        }
    }

    @Test("a key of which the length is damaged is named in short")
    func longKey() throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        var damaged = try make()
        let key = try #require(damaged.range(of: Data(Self.rows[0].key + Self.rows[0].value)))
        // Before a key stands its length: now 512 more.
        damaged[key.lowerBound - 1] ^= 2
        try damaged.write(to: directory.appendingPathComponent("data.mdb"))
        let error = #expect(throws: LMDBError.self) { try read() }
        guard case .damaged(let words) = error, words.count < 200 else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("no flipped bit of a key, a value or a checksum is read over")
    func flippedBits() throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        let sound = try make()
        let found = try read()
        #expect(found.map(\.key) == Self.rows.map(\.key))
        #expect(found.map(\.value) == Self.rows.map(\.value))
        var tried = 0
        for (key, value) in Self.rows {
            let isLong = value.count > 2_000
            // A long value is not beside its key.
            let parts = isLong ? [Data(value)] : [Data(key + value)]
            for part in parts {
                let start = try #require(sound.range(of: part)).lowerBound
                let bits = (part.count + 4) * 8
                for bit in stride(from: 0, to: bits, by: isLong ? 101 : bits > 400 ? 7 : 1) {
                    var damaged = sound
                    damaged[start + bit / 8] ^= 1 << UInt8(bit % 8)
                    try damaged.write(to: directory.appendingPathComponent("data.mdb"))
                    let error = #expect(throws: LMDBError.self) { try read() }
                    guard case .damaged(let words) = error, words.contains("of the table things")
                    else {
                        Issue.record("bit \(bit) of \(key): \(String(describing: error))")
                        return
                    }
                    tried += 1
                }
            }
        }
        #expect(tried > 1_000)
    }
}
