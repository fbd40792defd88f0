import Core
import Foundation
import Store
import TestSupport
import Testing

/// `audit` of a log of several blocks, with checkpoints and whole chunks of fingerprints, and while
/// others write.
@Suite struct LongAuditTests {
    private static let start: Int64 = 1_700_000_000_000_000

    private func store() throws -> StoreProgram {
        let stored = try StoreProgram(name: "acme", timezone: "Europe/Berlin")
        try stored.makeWriters(count: 1)
        let definitions = """
            {"templates":[{"id":"hi","subject":"Hi","text":"Hi"}],
            "segments":[{"id":"vips","match":{"tag":{"any_of":["vip"]}}},
            {"id":"others","match":{"tag":{"none_of":["vip"]}}}],
            "automations":[{"id":"greet","on":{"tag_assigned":"vip"},"do":[{"send_email":"hi"}],
            "state":"active"}]}
            """
        try stored.run([.apply(definitions, prune: false)], flushing: false)
        let steps = Self.steps(0..<12_000)
        for from in stride(from: 0, to: steps.count, by: 1_700) {
            try stored.run(steps[from..<min(from + 1_700, steps.count)], flushing: from == 3_400)
        }
        return stored
    }

    private static func steps(_ range: Range<Int>) -> [Step] {
        range.map { index in
            let type = index / 60 % 2 == 0 ? "tag.assigned" : "tag.removed"
            let at = Instants.text(start + Int64(index) * 1_000_000_000)
            return .line(
                #"{"id":"e\#(index)","type":"\#(type)","partner":"p\#(index % 60)","#
                    + #""time":"\#(at)","tag":"vip"}"#, history: false)
        }
    }

    @Test("an audit goes on while others write, and compares what was there when it began")
    func whileWriting() throws {
        let stored = try store()
        let last = stored.head
        var next = 12_000
        let report = try stored.store.audit { _, _ in
            let steps = Self.steps(next..<(next + 500))
            next += 500
            do { try stored.run(steps[...], flushing: true) } catch { Issue.record(error) }
        }
        #expect(next > 12_500, "nothing was written meanwhile")
        #expect(report.sequence == last)
        #expect(try stored.store.audit { _, _ in }.sequence == stored.head)
    }

    @Test("a checksum that is damaged itself is found, however many rows lie before it")
    func damagedChecksum() throws {
        let stored = try store()
        let copy = try TamperedStore(copying: stored.directory)
        let row = try copy.rows("log")[9_000]
        try copy.change { bytes in
            let place = try #require(bytes.range(of: Data(row.key + row.value)))
            bytes[place.upperBound] ^= 1
        }
        #expect(
            try copy.divergence()?.found
                == "the row 0000000000002329 of the table log is not what was written")
    }

    @Test("stored sets, chunks of fingerprints, hashes of blocks and the list of definitions")
    func tables() throws {
        let stored = try store()
        let copy = try TamperedStore(copying: stored.directory)
        #expect(try copy.divergence() == nil)
        var random = SplitMix64(seed: 11)
        for (table, subject) in [
            ("checkpoints", Divergence.Subject.checkpoint), ("fingerprints", .fingerprint),
            ("blocks", .block), ("partner_ids", .partnerID),
        ] {
            let rows = try copy.rows(table)
            for _ in 0..<4 {
                let row = random.pick(rows)
                var damaged = row
                damaged.value[random.int(in: 0...(row.value.count - 1))] ^=
                    1 << UInt8(random.int(in: 0...7))
                try copy.put(table, damaged)
                let found = try copy.divergence()
                #expect(found?.subject == subject, "\(String(describing: found))")
                let key = row.key
                switch subject {
                case .checkpoint: #expect(found?.sequence == number(key[12..<20]))
                case .fingerprint: #expect((found?.sequence ?? 0) / 4096 == number(key))
                case .block: #expect(found?.sequence == number(key) * 1024 + 1)
                default: #expect(found?.sequence == 3 + (found.flatMap { partner($0) } ?? 0))
                }
                try copy.put(table, row)
            }
        }
        let definitions = try copy.rows("definitions")[0]
        try copy.remove("definitions", definitions.key)
        #expect(try copy.divergence()?.subject == .definitions)
        #expect(try copy.divergence()?.sequence == 2)
        try copy.put("definitions", definitions)
        var added = definitions
        added.key[6] = 5
        try copy.put("definitions", added)
        #expect(try copy.divergence()?.subject == .definitions)
        #expect(try copy.divergence()?.sequence == number(added.key))
    }

    @Test("whatever bit of a stored set or of transitions is flipped ends in an error or an answer")
    func everyBit() throws {
        let stored = try store()
        let copy = try TamperedStore(copying: stored.directory)
        var refused = 0
        for table in ["checkpoints", "transitions"] {
            // The last row: all that is asked about now is found from it.
            let row = try #require(try copy.rows(table).last)
            for bit in 0..<(min(row.value.count, 120) * 8) {
                var damaged = row
                damaged.value[bit / 8] ^= 1 << UInt8(bit % 8)
                try copy.put(table, damaged)
                let other = try Store.open(directory: copy.directory, isReadOnly: true)
                do {
                    _ = try other.members(of: "others", at: .now)
                    _ = try other.members(of: "vips", at: .now)
                } catch is StoreError {
                    refused += 1
                }
            }
            try copy.put(table, row)
        }
        #expect(refused > 100)
    }

    /// The number of the partner that a difference is about: p0 came with record 3, and so on.
    private func partner(_ divergence: Divergence) -> UInt64? {
        divergence.partner.flatMap { UInt64($0.description.dropFirst()) }
    }

    @Test("a changed event is found in its block, the first of two changes is told")
    func changedContent() throws {
        let stored = try store()
        let copy = try TamperedStore(copying: stored.directory)
        let rows = try copy.rows("log").filter { $0.value[0] == 2 }
        for index in [9_000, 5_000, 700] {
            // The tag's last letter: the event now says something else, or its tag means nothing.
            var damaged = rows[index]
            damaged.value[damaged.value.count - 1] ^= 2
            try copy.put("log", damaged)
            let sequence = number(damaged.key)
            let found = try copy.divergence()
            let records = ((sequence - 1) / 1024 * 1024 + 1)...((sequence - 1) / 1024 * 1024 + 1024)
            #expect(
                found.map { records.contains($0.sequence) } == true, "\(String(describing: found))")
            #expect(found?.subject != .block, "the record itself could be told")
            #expect(found?.sequence == sequence)
        }
    }
}
