import Core
import Foundation
import Store
import TestSupport
import Testing

/// Whoever reads an answer slowly holds no snapshot: writers go on using old pages again, and the file does
/// not grow (SPEC 8, promise 3).
@Suite struct SlowReaderTests {
    private static let definitions = #"""
        {"templates":[{"id":"t","subject":"s","text":"x"}],
         "segments":[{"id":"all","match":{"not":{"tag":{"any_of":["off"]}}}}],
         "workflows":[{"id":"w","segment":"all","do":[{"add_tag":"seen"}],"state":"active"}],
         "automations":[{"id":"a","on":{"tag_assigned":"on"},"do":[{"send_email":"t"}],
          "state":"active"}]}
        """#
    private static let commits = 200

    private func line(_ id: Int, _ rest: String) -> Step {
        let time = Instants.text(1_772_359_200_000_000 + Int64(id) * 1_000_000)
        return .line(
            #"{"id":"\#(id)","partner":"p\#(id % 50)","time":"\#(time)",\#(rest)}"#,
            history: false)
    }

    @Test("sends, runs and members", arguments: ["sends", "runs", "members"])
    func slowly(question: String) throws {
        let stored = try StoreProgram(name: "p", timezone: "UTC")
        try stored.makeWriters(count: 1)
        var next = 100
        try stored.run(
            [.apply(Self.definitions, prune: false)]
                + (0..<next).map { line($0, #""type":"tag.assigned","tag":"on""#) }
                + [.advance(1_772_370_000_000_000)], flushing: true)
        func write() throws {
            for _ in 0..<Self.commits {
                try stored.run([line(next, #""type":"click.recorded""#)], flushing: true)
                next += 1
            }
        }
        func size() throws -> Int {
            let file = "\(stored.directory)/data.mdb"
            let attributes = try FileManager.default.attributesOfItem(atPath: file)
            return try #require(attributes[.size] as? Int)
        }
        try write()
        let before = try size()
        var rows = 0
        func body() throws {
            rows += 1
            if rows == 1 { try write() }
        }
        switch question {
        case "sends":
            try stored.store.eachSend { _ in
                try body()
                return true
            }
        case "runs":
            try stored.store.eachRun(DecisionFilter()) { _ in
                try body()
                return true
            }
        default: try stored.store.eachMember(of: "all", at: .now) { _, _ in try body() }
        }
        #expect(rows == ["sends": 100, "runs": 1, "members": 50][question])
        // A page of each table that a commit touches would be some 10 of 4 KiB.
        #expect(try size() - before < Self.commits * 4_096)
    }
}
