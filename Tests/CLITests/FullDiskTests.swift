import Glibc
import Testing

/// Copies that find no room: nothing is left that looks whole, or that stands in the way of the next try
/// (SPEC 8, promise 4).
///
/// A limit of the size of files is such a disk too.
struct FullDiskTests {
    /// From no room for the lock file to nearly enough for all.
    private static let sizes = "16k 32k 48k 64k 100k 200k 250k 300k"

    @Test(
        "A copy that finds no room leaves nothing, and comes to be where there is some",
        .enabled(if: SmallDisk.isThere), arguments: ["backup", "restore", "import"])
    func noRoom(command: String) throws {
        let sandbox = try Sandbox(Campaign.definitions)
        try sandbox.must("ingest", input: Campaign.text(Campaign.history(seed: 4, count: 4_000)))
        try sandbox.write(try sandbox.must("export"), to: "export.ndjson")
        try sandbox.must("backup", "sound")
        let make =
            switch command {
            case "backup": "backup full/copy"
            case "restore": "restore sound --store full/copy"
            default: "import export.ndjson --store full/copy"
            }
        let outcome = try SmallDisk.run(
            sandbox,
            """
            for size in \(Self.sizes); do
                mount -o remount,size=$size disk
                "$MUSTER" \(make) > /dev/null; echo $? $(ls -A full)
            done
            mount -o remount,size=32m disk
            "$MUSTER" \(make) > /dev/null; echo $? $(ls -A full)
            "$MUSTER" digest --store full/copy
            "$MUSTER" audit --store full/copy > /dev/null; echo $?
            """)
        let tries = outcome.lines.dropLast(3)
        #expect(tries.count == 8)
        #expect(tries.allSatisfy { $0 == "73" }, "\(outcome)")
        #expect(
            outcome.lines.suffix(3) == ["0 copy", try sandbox.must("digest").trimmed, "0"],
            "\(outcome)")
        #expect(outcome.err.contains("No space left on device"))
    }

    @Test(
        "A limit of the size of files ends in a message, and what was stored before stays",
        arguments: [
            ("apply more.yaml", Int32(74)), ("advance --to 2026-03-09", 74),
            ("ingest more.ndjson", 74), ("ingest more.ndjson --batch 10", 74),
            ("init --timezone UTC --currency USD --store new", 73),
        ])
    func fileSizeLimit(command: String, status: Int32) throws {
        let sandbox = try Sandbox(Campaign.definitions)
        try sandbox.must("ingest", input: Campaign.text(Campaign.history(seed: 4, count: 500)))
        try sandbox.write(
            Campaign.text(Campaign.history(seed: 5, count: 500, prefix: "f")), to: "more.ndjson")
        try sandbox.write(
            "segments: [{ id: more, match: { tag: { any_of: [vip] } } }]", to: "more.yaml")
        let digest = try sandbox.must("digest")
        let nothing = Descriptor(open("/dev/null", O_RDONLY | O_CLOEXEC))
        let limited = try Running(
            sandbox, ["-c", "ulimit -f 8; exec \"$MUSTER\" \(command)"], input: nothing,
            environment: ["MUSTER": Running.binary], executable: "/bin/sh"
        ).wait()
        #expect(limited.status == status, "\(limited)")
        #expect(limited.err.contains("File too large"), "\(limited)")
        #expect(limited.err.hasPrefix("error: "), "\(limited)")
        #expect(try sandbox.must("digest") == digest)
        #expect(try sandbox.muster("audit").status == 0)
        try sandbox.must("ingest", "more.ndjson")
    }
}

extension String {
    fileprivate var trimmed: String { String(prefix { $0 != "\n" }) }
}
