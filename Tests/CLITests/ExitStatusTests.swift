import Foundation
import Glibc
import Testing

/// What the binary ends with, and that a refused command leaves no trace (SPEC 7).
struct ExitStatusTests {
    /// A store of four records: one vip, since noon of the 1st.
    private func sandbox() throws -> Sandbox {
        let sandbox = try Sandbox(Campaign.definitions)
        try sandbox.must(
            "ingest",
            input: address("1", "p1", at: "2026-03-01T12:00:00Z")
                + tag("2", "p1", "vip", at: "2026-03-01T12:00:00Z")
        )
        return sandbox
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var arguments: [String]
        var status: Int32
        var says: String
        var testDescription: String { "\(status): \(arguments.joined(separator: " "))" }

        init(_ arguments: String, _ status: Int32, _ says: String) {
            self.arguments = arguments.split(separator: " ").map(String.init)
            self.status = status
            self.says = says
        }
    }

    static let refusals = [
        Case(
            "init --timezone UTC --currency USD --name " + String(repeating: "x", count: 51), 64,
            "1 to 50 characters"),
        Case("deliver --to stdout --max-age 24", 64, "such as 90s, 15m, 24h or 7d"),
        Case("advance --to 2026-03-02 --wait 1h30m", 64, "such as 90s, 15m, 24h or 7d"),
        Case("deliver --to stdout --rate 0", 64, "such as 20 or 20/s"),
        Case("deliver --to SMTP://127.0.0.1:1", 64, "mail needs a sender"),
        Case("deliver --to stdout --rate 5000000000000000000", 64, "from 1 to 100000"),
        Case("deliver --to stdout --attempts 5000000000", 64, "from 1 to 1000"),
        Case("deliver --to stdout --max-age +5h", 64, "such as 90s, 15m, 24h or 7d"),
        Case("deliver --to maildir:out --from acme", 64, "such as hello@acme.example"),
        Case("advance --to 1969-12-31T00:00:00Z", 64, "from 1970 on"),
        Case("advance --to 1969-12-31", 64, "a date from 1970 on"),
        Case("members vips --at 1969-12-31", 64, "a date from 1970 on"),
        Case("members vips --known-at 0001-01-01", 64, "a date from 1970 on"),
        Case("sends --until 1960-01-01", 64, "a date from 1970 on"),
        Case("simulate --definitions program.yaml --from 1960-01-01", 64, "a date from 1970 on"),
        Case("forecast vips --to 1960-01-01", 64, "a date from 1970 on"),
        Case("members vip", 1, "did you mean vips?"),
        Case("members VIPS", 1, "did you mean vips?"),
        Case("members vips --at 2026-03-01T12:00:00.000001Z", 1, "has not come"),
        Case("members vips --at 2026-03-02", 1, "has not come"),
        Case("members vips --seq 5", 1, "the log's last record is 4"),
        Case("members vips --seq 1", 1, "it was defined"),
        Case("partner p2", 1, "no event has named a partner p2"),
        Case("partner p1 --at 2026-03-02", 1, "has not come"),
        Case("partner p2 --at 2026-03-01", 1, "no event has named a partner p2"),
        Case("partner p1 --at 2026-03-01", 1, "the first is of 2026-03-01T12:00:00Z"),
        Case("partner p1 --at 2026-03-01 --corrected", 1, "the first is of 2026-03-01T12:00:00Z"),
        Case("preview vip", 1, "did you mean vips?"),
        Case("members vips --at yesterday", 64, "yesterday"),
        Case("members vips --at 2026-02-29", 64, "2026-02-29"),
        Case("members vips --at 2026-03-01T12:00:00", 64, "2026-03-01T12:00:00"),
        Case("members vips --at 2026-03-01 --seq 2", 64, "not both"),
        Case("members vips --limit=-1", 64, "must not be negative"),
        Case("members vips --format xml", 64, "ndjson"),
        Case("members", 64, "<segment>"),
        Case("members vips fans", 64, "fans"),
        Case("sends --status lost", 64, "pending"),
        Case("ingest --clock sun", 64, "wall"),
        Case("ingest --batch 0", 64, "--batch"),
        Case("ingest --wait 1y", 64, "1y"),
        Case("ingest --input xml", 64, "cloudevents"),
        Case("ingest --emit thanks", 64, "acks"),
        Case("apply", 64, "<files>"),
        Case("advance", 64, "--to"),
        Case("advance --to 2999-01-01", 64, "--force"),
        Case("fly", 64, "fly"),
        Case("init --timezone Mars/Olympus --currency USD --store new", 64, "Mars/Olympus"),
        Case("init --timezone ../../etc/passwd --currency USD --store new", 64, "no time zone"),
        Case("init --timezone America --currency USD --store new", 64, "no time zone"),
        Case("init --timezone UTC --currency usd --store new", 64, "three capitals"),
        Case("init --timezone UTC --currency EURO --store new", 64, "three capitals"),
        Case("init --timezone UTC --store new", 64, "--currency"),
        Case("apply wrong.yaml", 65, "wrong.yaml:1:1"),
        Case("apply program.yaml other.yaml", 65, "other.yaml:1:"),
        Case("preview vips --definitions wrong.yaml", 65, "wrong.yaml:1:1"),
        Case("ingest wrong.ndjson", 65, #"{"line":1,"code":"missing_field","field":"type""#),
        Case("ingest missing.ndjson", 66, "missing.ndjson: No such file"),
        Case("ingest good.ndjson missing.ndjson", 66, "missing.ndjson: No such file"),
        Case("ingest good.ndjson --rejects good.ndjson", 64, "would overwrite the input"),
        Case(
            "ingest good.ndjson --rejects muster-store/data.mdb", 64,
            "would overwrite the store's data.mdb"),
        Case("apply missing.yaml", 66, "missing.yaml: No such file"),
        Case("preview vips --definitions missing.yaml", 66, "missing.yaml: No such file"),
        Case("segments --store nowhere", 66, "there is no store in nowhere"),
        Case("ingest --store nowhere", 66, "muster init"),
        Case("advance --to 2026-03-02 --store nowhere", 66, "there is no store"),
        Case("segments --store program.yaml", 66, "there is no store"),
        Case("init --timezone UTC --currency USD", 73, "holds a store already"),
        Case("init --timezone UTC --currency USD --store a/b", 73, "a/b"),
        Case("ingest wrong.ndjson --rejects a/b", 73, "a/b: No such file"),
        Case("ingest folder", 74, "folder: Is a directory"),
        Case("apply folder", 74, "folder: Is a directory"),
    ]

    @Test("A refused command says why and leaves no trace", arguments: refusals)
    func refused(_ c: Case) throws {
        let sandbox = try sandbox()
        try sandbox.write("segment: []\n", to: "wrong.yaml")
        try sandbox.write("program: { currency: EUR }\n", to: "other.yaml")
        try sandbox.write("{\"id\":\"3\"}\n", to: "wrong.ndjson")
        try sandbox.write(tag("3", "p3", "vip", at: "2026-03-01T13:00:00Z"), to: "good.ndjson")
        try FileManager.default.createDirectory(
            atPath: sandbox.path("folder"),
            withIntermediateDirectories: false
        )
        let before = try sandbox.bytes("muster-store/data.mdb")
        let outcome = try sandbox.run(c.arguments)
        #expect(outcome.status == c.status)
        #expect(outcome.err.contains(c.says), "\(outcome.err)")
        #expect(outcome.out.isEmpty)
        #expect(try sandbox.bytes("muster-store/data.mdb") == before)
        #expect(access(sandbox.path("new"), F_OK) != 0, "no directory is left behind")
    }

    @Test("A segment is asked for before it was, and after it was retired")
    func retired() throws {
        let sandbox = try sandbox()
        try sandbox.must("advance", "--to", "2026-03-02T12:00:00Z")
        try sandbox.write(
            "segments: [{ id: late, match: { tag: { any_of: [vip] } } }]",
            to: "late.yaml"
        )
        try sandbox.must("apply", "late.yaml")
        try sandbox.must("advance", "--to", "2026-03-03")
        try sandbox.must("apply", "--prune", "program.yaml")
        try sandbox.must("advance", "--to", "2026-03-04")

        let before = try sandbox.muster("members", "late", "--at", "2026-03-02")
        #expect(before.status == 1)
        #expect(before.err.contains("defined at 2026-03-02T12:00:00Z, by record 6"))
        #expect(try sandbox.must("members", "late", "--at", "2026-03-02T12:00:00Z") == "p1\n")
        let after = try sandbox.muster("members", "late", "--at", "2026-03-03")
        #expect(after.status == 1)
        #expect(after.err.contains("retired at 2026-03-03T00:00:00Z, by record 8"))
        #expect(!after.err.contains("--known-at"))
        #expect(try sandbox.muster("members", "late").status == 1)
        #expect(try sandbox.must("members", "late", "--seq", "7") == "p1\n")

        // The rules are those in force at K, and it is K that the refusal is about.
        for command in [["members", "late"], ["explain", "member", "late", "p1"]] {
            func seen(at instant: String, knownAt: String) throws -> Outcome {
                try sandbox.run(command + ["--at", instant, "--known-at", knownAt])
            }
            let late = try seen(at: "2026-03-02T23:00:00Z", knownAt: "2026-03-03T01:00:00Z")
            #expect(late.status == 1)
            #expect(
                late.err == """
                    error: the segment late was no longer in force at 2026-03-03T01:00:00Z, up to which \
                    --known-at goes: it was retired at 2026-03-03T00:00:00Z, by record 8
                      fix: give an earlier --known-at, or ask without it and without --corrected

                    """)
            let early = try seen(at: "2026-03-02T10:00:00Z", knownAt: "2026-03-02T11:00:00Z")
            #expect(early.status == 1)
            #expect(early.err.contains("was not in force yet at 2026-03-02T11:00:00Z, up to which"))
            #expect(early.err.contains("fix: give a later --known-at"))
        }
    }

