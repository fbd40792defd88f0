import Foundation
import Glibc
import Testing

/// Sends that leave the house (SPEC 10), with the real binary and a real mailbox.
struct DeliverTests {
    static let definitions = """
        templates:
          - { id: hello, subject: "Hello {{partner}}", text: "Hello" }
        segments:
          - { id: greeted, match: { email: { activity: delivered } } }
          - { id: on, match: { tag: { any_of: [on] } } }
        workflows:
          - { id: greet, segment: on, do: [{ send_email: hello }], state: active }
        automations:
          - { id: at-once, on: { tag_assigned: now }, do: [{ send_email: hello }], state: active }

        """

    private static let aged = ["--max-age", "100000d", "--from", "Acme <a@acme.example>"]

    /// Partners with two sends each: one of the workflow, one of the automation.
    private func program(partners: Int) throws -> Sandbox {
        let sandbox = try Sandbox(Self.definitions)
        try sandbox.must("ingest", input: Self.events(partners))
        try sandbox.must("advance", "--to", "2026-03-01T13:00:00Z")
        return sandbox
    }

    private static func events(_ partners: Int, from first: Int = 0) -> String {
        (first..<(first + partners)).map { number in
            let name = "p\(number)"
            return address("\(name)-a", name, at: "2026-03-01T12:00:00Z")
                + tag("\(name)-b", name, "on", at: "2026-03-01T12:10:00Z")
                + tag("\(name)-c", name, "now", at: "2026-03-01T12:10:00Z")
        }.joined()
    }

    private func deliver(_ sandbox: Sandbox, _ arguments: String...) throws -> Outcome {
        try sandbox.run(["deliver", "--to", "maildir:box"] + Self.aged + arguments)
    }

    private func statuses(_ sandbox: Sandbox) throws -> [String: Int] {
        try sandbox.must("sends", "--format", "csv").split(whereSeparator: \.isNewline).dropFirst()
            .reduce(into: [:]) { counts, row in
                counts[String(row.split(separator: ",")[9]), default: 0] += 1
            }
    }

    /// Events of the log that tell of results.
    private func results(_ sandbox: Sandbox) throws -> Int {
        try sandbox.must("export").split(separator: "\n").count { $0.contains("\"muster:snd_") }
    }

