import Core
import Foundation
import Store
import TestSupport
import Testing

/// `audit` on honest stores, and on stores of which single rows were changed behind its back.
///
/// Damage is made through LMDB, so that the store's own pages stay sound and only what is in them lies.
@Suite struct AuditTests {
    private func store(
        seed: UInt64, _ random: inout SplitMix64
    ) throws -> (StoreProgram, Model) {
        let program = RandomProgram(seed: seed)
        let steps = RandomHistory(seed: seed, program: program, eventCount: 120).steps
        let model = Model(
            programName: program.name, timezone: program.timezone, currency: program.currency)
        let stored = try StoreProgram(name: program.name, timezone: program.timezone)
        try stored.makeWriters(count: random.int(in: 1...2))
        var next = 0
        while next < steps.count {
            let batch = steps[next..<min(next + random.pick([1, 3, 20]), steps.count)]
            next = batch.endIndex
            try stored.run(batch, flushing: random.chance(20))
            for step in batch { model.run(step) }
            if random.chance(10) { try stored.makeWriters(count: random.int(in: 1...2)) }
        }
        if random.chance(50) { try stored.flush() }
        return (stored, model)
    }

    @Test("an honest store agrees, whatever its batches", arguments: Seeds.chosen(or: 500..<560))
    func honest(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let (stored, model) = try store(seed: seed, &random)
        var shown: [UInt64] = []
        let report = try stored.store.audit { sequence, last in
            shown.append(sequence)
            #expect(last == stored.head)
        }
        #expect(report.sequence == stored.head)
        #expect(shown.last == stored.head)
        #expect(report.now?.microseconds == model.now)
        #expect(report.transitions == model.transitions.count)
        #expect(report.sends == model.sends.count)
        #expect(report.runs == model.runs.count)
        #expect(report.halts == model.cutOffs.count)
    }

    @Test("no bit of any row can change unnoticed", arguments: UInt64(500)..<508)
    func flippedBits(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let (stored, _) = try store(seed: seed, &random)
        let copy = try TamperedStore(copying: stored.directory)
        #expect(try copy.divergence() == nil)
        for table in TamperedStore.tables {
            let rows = try copy.rowsThatCount(table).filter { !$0.value.isEmpty }
            guard !rows.isEmpty else { continue }
            for _ in 0..<25 {
                let row = random.pick(rows)
                var damaged = row
                damaged.value[random.int(in: 0...(row.value.count - 1))] ^=
                    1 << UInt8(random.int(in: 0...7))
                try copy.put(table, damaged)
                // Where the head itself can't be believed, or the format, there is nothing to audit.
                let divergence = Result { try copy.divergence() }
                let isNoticed =
                    switch divergence {
                    case .success(let found): found != nil
                    case .failure: table == "meta" || table == "log"
                    }
                #expect(isNoticed, "seed \(seed): \(table), \(row) became \(damaged)")
                try copy.put(table, row)
            }
        }
        #expect(try copy.divergence() == nil)
    }

    @Test("a checksum that is damaged itself is found, and the row is not read")
    func damagedChecksum() throws {
        var random = SplitMix64(seed: 500)
        let (stored, _) = try store(seed: 500, &random)
        try stored.flush()
        let copy = try TamperedStore(copying: stored.directory)
        let row = try #require(try copy.rows("states").first)
        try copy.change { bytes in
            let place = try #require(bytes.range(of: Data(row.key + row.value)))
            bytes[place.upperBound] ^= 1
        }
        let words = "the row 00000000 of the table states is not what was written"
        #expect(try copy.divergence()?.found == words)
        let error = #expect(throws: StoreError.self) {
            try Writer(
                Store.open(directory: copy.directory, isReadOnly: false), ingests: true
            ).begin(waitSeconds: 1)
        }
        guard case .damaged(words) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("a record that was cut out is named", arguments: UInt64(500)..<510)
    func cutRecord(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let (stored, _) = try store(seed: seed, &random)
        let copy = try TamperedStore(copying: stored.directory)
        let rows = try copy.rows("log")
        for _ in 0..<5 {
            let row = rows[random.int(in: 1...(rows.count - 1))]
            try copy.remove("log", row.key)
            let found = try copy.divergence()
            #expect(found?.subject == .record && found?.sequence == number(row.key))
            try copy.put("log", row)
        }
    }

