import Core
import Store
import TestSupport
import Testing

/// The lines that a digest is made of against those worked out from the model, and one digest for one
/// log whatever the batches were.
@Suite struct DigestTests {
    @Test("the dump says what the model did", arguments: Seeds.chosen(or: 400..<425))
    func dump(seed: UInt64) throws {
        let program = RandomProgram(seed: seed)
        let steps = RandomHistory(seed: seed, program: program).steps
        let model = Model(
            programName: program.name, timezone: program.timezone, currency: program.currency)
        for step in steps { model.run(step) }
        var digests: Set<String> = []
        for size in [1, 6, 1_000] {
            let stored = try StoreProgram(name: program.name, timezone: program.timezone)
            try stored.makeWriters(count: size == 6 ? 2 : 1)
            for start in stride(from: 0, to: steps.count, by: size) {
                let end = min(start + size, steps.count)
                try stored.run(steps[start..<end], flushing: size == 6)
            }
            let ids = try stored.sends().map(\.id)
            var lines: [String] = []
            try stored.store.eachDigestLine { line in
                lines.append(line.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) })
            }
            #expect(lines == expectedLines(model, sendIDs: ids), "seed \(seed), batches of \(size)")
            let digest = try stored.store.digest()
            #expect(digest.sequence == stored.head)
            #expect(digest.now?.microseconds == model.now)
            digests.insert(digest.hash)
        }
        #expect(digests.count == 1, "seed \(seed)")
    }

    /// The dump by the model's lists; ids of sends come from outside, the model has none.
    private func expectedLines(_ model: Model, sendIDs: [String]) -> [String] {
        var lines: [String] = []
        var intervals: [String: [(partner: String, from: Int64, to: Int64?)]] = [:]
        for move in model.transitions {
            if move.entered {
                intervals[move.segment, default: []].append((move.partner, move.at, nil))
            } else {
                let last = intervals[move.segment]?.lastIndex { $0.partner == move.partner }
                if let last { intervals[move.segment]?[last].to = move.at }
            }
        }
        let order = Dictionary(
            uniqueKeysWithValues: model.partnerIDs.enumerated().map { ($1, $0) })
        for segment in intervals.keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            let sorted = (intervals[segment] ?? []).sorted {
                ($0.from, order[$0.partner] ?? -1, $0.to ?? .max)
                    < ($1.from, order[$1.partner] ?? -1, $1.to ?? .max)
            }
            for interval in sorted {
                let to = interval.to.map { Instants.text($0) } ?? ""
                let from = Instants.text(interval.from)
                lines.append("member\t\(segment)\t\(interval.partner)\t\(from)\t\(to)\n")
            }
        }
        for run in model.runs {
            lines.append(
                "run\t\(run.workflow)\t\(Instants.text(run.at))\t\(run.members)\t"
                    + "\(run.withAddress)\t\(run.sent)\t\(run.blocked ? "blocked" : "done")\n")
        }
        for (id, send) in zip(sendIDs, model.sends) {
            lines.append(
                "send\t\(id)\t\(send.kind)\t\(send.source)\t\(send.partner)\t\(send.to ?? "")\t"
                    + "\(send.template)\t\(send.templateVersion)\t"
                    + "\(Instants.text(send.decidedAt))\t\(send.reason ?? "pending")\n")
        }
        return lines
    }
}
