import Foundation
import Glibc
import Testing

/// The writer killed at random moments (SPEC 8, promise 1).
///
/// A seed chooses history, batch size and moments. Each round feeds the whole input again to the same
/// store and kills the writer after some acknowledgements and a random pause; then the store has to
/// hold what was acknowledged. At the end everything is fed once more, and the answers have to be those
/// of an uninterrupted run. Kills before the first acknowledgement hit the start, which replays the tail
/// that earlier kills left behind.
struct KillTests {
    private struct Acknowledgement: Decodable {
        var committed: Int
        var lines: Int
    }

    private static let killsPerSeed = 5

    @Test("Nothing acknowledged is lost, and nothing is done twice", arguments: UInt64(1)...4)
    func kills(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let lines = Campaign.history(seed: seed, count: 2_000)
        let sandbox = try Sandbox(Campaign.definitions, timezone: "America/New_York")
        try sandbox.write(Campaign.text(lines), to: "events")
        var kept = Acknowledgement(committed: 2, lines: 0)
        var killed = 0
        for round in 0..<Self.killsPerSeed {
            let batch = random.pick([1, 7, 50])
            let ingest = try sandbox.start(
                "ingest",
                "events",
                "--batch",
                "\(batch)",
                "--emit",
                "acks"
            )
            var acknowledged: String?
            for _ in 0..<random.below(round.isMultiple(of: 2) ? 40 : 2) {
                guard let line = try ingest.line() else { break }
                acknowledged = line
            }
            usleep(UInt32(random.below(60_000)))
            ingest.signal(SIGKILL)
            let rest = try ingest.wait()
            if rest.status == -SIGKILL { killed += 1 }
            acknowledged = rest.lines.last ?? acknowledged
            if let acknowledged {
                let last = try JSONDecoder().decode(
                    Acknowledgement.self,
                    from: Data(acknowledged.utf8)
                )
                kept.committed = max(kept.committed, last.committed)
                kept.lines = max(kept.lines, last.lines)
            }
            // The log holds the last record that was acknowledged,
            _ = try sandbox.must("members", "vips", "--count", "--seq", "\(kept.committed)")
            // and, asked now and then because asking this flushes what a kill left behind, every line.
            if random.oneIn(3) {
                let summary = try sandbox.must(
                    "ingest",
                    "--summary-json",
                    input: Campaign.text(lines.prefix(kept.lines))
                )
                #expect(summary.contains(#""accepted":0,"duplicates":\#(kept.lines),"#))
            }
        }
        #expect(killed > 0)
        try sandbox.must("ingest", "events")
        let whole = try Sandbox(Campaign.definitions, timezone: "America/New_York")
        try whole.must("ingest", input: Campaign.text(lines))
        #expect(try sandbox.answers() == whole.answers())
    }

    @Test(
        "An apply or advance that is killed happened wholly or not at all",
        arguments: UInt64(1)...6
    )
    func otherWriters(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let sandbox = try Sandbox(Campaign.definitions)
        try sandbox.must("ingest", input: Campaign.text(Campaign.history(seed: seed, count: 300)))
        try sandbox.write(
            "segments: [{ id: addressed, match: { revenue: { at_least: 1 } } }]",
            to: "more.yaml"
        )
        for arguments in [["apply", "more.yaml"], ["advance", "--to", "2026-03-20"]] {
            let writer = try Running(sandbox, arguments, input: nil)
            usleep(UInt32(random.below(15_000)))
            writer.signal(SIGKILL)
            _ = try writer.wait()
            _ = try sandbox.answers()
            #expect(try sandbox.run(arguments).status == 0)
        }
        let whole = try Sandbox(Campaign.definitions)
        try whole.must("ingest", input: Campaign.text(Campaign.history(seed: seed, count: 300)))
        try whole.write(try sandbox.read("more.yaml"), to: "more.yaml")
        try whole.must("apply", "more.yaml")
        try whole.must("advance", "--to", "2026-03-20")
        #expect(try sandbox.answers() == whole.answers())
    }

    @Test("A killed init left a store or none, and can be tried again", arguments: UInt64(1)...8)
    func founding(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let sandbox = try Sandbox()
        let arguments = ["init", "--timezone", "America/New_York", "--currency", "USD"]
        let founder = try Running(sandbox, arguments, input: nil)
        usleep(UInt32(random.below(12_000)))
        founder.signal(SIGKILL)
        _ = try founder.wait()
        let isThere = try sandbox.muster("segments").status == 0
        #expect(try sandbox.run(arguments).status == (isThere ? 73 : 0))
        try sandbox.write(Campaign.definitions, to: "program.yaml")
        try sandbox.must("apply", "program.yaml")
    }

    /// Ends the process right after LMDB has written a meta page, the one write that is no whole page:
    /// the commit is durable, but the lock file's copy of its number is not updated yet.
    private static let killAfterMeta = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <signal.h>
        #include <unistd.h>
        static ssize_t wrap(const char *name, int file, const void *bytes, size_t count, off_t at) {
            ssize_t (*real)(int, const void *, size_t, off_t) = dlsym(RTLD_NEXT, name);
            ssize_t written = real(file, bytes, count, at);
            if (count < 4096 && at < 8192) kill(getpid(), SIGKILL);
            return written;
        }
        ssize_t pwrite(int f, const void *b, size_t c, off_t a) { return wrap("pwrite", f, b, c, a); }
        ssize_t pwrite64(int f, const void *b, size_t c, off_t a) { return wrap("pwrite64", f, b, c, a); }

        """

    @Test(
        "A writer killed at the end of its commit leaves its records to those that are open",
        .enabled(if: access("/usr/bin/cc", X_OK) == 0),
        arguments: [true, false]
    )
    func killedAtTheEndOfACommit(hasMore: Bool) throws {
        let sandbox = try Sandbox(Campaign.definitions)
        try sandbox.write(Self.killAfterMeta, to: "kill.c")
        let compiler = try Running(
            sandbox,
            ["-shared", "-fPIC", "-o", "kill.so", "kill.c", "-ldl"],
            input: nil,
            executable: "/usr/bin/cc"
        )
        #expect(try compiler.finish().status == 0)

        let other = try sandbox.start("ingest", "--emit", "acks", "--summary-json")
        other.send(tag("1", "p1", "vip", at: "2026-03-01T12:00:00Z"))
        #expect(try other.line() == #"{"committed":3,"lines":1}"#)

        let killed = try sandbox.run(
            ["ingest"],
            input: tag("2", "p2", "vip", at: "2026-03-01T12:00:00Z"),
            environment: ["LD_PRELOAD": sandbox.path("kill.so")]
        )
        #expect(killed.status == -SIGKILL)

        if hasMore {
            other.send(tag("3", "p3", "vip", at: "2026-03-01T12:00:00Z"))
            #expect(try other.line() == #"{"committed":5,"lines":2}"#)
        }
        let end = try other.finish()
        #expect(end.status == 0, "\(end.err)")
        #expect(try sandbox.must("members", "vips", "--count") == (hasMore ? "3\n" : "2\n"))
        let again = try sandbox.muster(
            "ingest",
            "--summary-json",
            input: tag("2", "p2", "vip", at: "2026-03-01T12:00:00Z")
                + tag("4", "p4", "vip", at: "2026-03-01T12:00:00Z")
        )
        #expect(again.out.hasPrefix(#"{"lines":2,"accepted":1,"duplicates":1,"#), "\(again)")
    }
}