    @Test("a record whose place or time was changed is named", arguments: UInt64(500)..<510)
    func changedHeader(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let (stored, _) = try store(seed: seed, &random)
        let copy = try TamperedStore(copying: stored.directory)
        let rows = try copy.rows("log")
        for index in 2..<rows.count where random.chance(10) {
            var damaged = rows[index]
            // The century, or a kind that does not exist.
            let byte = random.pick([0, 2])
            damaged.value[byte] ^= 0x40
            try copy.put("log", damaged)
            let found = try copy.divergence()
            #expect(
                found?.sequence == number(damaged.key),
                "seed \(seed): byte \(byte), \(String(describing: found))")
            try copy.put("log", rows[index])
        }
    }

    @Test(
        "a record whose time is before that of the one before it is named",
        arguments: UInt64(500)..<505)
    func timeGoesBack(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let (stored, _) = try store(seed: seed, &random)
        let copy = try TamperedStore(copying: stored.directory)
        let rows = try copy.rows("log")
        var count = 0
        for index in 2..<rows.count where random.chance(10) {
            let before = number(rows[index - 1].value[2..<10])
            // From 1970 on: an unset clock has none before it.
            guard before > 1 << 63 else { continue }
            count += 1
            var damaged = rows[index]
            let bytes = (0..<8).map { UInt8(truncatingIfNeeded: (before - 1) >> (56 - 8 * $0)) }
            damaged.value.replaceSubrange(2..<10, with: bytes)
            try copy.put("log", damaged)
            let found = try copy.divergence()
            // What a boundary decided is missed at the record that brought it about.
            let sequence = number(damaged.key)
            #expect(
                found.map { (sequence - 1...sequence).contains($0.sequence) } == true,
                "seed \(seed), record \(sequence): \(String(describing: found))")
            try copy.put("log", rows[index])
        }
        #expect(count > 0)
    }

    @Test("missing and added transitions are named", arguments: UInt64(500)..<515)
    func transitions(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let (stored, _) = try store(seed: seed, &random)
        let copy = try TamperedStore(copying: stored.directory)
        let rows = try copy.rows("transitions")
        guard !rows.isEmpty else { return }
        for _ in 0..<8 {
            let row = random.pick(rows)
            let sequence = number(row.key[12..<20])
            try copy.remove("transitions", row.key)
            var found = try copy.divergence()
            #expect(found?.subject == .transition && found?.sequence == sequence)
            #expect(found?.partner != nil && found?.instant != nil)
            try copy.put("transitions", row)

            var added = row
            added.key[23] = 77
            added.value = [0, 0, 2]
            try copy.put("transitions", added)
            found = try copy.divergence()
            #expect(found?.subject == .transition, "\(String(describing: found))")
            #expect((found?.sequence ?? 0) >= sequence)
            try copy.remove("transitions", added.key)
        }
    }

    @Test("changed, missing and added decisions are named", arguments: UInt64(500)..<515)
    func decisions(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let (stored, _) = try store(seed: seed, &random)
        let copy = try TamperedStore(copying: stored.directory)
        for (table, subject) in [
            ("sends", Divergence.Subject.send), ("runs", .run), ("halts", .halt),
        ] {
            let rows = try copy.rows(table)
            guard !rows.isEmpty else { continue }
            for _ in 0..<5 {
                let row = random.pick(rows)
                let sequence = Self.varint(row.value, at: 8)
                var damaged = row
                damaged.value[damaged.value.count - 1] ^= 1
                try copy.put(table, damaged)
                var found = try copy.divergence()
                #expect(found?.subject == subject && found?.sequence == sequence)
                try copy.remove(table, row.key)
                found = try copy.divergence()
                #expect(found?.subject == subject && found?.sequence == sequence)
                try copy.put(table, row)
            }
            var added = rows[rows.count - 1]
            added.key[7] += 1
            try copy.put(table, added)
            let found = try copy.divergence()
            #expect(found?.subject == subject)
            #expect(found?.sequence == Self.varint(added.value, at: 8))
            try copy.remove(table, added.key)
        }
        #expect(try copy.divergence() == nil)
    }

    private static func varint(_ bytes: [UInt8], at start: Int) -> UInt64 {
        var value: UInt64 = 0
        for (index, byte) in bytes[start...].enumerated() {
            value |= UInt64(byte & 0x7f) << UInt64(7 * index)
            if byte < 0x80 { break }
        }
        return value
    }

    @Test("working state is that of its record", arguments: UInt64(500)..<510)
    func workingState(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let (stored, model) = try store(seed: seed, &random)
        try stored.makeWriters(count: 1)
        // Something to flush.
        let time = Instants.text((model.now ?? 0) + 1)
        let line =
            #"{"id":"last","type":"click.recorded","partner":"p-last","time":"\#(time)"}"#
        try stored.run([.line(line, history: false)], flushing: true)
        let copy = try TamperedStore(copying: stored.directory)
        let table = random.pick(
            try ["states", "state_layers"].filter { try !copy.rowsThatCount($0).isEmpty })
        let row = random.pick(try copy.rowsThatCount(table))
        var damaged = row
        damaged.value[damaged.value.count - 1] ^= 1
        try copy.put(table, damaged)
        let found = try copy.divergence()
        #expect(found?.subject == .state && found?.sequence == stored.head)
        let partner = Int(number(row.key.suffix(4)))
        let ids = model.partnerIDs + (model.partnerIDs.contains("p-last") ? [] : ["p-last"])
        #expect(found?.partner?.description == ids[partner])
    }
}
