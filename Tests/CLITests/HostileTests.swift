import Foundation
import Glibc
import Testing

/// Odd stores, odd files and full disks: a documented end each time, never a crash (SPEC 7, 8).
struct HostileTests {
    private func sandbox() throws -> Sandbox {
        let sandbox = try Sandbox(Campaign.definitions)
        try sandbox.must("ingest", input: Campaign.text(Campaign.history(seed: 9, count: 300)))
        return sandbox
    }

    private func makeFolder(_ sandbox: Sandbox, _ name: String) throws {
        try FileManager.default.createDirectory(
            atPath: sandbox.path(name),
            withIntermediateDirectories: true
        )
    }

    // MARK: Odd stores

    @Test(
        "What is no store is refused with a message",
        arguments: ["noise", "nothing", "folder"]
    )
    func noStore(kind: String) throws {
        let sandbox = try Sandbox()
        try makeFolder(sandbox, "odd")
        switch kind {
        case "noise":
            var random = SplitMix64(seed: 1)
            try sandbox.write(
                (0..<50_000).map { _ in UInt8(random.below(256)) },
                to: "odd/data.mdb"
            )
        case "nothing": try sandbox.write("", to: "odd/data.mdb")
        default: try makeFolder(sandbox, "odd/data.mdb")
        }
        for arguments in [["segments"], ["ingest"], ["advance", "--to", "2026-03-01"]] {
            let outcome = try sandbox.run(arguments + ["--store", "odd"])
            #expect([66, 74].contains(outcome.status), "\(arguments)")
            #expect(outcome.err.hasPrefix("error: "))
        }
    }

    @Test("A file in the place of a store's directory is refused")
    func fileForDirectory() throws {
        let sandbox = try Sandbox()
        try sandbox.write("something\n", to: "file")
        let outcome = try sandbox.muster(
            "init",
            "--timezone",
            "UTC",
            "--currency",
            "USD",
            "--store",
            "file"
        )
        #expect(outcome.status == 73)
        #expect(try sandbox.read("file") == "something\n")
    }

    @Test("A directory with other things in it can become a store, and they stay")
    func otherThings() throws {
        let sandbox = try Sandbox()
        try makeFolder(sandbox, "home")
        try sandbox.write("mine\n", to: "home/notes.txt")
        try sandbox.must("init", "--timezone", "UTC", "--currency", "USD", "--store", "home")
        #expect(try sandbox.must("segments", "--store", "home") == "")
        #expect(try sandbox.read("home/notes.txt") == "mine\n")
    }

    @Test("An empty data file is not turned into an environment by a command that only feeds")
    func emptyData() throws {
        let sandbox = try Sandbox()
        try makeFolder(sandbox, "odd")
        try sandbox.write("", to: "odd/data.mdb")
        #expect(try sandbox.muster("ingest", "--store", "odd").status == 66)
        #expect(try sandbox.bytes("odd/data.mdb").isEmpty)
    }

    @Test(
        "A cut-off data file is called damaged",
        arguments: [8_192, 20_480, 40_960]
    )
    func cutOff(bytes: Int) throws {
        let sandbox = try sandbox()
        #expect(truncate(sandbox.path("muster-store/data.mdb"), bytes) == 0)
        for arguments in [["segments"], ["sends"], ["ingest"]] {
            let outcome = try sandbox.run(arguments)
            #expect(outcome.status == 74, "\(arguments)")
            #expect(outcome.err.contains("damaged"))
        }
    }

    @Test("The lock files may go missing between commands")
    func lockFiles() throws {
        let sandbox = try sandbox()
        let answers = try sandbox.answers()
        for name in ["lock.mdb", "turnstile.lock", "writer.lock"] {
            unlink(sandbox.path("muster-store/" + name))
        }
        #expect(try sandbox.answers() == answers)
        try sandbox.must("advance", "--to", "2026-03-20")
    }