    @Test("A store whose clock was never set has no past")
    func unset() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        let outcome = try sandbox.muster("members", "vips", "--at", "1970-01-01")
        #expect(outcome.status == 1)
        #expect(outcome.err.contains("the engine clock is not set yet"))
        #expect(try sandbox.must("members", "vips", "--count") == "0\n")
    }

    @Test(
        "While another process holds a lock, writers give up after --wait and readers go on",
        arguments: ["turnstile.lock", "writer.lock"]
    )
    func busy(lock: String) throws {
        let sandbox = try sandbox()
        let file = Descriptor(open(sandbox.path("muster-store/" + lock), O_RDWR | O_CLOEXEC))
        #expect(flock(file.number, LOCK_EX) == 0)
        let started = Date()
        for arguments in [
            ["ingest", "--wait", "1s"], ["advance", "--to", "2026-03-02", "--wait", "0"],
            ["apply", "program.yaml", "--wait", "0s"],
        ] {
            let outcome = try sandbox.run(
                arguments,
                input: tag("3", "p1", "vip", at: "2026-03-01T13:00:00Z")
            )
            #expect(outcome.status == 75, "\(arguments)")
            #expect(outcome.err.contains("such as with --wait 60s;"))
        }
        #expect(Date().timeIntervalSince(started) >= 1)
        #expect(try sandbox.must("members", "vips") == "p1\n")
        file.close()
        try sandbox.must("advance", "--to", "2026-03-02", "--wait", "1s")
    }

    @Test("MUSTER_STORE names the store, and --store comes before it")
    func environment() throws {
        let sandbox = try sandbox()
        rename(sandbox.path("muster-store"), sandbox.path("elsewhere"))
        let elsewhere = ["MUSTER_STORE": "elsewhere"]
        #expect(try sandbox.run(["members", "vips"], environment: elsewhere).out == "p1\n")
        let nowhere = try sandbox.run(
            ["members", "vips", "--store", "nowhere"],
            environment: elsewhere
        )
        #expect(nowhere.status == 66)
        let none = try sandbox.run(["members", "vips"], environment: ["MUSTER_STORE": ""])
        #expect(none.err.contains("there is no store in ./muster-store"))
    }

    @Test("A full device and a directory in the way end in a message")
    func cannotWrite() throws {
        let sandbox = try sandbox()
        let rejects = try sandbox.muster("ingest", "--rejects", "/dev/full", input: "{}\n")
        #expect(rejects.status == 74)
        #expect(rejects.err.contains("/dev/full: No space left"))
    }
}
