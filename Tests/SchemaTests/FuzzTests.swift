import Foundation
import Testing

/// The fuzzer is a package of its own, which nobody builds at each change.
struct FuzzTests {
    @Test("Tools/fuzz has the program's modules, and each imports there what it imports here")
    func modules() throws {
        let done = try Programs.run("/usr/bin/env", [Programs.path("Tools/fuzz"), "--check"])
        #expect(done.status == 0, "\(done.errors)\(done.text)")
    }
}