    /// `Tools/torture sweep` does this to every byte.
    @Test("A flipped bit is found by audit, or changes no answer")
    func flippedBits() throws {
        let sandbox = try sandbox()
        try sandbox.must(
            "deliver", "--to", "maildir:mail", "--from", "a@example.com", "--max-age", "9999d")
        let questions = [["digest"], ["sends"], ["report"], ["export", "--log"]]
        let answers = try questions.map { try sandbox.run($0).out }
        let sound = try sandbox.bytes("muster-store/data.mdb")
        try makeFolder(sandbox, "rotten")
        var random = SplitMix64(seed: 3)
        for _ in 0..<40 {
            var bytes = [UInt8](sound)
            bytes[random.below(bytes.count)] ^= 1 << UInt8(random.below(8))
            try sandbox.write(bytes, to: "rotten/data.mdb")
            unlink(sandbox.path("rotten/lock.mdb"))
            let audit = try sandbox.run(["audit", "--store", "rotten"])
            #expect([0, 1, 74].contains(audit.status), "\(audit)")
            guard audit.status == 0 else { continue }
            for (question, answer) in zip(questions, answers) {
                #expect(try sandbox.run(question + ["--store", "rotten"]).out == answer)
            }
        }
    }

    @Test(
        "Damage of the newest meta page is damage, not a store that is missing, and no hang",
        arguments: [(92, 0x02), (128, 0x01), (143, 0x40), (151, 0x80)])
    func damagedMetaPage(at offset: Int, flipping bits: UInt8) throws {
        let sandbox = try sandbox()
        var bytes = [UInt8](try sandbox.bytes("muster-store/data.mdb"))
        // The number of a page's commit stands 144 bytes behind its beginning, the lowest byte first.
        let newest = bytes[144] > bytes[4096 + 144] ? 0 : 4096
        bytes[newest + offset] ^= bits
        try makeFolder(sandbox, "rotten")
        try sandbox.write(bytes, to: "rotten/data.mdb")
        // What the page names instead may be an earlier commit, which only the hashes tell from this one.
        let audit = try sandbox.run(["audit", "--store", "rotten"])
        #expect([1, 74].contains(audit.status), "\(audit)")
        let stats = try sandbox.run(["stats", "--store", "rotten"])
        #expect([0, 74].contains(stats.status), "\(stats)")
    }

    // MARK: Odd files

