import Foundation
import Glibc
import Testing

/// The short form of every kind of trial that `Tools/torture` knows.
@Suite(.serialized)
struct TortureTests {
    private static let tool = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().appendingPathComponent("../../Tools/torture")
        .standardizedFileURL.path

    /// As they are found in `Tools/torture.d/trials`; none where the tool can't tell.
    private static let kinds: [String] = {
        guard let listed = try? torture("--list"), listed.status == 0 else { return [] }
        return listed.lines.compactMap { $0.split(separator: " ").first.map(String.init) }
    }()

    private static func torture(_ arguments: String...) throws -> Outcome {
        let sandbox = try Sandbox()
        let nothing = Descriptor(open("/dev/null", O_RDONLY | O_CLOEXEC))
        let running = try Running(
            sandbox, arguments, input: nothing, environment: ["MUSTER": Running.binary],
            executable: tool)
        return try withExtendedLifetime(sandbox) { try running.wait(within: 600) }
    }

    @Test("Tools/torture knows its kinds of trial")
    func list() {
        #expect(!Self.kinds.isEmpty)
    }

    @Test("Its short form finds nothing", arguments: kinds)
    func short(_ kind: String) throws {
        let outcome = try Self.torture(kind)
        #expect(outcome.status == 0, "\(outcome.out)\(outcome.err)")
    }
}
