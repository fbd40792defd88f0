import Foundation
import Testing

/// `backup` and `restore` (SPEC 7 and 8).
struct BackupTests {
    @Test("A backup of a busy store, restored and fed everything again, comes to the same")
    func whileIngesting() throws {
        let lines = Campaign.history(seed: 31, count: 3_000)
        let whole = try Sandbox(Campaign.definitions)
        try whole.must("ingest", input: Campaign.text(lines))
        let digest = try whole.must("digest")

        let sandbox = try Sandbox(Campaign.definitions)
        let ingest = try sandbox.start("ingest", "--emit", "acks")
        for start in stride(from: 0, to: lines.count, by: 250) {
            ingest.send(Campaign.text(lines[start..<(start + 250)]))
            _ = try ingest.line()
            if start == 1_000 {
                try sandbox.must("backup", "backups")
                let outcome = try sandbox.muster("backup", "backups")
                #expect(outcome.status == 73)
            }
        }
        #expect(try ingest.finish().status == 0)
        #expect(try sandbox.must("digest") == digest)

        let backup = try sandbox.bytes("backups/data.mdb")
        let mark = try sandbox.must("restore", "backups", "--store", "restored")
        #expect(Int(mark.dropLast()).map { $0 > 1_000 && $0 < 3_000 } == true)
        #expect(try sandbox.bytes("backups/data.mdb") == backup, "the backup was changed")
        let log = try sandbox.must("export", "--log", "--store", "restored")
        #expect(log.contains(#"{"seq":\#(mark.dropLast()),"kind":"restore","#))
        #expect(
            try sandbox.must("digest", "--store", "restored")
                == sandbox.must("digest", "--store", "backups"))
        #expect(try sandbox.muster("audit", "--store", "restored").status == 0)
        try sandbox.must("ingest", "--store", "restored", input: Campaign.text(lines))
        #expect(try sandbox.must("digest", "--store", "restored") == digest)
        #expect(try sandbox.muster("audit", "--store", "restored").status == 0)
        try sandbox.must("export", "--store", "restored")
        #expect(try sandbox.muster("restore", "backups", "--store", "restored").status == 73)
        #expect(try sandbox.muster("restore", "nowhere", "--store", "other").status == 66)
    }

    @Test("A restore mark does not end history")
    func history() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        try sandbox.must(
            "ingest", "--history", input: address("1", "p1", at: "2026-03-01T10:00:00Z"))
        try sandbox.must("backup", "backups")
        try sandbox.must("restore", "--no-audit", "backups", "--store", "restored")
        try sandbox.must(
            "ingest", "--history", "--store", "restored",
            input: tag("2", "p1", "vip", at: "2026-03-01T10:30:00Z"))
        #expect(try sandbox.must("sends", "--store", "restored").hasSuffix("\thistory\n"))
        #expect(try sandbox.muster("audit", "--store", "restored").status == 0)
    }

    @Test("A damaged store gives no backup, a damaged backup no store, unless told so")
    func damaged() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        try sandbox.must(
            "ingest",
            input: address("1", "p1", at: "2026-03-01T10:00:00Z")
                + tag("2", "p1", "vip", at: "2026-03-01T10:30:00Z"))
        try sandbox.must("backup", "sound")
        for store in ["muster-store", "sound"] {
            var data = try sandbox.bytes("\(store)/data.mdb")
            while let range = data.range(of: Data("p1@example.com".utf8)) {
                data.replaceSubrange(range, with: Data("p1@example.org".utf8))
            }
            try sandbox.write(Array(data), to: "\(store)/data.mdb")
        }
        let backup = try sandbox.muster("backup", "copy", "--format", "ndjson")
        #expect(backup.status == 1)
        #expect(backup.out.hasPrefix(#"{"agrees":false,"seq":"#))
        #expect(try sandbox.muster("restore", "sound", "--store", "again").status == 1)
        let left = try FileManager.default.contentsOfDirectory(atPath: sandbox.directory)
        #expect(!left.contains { $0.hasPrefix("copy") || $0.hasPrefix("again") }, "\(left)")
    }
}
