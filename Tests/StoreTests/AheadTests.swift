import Core
import Store
import TestSupport
import Testing

/// Events from ahead of the wall clock, which are applied at `now` (SPEC 3).
@Suite struct AheadTests {
    private static let definitions = #"""
        {"segments":[
          {"id":"joined","match":{"contract_stage":{"any_of":["joined"]}}},
          {"id":"waiting","match":{"contract_stage":{"any_of":["awaiting_advertiser_approval"]}}},
          {"id":"x","match":{"tag":{"any_of":["x"]}}},{"id":"y","match":{"tag":{"any_of":["y"]}}}],
         "automations":[
          {"id":"accept","on":{"segment_entered":"waiting"},"do":["accept_application"],
           "state":"active"},
          {"id":"once","on":{"tag_assigned":"x"},"do":[{"remove_tag":"x"},{"add_tag":"y"}],
           "state":"active"}]}
        """#

    private func line(_ id: String, _ time: String, _ rest: String) -> String {
        #"{"id":"\#(id)","partner":"p","time":"2026-03-01T\#(time)Z",\#(rest)}"#
    }

    @Test("what they set off is not overtaken by them")
    func derived() throws {
        let stored = try StoreProgram(name: "p", timezone: "UTC")
        try stored.makeWriters(count: 1)
        try stored.run(
            [
                .apply(Self.definitions, prune: false),
                .line(line("0", "12:00:00", #""type":"click.recorded""#), history: false),
                .ahead(
                    line("3", "12:00:05", #""type":"relationship.changed","stage":"outreach""#)),
                .ahead(
                    line("1", "12:00:03", #""type":"application.submitted","template_term":"t""#)),
                .ahead(line("2", "12:00:03.5", #""type":"tag.assigned","tag":"x""#)),
            ], flushing: false)
        func segments() throws -> [String] {
            try stored.store.partner("p", Viewpoint()).memberships.map(\.segment.description)
        }
        #expect(try segments() == ["joined", "y"])
        // Nor when their time has come, nor in hindsight, nor when the log is read anew.
        try stored.run([.advance(1_772_370_000_000_000)], flushing: false)
        #expect(try segments() == ["joined", "y"])
        for segment in ["joined", "y", "waiting", "x"] {
            let known = try stored.store.members(of: Name(segment), at: stored.clock(), in: .now)
            #expect(known.count == (["joined", "y"].contains(segment) ? 1 : 0), "\(segment)")
        }
        try stored.makeWriters(count: 1)
        #expect(try stored.store.audit { _, _ in }.sequence == stored.head)
        let report = try stored.store.partner("p", Viewpoint())
        #expect(report.stage == .joined)
        #expect(report.lastTransition.map(\.microseconds) == 1_772_366_405_000_000)
        #expect(report.tags.map(\.since.microseconds) == [1_772_366_400_000_000])
    }
}
