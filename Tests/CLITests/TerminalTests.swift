import Foundation
import Glibc
import Testing

/// What a person sees, and what a pipe gets (SPEC 7).
struct TerminalTests {
    private func store() throws -> Sandbox {
        let sandbox = try Sandbox(QuestionTests.definitions)
        try sandbox.must("ingest", input: QuestionTests.events)
        return sandbox
    }

    /// Runs a command whose output and errors go to one pseudo terminal.
    private func see(
        _ sandbox: Sandbox,
        _ arguments: [String],
        environment: [String: String] = [:]
    ) throws -> String {
        let nothing = Descriptor(open("/dev/null", O_RDONLY | O_CLOEXEC))
        let running = try Running(
            sandbox,
            arguments,
            input: nothing,
            environment: environment,
            terminal: Descriptor.terminal()
        )
        let outcome = try running.wait()
        #expect(outcome.status == 0)
        return outcome.out.replacingOccurrences(of: "\r\n", with: "\n")
    }

    private static let table = """
        segment  name              members  version  changed_at
        earners  Those who earned  2        1        
        recent   recent            2        1        
        vips     vips              3        1        

        """

    @Test("A terminal gets an aligned table with a bold head")
    func table() throws {
        let seen = try see(try store(), ["segments"])
        #expect(seen.hasPrefix("\u{1b}[1msegment  name"))
        let plain = seen.replacingOccurrences(of: "\u{1b}[1m", with: "")
            .replacingOccurrences(of: "\u{1b}[0m", with: "")
        #expect(plain == Self.table)
    }

    @Test("NO_COLOR takes the colours away and leaves the table")
    func noColour() throws {
        #expect(try see(try store(), ["segments"], environment: ["NO_COLOR": "1"]) == Self.table)
    }

    @Test("NDJSON and lists of one column are the same on a terminal")
    func sameOnTerminal() throws {
        let sandbox = try store()
        for arguments in [["members", "vips"], ["runs", "--format", "ndjson"]] {
            #expect(try see(sandbox, arguments) == sandbox.run(arguments).out)
        }
    }

    @Test("A pipe gets plain rows with tabs, without a head, colours or progress")
    func pipe() throws {
        let sandbox = try store()
        let rows = try sandbox.must("segments")
        #expect(rows.hasPrefix("earners\tThose who earned\t2\t1\t\n"))
        try sandbox.write(Campaign.text(Campaign.history(seed: 3, count: 500)), to: "events")
        let outcome = try sandbox.muster("ingest", "events")
        #expect(!outcome.err.contains("\u{1b}"))
        #expect(!outcome.err.contains("%"))
        #expect(outcome.err.hasPrefix("500 lines: 500 accepted, 0 duplicates, 0 rejected; "))
    }

    @Test("Reading a file shows how far it is, and clears the line")
    func progress() throws {
        let sandbox = try store()
        try sandbox.write(Campaign.text(Campaign.history(seed: 3, count: 5_000)), to: "events")
        let seen = try see(sandbox, ["ingest", "events", "--batch", "20"])
        #expect(seen.contains("\r["))
        #expect(seen.contains(" %  "))
        #expect(seen.contains(" events/s"))
        #expect(seen.contains("\r\u{1b}[K5000 lines: 5000 accepted"))
    }

    @Test("What was typed can't command the terminal")
    func escapes() throws {
        let sandbox = try store()
        for arguments in [["members", "\u{1b}]0;x\u{7}"], ["ingest", "\u{1b}[31m"]] {
            let outcome = try sandbox.run(arguments)
            #expect(!outcome.err.contains("\u{1b}"))
            #expect(outcome.err.contains("\\u{1b}"))
        }
    }
}
