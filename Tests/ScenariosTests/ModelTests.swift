import Core
import Definitions
import Engine
import Foundation
import Scenarios
import TestSupport
import Testing
import Wire

/// Random scenarios that expect what the brute-force model finds: they pass, and with one expected
/// row left out they fail.
struct ModelTests {
    private static let surroundings = Surroundings(
        read: { path, _, _ in throw Unexpected(path: path) },
        zone: { name in
            let file = URL(fileURLWithPath: "/usr/share/zoneinfo/\(name)")
            return try parseTimeZoneFile(Array(try Data(contentsOf: file)).span, name: name)
        },
        sendID: { _, _, _, _, _ in "snd" }, templateErrors: { _, _, _ in [] })

    private struct Unexpected: Error {
        var path: String
    }

    private static func failures(_ scenario: ModelScenario) throws -> [ScenarioFailure] {
        let source = DefinitionSource(file: "s.json", bytes: Array(scenario.text.utf8))
        return try readScenarios(source, surroundings).flatMap { try $0.run(surroundings) }
    }

    @Test("agrees with the model", arguments: Seeds.blocks(of: 5, or: 0..<150))
    func agrees(seeds: Range<UInt64>) throws {
        for seed in seeds {
            let whole = ModelScenario(seed: seed)
            let failures = try Self.failures(whole)
            #expect(failures.isEmpty, "seed \(seed): \(failures.prefix(1))")
            guard whole.expectedCount > 0 else { continue }
            var random = SplitMix64(seed: seed)
            let damage = random.int(in: 0...(whole.expectedCount - 1))
            let damaged = try Self.failures(ModelScenario(seed: seed, damage: damage))
            #expect(damaged.count == 1, "seed \(seed) without row \(damage)")
            #expect(damaged.first?.unexpected.count == 1, "seed \(seed) without row \(damage)")
            if case .members? = damaged.first?.subject {
                let membership = try #require(damaged.first?.membership)
                #expect(membership.isMember && membership.explanation.holds, "seed \(seed)")
            }
        }
    }
}