    @Test("Devices and empty files are inputs like any other")
    func devices() throws {
        let sandbox = try sandbox()
        try sandbox.write("", to: "empty")
        #expect(
            try sandbox.must("ingest", "/dev/null", "empty", "--summary-json").contains(
                #""lines":0"#
            )
        )
        #expect(try sandbox.muster("apply", "/dev/null").status == 65)
        #expect(
            try sandbox.muster("ingest", "--rejects", "/dev/null", input: "{}\n").err.hasPrefix(
                "1 line:"
            )
        )
    }

    @Test("A mebibyte of zeros, of line feeds and of brackets")
    func floods() throws {
        let sandbox = try sandbox()
        for (byte, lines) in [(UInt8(0), 1), (10, 0), (91, 1), (123, 1), (34, 1), (255, 1)] {
            try sandbox.write([UInt8](repeating: byte, count: 1 << 20), to: "flood")
            let outcome = try sandbox.muster("ingest", "flood", "--summary-json")
            #expect(outcome.status == (lines == 0 ? 0 : 65))
            #expect(
                outcome.out.hasPrefix(
                    #"{"lines":\#(lines),"accepted":0,"duplicates":0,"rejected":\#(lines),"#
                )
            )
        }
    }

    @Test("Noise is refused line by line", arguments: UInt64(1)...5)
    func noise(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let sandbox = try sandbox()
        var lines = Campaign.history(seed: 9, count: 300).map { Array($0.utf8) }
        for index in lines.indices {
            lines[index][random.below(lines[index].count)] = UInt8(random.below(256))
        }
        try sandbox.write(Array(lines.joined(separator: [10])), to: "noise")
        let outcome = try sandbox.muster("ingest", "noise", "--summary-json")
        #expect(outcome.status == 65)
        struct Summary: Decodable { var lines: Int, accepted: Int, duplicates: Int, rejected: Int }
        let summary = try JSONDecoder().decode(Summary.self, from: Data(outcome.out.utf8))
        #expect(summary.lines == summary.accepted + summary.duplicates + summary.rejected)
        #expect(outcome.err.split(separator: "\n").count == summary.rejected)
        #expect(try !sandbox.answers().isEmpty)
    }

    @Test("What a refused line holds can't command a terminal")
    func terminal() throws {
        let sandbox = try sandbox()
        let outcome = try sandbox.muster("ingest", input: "{\"id\":\"\u{7f}\u{9b}2J\u{1b}é\"}\n")
        #expect(outcome.status == 65)
        #expect(outcome.err.contains(#"\u007f\u009b2J"#))
        #expect(outcome.err.contains("é"))
        #expect(!outcome.err.unicodeScalars.contains { $0.value == 0x7f || $0.value == 0x9b })
    }

    // MARK: Refused by the system

    @Test(
        "A full disk is a message; with more room the same input goes on",
        .enabled(if: SmallDisk.isThere))
    func fullDisk() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        let lines = Campaign.history(seed: 4, count: 4_000)
        try sandbox.write(Campaign.text(lines), to: "events")
        let outcome = try SmallDisk.run(
            sandbox,
            """
            cp -r muster-store full/store; export MUSTER_STORE=full/store
            "$MUSTER" ingest events --batch 200 --emit acks > acks; echo $?
            "$MUSTER" members vips --count > /dev/null; echo $?
            "$MUSTER" members vips --count --seq $(tail -n 1 acks | tr -dc '0-9,' | cut -d, -f1) \
                > /dev/null; echo $?
            mount -o remount,size=32m disk
            "$MUSTER" ingest events; echo $?
            cp -r full/store kept
            """
        )
        #expect(outcome.out == "74\n0\n0\n0\n", "\(outcome)")
        #expect(outcome.err.contains("error: the store can't be written"))
        #expect(outcome.err.contains("No space left on device"))
        try sandbox.must("ingest", "events")
        #expect(try sandbox.answers(store: "kept") == sandbox.answers())
    }

    @Test(
        "A disk without room for the lock file is a message",
        .enabled(if: SmallDisk.isThere)
    )
    func noRoomForLocks() throws {
        let outcome = try SmallDisk.run(
            try Sandbox(),
            """
            dd if=/dev/zero of=full/fill bs=4k 2> /dev/null
            "$MUSTER" init --timezone UTC --currency USD --store full/store; echo $?
            """
        )
        #expect(outcome.out == "73\n")
    }

    @Test("A store on a read-only file system can be asked", .enabled(if: SmallDisk.isThere))
    func readOnly() throws {
        let sandbox = try sandbox()
        let answer = try sandbox.must("segments")
        let outcome = try SmallDisk.run(
            sandbox,
            """
            mount -o remount,size=8m disk; cp -r muster-store full/store; mount -o remount,ro disk
            "$MUSTER" segments --store full/store
            """
        )
        #expect(outcome == Outcome(status: 0, out: answer, err: ""))
    }

    @Test(
        "Writing to a read-only file system is refused with a message",
        .enabled(if: SmallDisk.isThere)
    )
    func writingReadOnly() throws {
        let outcome = try SmallDisk.run(
            try sandbox(),
            """
            mount -o remount,size=8m disk; cp -r muster-store full/store; mount -o remount,ro disk
            "$MUSTER" advance --to 2026-04-01 --store full/store; echo $?
            """
        )
        #expect(outcome.out == "74\n")
        #expect(outcome.err.contains("Read-only file system"))
    }
}
