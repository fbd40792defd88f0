import Core
import Definitions
import Store
import TestSupport
import Testing

/// What `diff` says of definitions, against what applying them then does.
@Suite struct DiffTests {
    @Test(
        "members won and lost are those that apply wins and loses",
        arguments: Seeds.chosen(or: 0..<40))
    func agreesWithApply(seed: UInt64) throws {
        let program = RandomProgram(seed: seed, kinds: .all)
        let steps = RandomHistory(seed: seed, program: program).steps
        let stored = try StoreProgram(name: program.name, timezone: program.timezone)
        try stored.makeWriters(count: 1)
        for step in steps {
            guard case .apply(let json, let prune) = step else {
                try stored.run([step], flushing: false)
                continue
            }
            let source = DefinitionSource(file: "definitions.json", bytes: Array(json.utf8))
            let diff = try stored.store.diff { catalog in
                let read = try readDefinitions(
                    [source], inForce: try catalog.inForce(), prune: prune)
                return catalog.changes(to: read.definitions, prune: prune)
            }
            let before = try members(stored)
            try stored.run([step], flushing: false)
            let after = try members(stored)
            var movements: [String] = []
            var totals: [String] = []
            for segment in Set(before.keys).union(after.keys).sorted() {
                let (old, new) = (before[segment] ?? [], after[segment] ?? [])
                let won = new.filter { !old.contains($0) }
                let lost = old.filter { !new.contains($0) }
                movements += won.map { "\(segment) won \($0)" }
                movements += lost.map { "\(segment) lost \($0)" }
                let isChanged = diff.changes.contains { $0.kind == .segment && $0.id == segment }
                if isChanged || !won.isEmpty || !lost.isEmpty {
                    totals.append("\(segment) \(won.count) \(lost.count) \(new.count)")
                }
            }
            #expect(
                diff.movements.map { "\($0.segment) \($0.isWon ? "won" : "lost") \($0.partner)" }
                    == movements, "seed \(seed)")
            #expect(
                diff.totals.map { "\($0.segment) \($0.won) \($0.lost) \($0.members)" } == totals,
                "seed \(seed)")
        }
    }

    /// The members of all segments in force now.
    private func members(_ stored: StoreProgram) throws -> [Name: [Name]] {
        var members: [Name: [Name]] = [:]
        for segment in try stored.store.segments() {
            members[segment.id] = try stored.store.members(of: segment.id, at: .now)
                .map(\.partner)
        }
        return members
    }
}
