import Core
import Engine
import Store
import TestSupport
import Testing

/// Segments that name the same others many times over: each is looked at once.
@Suite struct SharedSegmentsTests {
    /// Sixty segments of which each names the two before it: the last names the first in 10^12 ways.
    private static let definitions: String = {
        let first = #"{"id":"s00","match":{"tag":{"any_of":["on"]}}}"#
        let second = #"{"id":"s01","match":{"segment":{"any_of":["s00"]}}}"#
        let others = (2..<60).map { number in
            let named = [id(number - 1), id(number - 2)].map {
                #"{"segment":{"any_of":["\#($0)"]}}"#
            }
            return #"{"id":"\#(id(number))","match":{"all":[\#(named.joined(separator: ","))]}}"#
        }
        return #"{"segments":[\#(([first, second] + others).joined(separator: ","))]}"#
    }()

    private static func id(_ number: Int) -> String { number < 10 ? "s0\(number)" : "s\(number)" }

    private func stored() throws -> StoreProgram {
        let stored = try StoreProgram(name: "p", timezone: "UTC")
        try stored.makeWriters(count: 1)
        try stored.run(
            [
                .apply(Self.definitions, prune: false),
                .line(
                    #"{"id":"1","type":"tag.assigned","partner":"ada","#
                        + #""time":"2026-03-01T12:00:00Z","tag":"on"}"#, history: false),
            ], flushing: true)
        return stored
    }

    @Test("members, verdicts and what is ahead", .timeLimit(.minutes(1)))
    func verdicts() throws {
        let stored = try stored()
        #expect(try stored.store.members(of: "s59", at: .now).map(\.partner) == ["ada"])
        let report = try stored.store.partner("ada", Viewpoint())
        #expect(report.memberships.count == 60)
        let hindsight = try stored.store.partner("ada", Viewpoint(hindsight: .now))
        #expect(hindsight.memberships.count == 60)
    }

    @Test("an explanation has each of them once it is long", .timeLimit(.minutes(1)))
    func explanation() throws {
        let answer = try stored().store.explainMember("s59", "ada", Viewpoint())
        #expect(answer.isMember)
        var parts = 0
        var explained: Set<Name> = []
        func count(_ part: Explanation) {
            parts += 1
            switch part.form {
            case .all(let parts), .any(let parts): parts.forEach(count)
            case .not(let part): count(part)
            case .segment(let name, let part):
                if let part {
                    explained.insert(name)
                    count(part)
                }
            case .leaf: break
            }
        }
        count(answer.explanation)
        #expect(explained.count == 59)
        #expect((10_000..<11_000).contains(parts))
    }
}
