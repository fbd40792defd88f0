import Core
import Definitions
import TestSupport
import Testing
import Wire

/// Leaves as explanations write them.
@Suite struct WrittenLeafTests {
    @Test("a leaf read again from how it is written is the same leaf")
    func roundTrip() throws {
        var count = 0
        for seed in Seeds.chosen(or: 0..<60) {
            let json = RandomProgram(seed: seed, kinds: .all).definitionsJSON
            for case .segment(let segment) in try definitions(json) {
                for leaf in leaves(segment.match) {
                    let text = String(decoding: canonicalJSON(writtenLeaf(leaf)), as: UTF8.self)
                    // `all_of` several contracts or terms of one contract is never met.
                    if text.contains("\"any_of\":[]") { continue }
                    let again = try definitions(
                        #"{"segments":[{"id":"s","match":\#(text)}]}"#)
                    guard case .segment(let read)? = again.first else {
                        Issue.record("\(text) is no segment")
                        continue
                    }
                    #expect(read.match == .leaf(leaf), "\(text)")
                    count += 1
                }
            }
        }
        #expect(count > 500, "only \(count) leaves")
    }

    private func definitions(_ json: String) throws -> [Definition] {
        try readDefinitions(
            [DefinitionSource(file: "d.json", bytes: Array(json.utf8))], inForce: [], prune: false
        ).definitions.map(\.definition)
    }

    private func leaves(_ condition: Core.Condition) -> [Leaf] {
        switch condition {
        case .all(let parts), .any(let parts): parts.flatMap { leaves($0) }
        case .not(let part): leaves(part)
        case .leaf(let leaf): [leaf]
        case .segment: []
        }
    }
}
