import Foundation
import Glibc
import Testing

/// Started with standard input, output or error closed: no file of the store may take their place.
struct ClosedDescriptorTests {
    /// Runs the binary, `$MUSTER`, by a shell.
    private func shell(_ sandbox: Sandbox, _ script: String) throws -> Outcome {
        let nothing = Descriptor(open("/dev/null", O_RDONLY | O_CLOEXEC))
        let running = try Running(
            sandbox, ["-c", script], input: nothing, environment: ["MUSTER": Running.binary],
            executable: "/bin/sh")
        return try running.wait()
    }

    @Test(
        "What is printed goes nowhere, and the store stays whole",
        arguments: ["<&-", ">&-", "2>&-", "<&- >&-", ">&- 2>&-", "<&- >&- 2>&-"])
    func printing(closed: String) throws {
        let sandbox = try Sandbox(Campaign.definitions)
        try sandbox.write(tag("1", "p1", "vip", at: "2026-03-01T12:00:00Z") + "{}\n", to: "events")
        let outcome = try shell(sandbox, "\"$MUSTER\" ingest events --emit acks \(closed)")
        #expect([65, 74].contains(outcome.status), "\(outcome)")
        let advanced = try shell(sandbox, "\"$MUSTER\" advance --to 2026-03-02 \(closed)")
        #expect([0, 74].contains(advanced.status), "\(advanced)")
        for file in ["data.mdb", "lock.mdb"] {
            let bytes = try sandbox.bytes("muster-store/" + file)
            for text in ["missing_field", "\"committed\"", "the engine clock stands", "accepted"] {
                #expect(bytes.range(of: Data(text.utf8)) == nil, "\(text) in \(file)")
            }
        }
        try sandbox.must("audit")
        #expect(try sandbox.must("stats").contains("2026-03-02T00:00:00Z"))
    }

    @Test("A mail to a closed standard output is not delivered")
    func delivering() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        try sandbox.must(
            "ingest",
            input: address("1", "p1", at: "2026-03-01T12:00:00Z")
                + #"{"id":"2","type":"partner.updated","partner":"p1","time":"2026-03-01T12:00:00Z","name":"Ann"}"#
                + "\n" + tag("3", "p1", "vip", at: "2026-03-01T12:00:00Z"))
        let outcome = try shell(
            sandbox, "\"$MUSTER\" deliver --to stdout --max-age 99999d >&-")
        #expect(outcome.status == 74, "\(outcome)")
        let sends = try sandbox.must("sends", "--format", "ndjson")
        #expect(sends.contains(#""status":"pending""#))
        try sandbox.must("audit")
    }
}
