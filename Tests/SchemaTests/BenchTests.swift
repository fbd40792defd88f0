import Foundation
import Testing

/// The benchmark keeps working: every figure once, on tiny input.
struct BenchTests {
    @Test("Tools/bench small measures everything and finds all answers the same")
    func small() throws {
        // It ends with status 1 when digests differ, or Muster and a plain loop or SQLite disagree.
        let muster = Programs.build.appendingPathComponent("muster").path
        let done = try Programs.run(
            "/usr/bin/env", ["MUSTER=\(muster)", Programs.path("Tools/bench"), "small"])
        #expect(done.status == 0, "\(done.errors)\(done.text)")
        #expect(done.text.contains("SQLite, dirty set"))
    }
}