    private func mails(_ sandbox: Sandbox) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: sandbox.path("box/new"))
    }

    @Test("Every send is mailed once, and the log knows it")
    func once() throws {
        let sandbox = try program(partners: 30)
        let first = try deliver(sandbox)
        #expect(first.status == 0 && first.err == "60 delivered\n")
        #expect(try mails(sandbox).count == 60)
        #expect(try statuses(sandbox) == ["delivered": 60])
        #expect(try sandbox.must("members", "greeted", "--count") == "30\n")
        #expect(try deliver(sandbox).err == "0 delivered\n")
        #expect(try mails(sandbox).count == 60)
        try sandbox.must("audit")
        let report = try sandbox.must("report", "--format", "ndjson")
        #expect(report.contains(#""source":"greet","kind":"workflow","acted_on":30,"sends":30,"#))
        #expect(report.contains(#""delivered":30,"#))
    }

    @Test("Killed at any moment, no send is lost, and what is doubtful is listed")
    func killed() throws {
        var random = SplitMix64(seed: 10)
        let sandbox = try program(partners: 60)
        var kills = 0
        for _ in 0..<12 {
            let running = try sandbox.start(
                "deliver", "--to", "maildir:box", "--max-age", "100000d", "--from",
                "a@acme.example",
                "--rate", "400/s", "--parallel", "3")
            usleep(UInt32(20_000 + random.below(40_000)))
            running.signal(SIGKILL)
            if try running.wait().status == -SIGKILL { kills += 1 }
            // A Maildir takes one mail at a time, so no more than one can be in doubt.
            let claimed = try sandbox.must("sends", "--status", "claimed")
            #expect(claimed.split(separator: "\n").count <= 1, "\(claimed)")
            try sandbox.must("audit")
        }
        #expect(kills > 0)
        #expect(try deliver(sandbox).status == 0)
        // What died between the mail and its note is in doubt, and nothing else is left to do.
        let counts = try statuses(sandbox)
        #expect(counts["delivered", default: 0] + counts["unknown", default: 0] == 120)
        let listed = try sandbox.must("sends", "--status", "unknown")
        #expect(listed.split(separator: "\n").allSatisfy { $0.contains("\tgreet\tworkflow\t") })
        #expect(try deliver(sandbox, "--retry-unknown").status == 0)
        #expect(try statuses(sandbox) == ["delivered": 120])
        #expect(Set(try mails(sandbox)).count == 120)
        #expect(try results(sandbox) == 120, "each result is in the log, once")
        try sandbox.must("audit")
    }

    @Test("At so many mails a second, a number of them takes no less than its time")
    func rate() throws {
        let sandbox = try program(partners: 6)
        let started = ContinuousClock.now
        let outcome = try deliver(sandbox, "--rate", "10/s")
        #expect(outcome.err == "12 delivered\n")
        // The first goes out at once.
        #expect(ContinuousClock.now - started >= .milliseconds(1_100))
    }

    @Test("A long ingest and a long delivery work side by side")
    func sideBySide() throws {
        let sandbox = try program(partners: 2)
        let delivering = try sandbox.start(
            "deliver", "--to", "stdout", "--follow", "--max-age", "100000d")
        let ingesting = try sandbox.start("ingest", "--emit", "acks")
        for number in 10..<13 {
            ingesting.send(Self.events(1, from: number))
            _ = try ingesting.line()
        }
        var mailed: Set<String> = []
        while mailed.count < 7, let line = try delivering.line() {
            mailed.insert(String(line.prefix(40)))
        }
        #expect(mailed.count == 7)
        ingesting.closeInput()
        #expect(try ingesting.wait().status == 0)
        delivering.signal(SIGTERM)
        let outcome = try delivering.wait()
        #expect(outcome.status == 0 && outcome.err == "7 delivered\n", "\(outcome)")
        #expect(try results(sandbox) == 7)
        try sandbox.must("audit")
    }

    @Test("A delivery that follows writes its results itself where nobody else writes")
    func followsAlone() throws {
        let sandbox = try program(partners: 3)
        let delivering = try sandbox.start(
            "deliver", "--to", "stdout", "--follow", "--max-age", "100000d")
        try eventually("the results are in the log") { try results(sandbox) == 6 }
        delivering.signal(SIGKILL)
        _ = try delivering.wait()
        #expect(try statuses(sandbox) == ["delivered": 6])
        try sandbox.must("audit")
    }

    @Test("An ingest takes in the results that a killed delivery left, and so does an advance")
    func takenIn() throws {
        for command in [["ingest"], ["advance", "--to", "2026-03-01T14:00:00Z"]] {
            let sandbox = try program(partners: 3)
            let delivering = try sandbox.start(
                "deliver", "--to", "stdout", "--rate", "100/s", "--follow", "--max-age", "100000d")
            // Killed between the mail and the record, where that is hit.
            for _ in 0..<6 { _ = try delivering.line() }
            delivering.signal(SIGKILL)
            _ = try delivering.wait()
            let input = tag("x", "p0", "other", at: "2026-03-01T13:30:00Z")
            #expect(try sandbox.run(command, input: input).status == 0)
            let delivered = try statuses(sandbox)["delivered", default: 0]
            #expect(try results(sandbox) == delivered)
            #expect(delivered >= 5)
            try sandbox.must("audit")
        }
    }

    @Test("A restored or imported store mails nothing before it is released")
    func held() throws {
        let sandbox = try program(partners: 1)
        try sandbox.must("backup", "copy")
        let mark = try sandbox.must("restore", "copy", "--store", "restored")
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let exported = try sandbox.must("export")
        try sandbox.write(exported, to: "export.ndjson")
        try sandbox.must("import", "export.ndjson", "--store", "imported")
        for store in ["restored", "imported"] {
            let refused = try deliver(sandbox, "--store", store)
            #expect(refused.status == 1, "\(refused)")
            let told = try #require(refused.err.firstMatch(of: /--release (\d+)/))
            if store == "restored" { #expect(String(told.1) == mark) }
            let released = try deliver(
                sandbox, "--store", store, "--release", String(told.1))
            #expect(released.status == 0 && released.err == "2 delivered\n", "\(released)")
        }
        try sandbox.must("restore", "copy", "--store", "again")
        let alone = try sandbox.muster("deliver", "--store", "again", "--release", mark)
        #expect(alone.status == 0 && alone.out == "")
        #expect(alone.err == "released: what mark \(mark) held may be mailed\n")
    }

    @Test("A store whose sends are handed out otherwise is refused")
    func emits() throws {
        let sandbox = try program(partners: 1)
        try sandbox.must("ingest", "--emit", "sends")
        let refused = try deliver(sandbox)
        #expect(refused.status == 64)
        #expect(refused.err.contains("--emit sends"))
    }

    @Test("Results that another writer keeps out of the log wait for the next one, told once")
    func keptOut() throws {
        let sandbox = try program(partners: 1)
        let file = Descriptor(open(sandbox.path("muster-store/writer.lock"), O_RDWR | O_CLOEXEC))
        #expect(flock(file.number, LOCK_EX) == 0)
        let outcome = try deliver(sandbox, "--wait", "1s")
        #expect(outcome.status == 0, "\(outcome)")
        #expect(
            outcome.err
                == "the next process that writes takes the results into the log\n2 delivered\n")
        #expect(try results(sandbox) == 0)
        file.close()
        try sandbox.must("ingest", input: Self.events(1, from: 7))
        #expect(try results(sandbox) == 2)
    }

    @Test("One process delivers at a time")
    func alone() throws {
        let sandbox = try program(partners: 1)
        let first = try sandbox.start(
            "deliver", "--to", "stdout", "--follow", "--max-age", "100000d")
        _ = try first.line()
        #expect(try deliver(sandbox).status == 75)
        first.signal(SIGTERM)
        #expect(try first.wait().status == 0)
    }
}
