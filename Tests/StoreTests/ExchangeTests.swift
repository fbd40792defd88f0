import Core
import Definitions
import Foundation
import LMDB
import Store
import TestSupport
import Testing
import Wire

/// `export` and `import`: what came from outside makes the same log again, byte for byte.
@Suite struct ExchangeTests {
    private func exported(_ store: Store) throws -> [[UInt8]] {
        var lines: [[UInt8]] = []
        try store.eachExportLine { lines.append([UInt8](copying: $0)) }
        return lines
    }

    private func logged(_ store: Store) throws -> [[UInt8]] {
        var lines: [[UInt8]] = []
        try store.eachLogLine { lines.append([UInt8](copying: $0)) }
        return lines
    }

    /// A random history, now and then under the wall clock, with new rules of the zone in between.
    private func store(seed: UInt64) throws -> StoreProgram {
        let program = RandomProgram(seed: seed)
        var random = SplitMix64(seed: seed &+ 77)
        let stored = try StoreProgram(name: program.name, timezone: program.timezone)
        try stored.makeWriters(count: random.int(in: 1...2))
        let steps = RandomHistory(seed: seed, program: program, eventCount: 90).steps
        var next = 0
        while next < steps.count {
            let batch = steps[next..<min(next + random.pick([1, 4, 25]), steps.count)]
            next = batch.endIndex
            try stored.run(
                batch, flushing: random.chance(20), clock: random.chance(30) ? .wall : .event)
            if random.chance(6) {
                try stored.refreshTimeZone(shiftedBy: random.pick([-3600, 1800]))
            }
            if random.chance(6) { try stored.markRestored() }
        }
        return stored
    }

    @Test(
        "an import has the same log and the same of all that follows",
        arguments: Seeds.chosen(or: 600..<640))
    func roundTrip(seed: UInt64) throws {
        let original = try store(seed: seed)
        #expect(try original.store.audit { _, _ in }.sequence == original.head)
        let lines = try exported(original.store)
        let digest = try original.store.digest()
        let log = try logged(original.store)
        for batch in [3, 100_000] {
            let directory = "\(original.directory)-copy-\(batch)"
            defer { try? FileManager.default.removeItem(atPath: directory) }
            let importer = try Importer(directory: directory, batchEvents: batch)
            for line in lines { try importer.take(line.span.extracting(0..<(line.count - 1))) }
            #expect(try importer.finish().sequence == original.head)
            let copy = try Store.open(directory: directory, isReadOnly: true)
            #expect(try copy.digest() == digest, "seed \(seed)")
            #expect(try logged(copy) == log, "seed \(seed)")
            #expect(try exported(copy) == lines, "seed \(seed)")
            _ = try copy.audit { _, _ in }
        }
    }

    private static func program(
        name: String = "a", currency: String = "USD", timezone: String = "UTC"
    ) -> String {
        #"{"record":"program","name":"\#(name)","currency":"\#(currency)","timezone":"\#(timezone)","initial_offset":0,"changes":[]}"#
    }

    @Test("a program with the longest name that init allows is taken in")
    func longestName() throws {
        let directory = "\(FileManager.default.temporaryDirectory.path)/muster-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let importer = try Importer(directory: directory)
        let line = Self.program(name: String(repeating: "x", count: 255), timezone: "Etc/GMT+5")
        try importer.take(Array(line.utf8).span)
        #expect(try importer.finish().sequence == 1)
    }

    @Test(
        "lines that can't be taken in leave no store",
        arguments: [
            ("", "the line is not JSON: the text ends where a value should be at byte 1"),
            ("segments:", "the line is not JSON: expected a value at byte 1"),
            (
                #"{"record":"clock","record":"clock"}"#,
                #"the key "record" is given twice at byte 19"#
            ),
            (String(repeating: "[", count: 200), "nested too deep at byte 105"),
            ("[]", "an object"), ("{}", "lacks"),
            (#"{"seq":1,"kind":"program","bytes":""}"#, "export --log"),
            (#"{"block":0,"last_seq":1,"open":true,"hash":""}"#, "export --log"),
            (#"{"id":"1","type":"tag.assigned","partner":"p","tag":"x"}"#, "as ingest takes it"),
            (#"{"messageId":"1","type":"track","event":"x"}"#, "as ingest takes it"),
            (#"{"record":"clock","at":"2026-01-01T00:00:00Z"}"#, "first line"),
            (
                #"{"record":"program","name":"a","currency":"USD","timezone":"UTC","initial_offset":0,"changes":[[5,0],[5,1]]}"#,
                "ascend"
            ),
            (
                #"P{"record":"program","name":"a","currency":"USD","timezone":"UTC","initial_offset":0,"changes":[]}"#,
                "one program"
            ),
            (program(name: ""), "1 to 255 bytes"),
            (program(name: String(repeating: "é", count: 128)), "1 to 255 bytes"),
            (program(name: "a\\u0007b"), "no control characters"),
            (program(currency: ""), "three capitals"), (program(currency: "usd"), "three capitals"),
            (program(timezone: ""), "such as America/New_York"),
            (program(timezone: "../UTC"), "such as America/New_York"),
            (#"P{"record":"clock","at":"soon"}"#, "instant"),
            (#"P{"record":"clock","at":"2026-01-01T00:00:00Z","then":1}"#, "then"),
            (#"P{"record":"boundary","at":"2026-01-01T00:00:00Z"}"#, "boundary"),
            (
                #"P{"record":"event","at":"2026-01-01T00:00:00Z","event":{"id":"1","type":"tag.assigned","partner":"p","time":"2026-01-01T00:00:00Z"}}"#,
                "missing_field"
            ),
            (
                #"P{"record":"definitions","changes":[{"kind":"segment","id":"s","version":1,"definition":{"id":"s","match":{"segment":{"any_of":["none"]}}}}]}"#,
                "none"
            ),
            (
                #"P{"record":"definitions","changes":[{"kind":"segment","id":"s","version":2,"definition":{"id":"s","match":{"tag":{"any_of":["x"]}}}}]}"#,
                "version"
            ),
            (
                #"P{"record":"definitions","changes":[{"kind":"segment","id":"t","version":1,"definition":{"id":"s","match":{"tag":{"any_of":["x"]}}}}]}"#,
                "canonical"
            ),
            (#"P{"record":"restore","sends":1}"#, "sends"),
            (
                #"""
                P{"record":"event","at":"2026-01-01T00:00:00Z","event":{"id":"1","type":"tag.assigned","partner":"p","time":"2026-01-01T00:00:00Z","tag":"x"}}
                {"record":"event","at":"2026-01-01T00:00:00Z","event":{"id":"1","type":"tag.assigned","partner":"p","time":"2026-01-01T00:00:00Z","tag":"x"}}
                """#,
                "there already"
            ),
        ])
    func badLines(line: String, words: String) throws {
        let directory = "\(FileManager.default.temporaryDirectory.path)/muster-\(UUID().uuidString)"
        let importer = try Importer(directory: directory)
        var before = line.split(separator: "\n")
        var text = before.popLast() ?? ""
        if line.hasPrefix("P") {
            if before.isEmpty { text.removeFirst() } else { before[0].removeFirst() }
            let program =
                #"{"record":"program","name":"a","currency":"USD","timezone":"UTC","initial_offset":0,"changes":[]}"#
            try importer.take(Array(program.utf8).span)
        }
        for line in before { try importer.take(Array(line.utf8).span) }
        let error = #expect(throws: ImportError.self) { try importer.take(Array(text.utf8).span) }
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        #expect(!FileManager.default.fileExists(atPath: directory))
    }
}
