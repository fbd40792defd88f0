import Foundation
import Glibc
import Testing

/// An `ingest` and a `deliver` on one store, each killed at random moments: what was mailed is told by one
/// record, whoever wrote it (SPEC 10).
///
/// A seed picks which of the two dies in each round, and when. What differs between runs is how far the
/// processes have come by then.
struct DeliverBesideTests {
    private func events(_ round: Int) -> String {
        (0..<15).map { number in
            let name = "p\(round)-\(number)"
            let hour = 10 + round
            return address("\(name)-a", name, at: "2026-03-01T\(hour):00:00Z")
                + tag("\(name)-b", name, "on", at: "2026-03-01T\(hour):10:00Z")
                + tag("\(name)-c", name, "now", at: "2026-03-01T\(hour):10:00Z")
        }.joined()
    }

    @Test("Killed beside each other, each result is in the log once", arguments: [UInt64(1), 2])
    func killed(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let sandbox = try Sandbox(DeliverTests.definitions)
        let rounds = 8
        for round in 0..<rounds {
            let delivering = try sandbox.start(
                "deliver", "--to", "maildir:box", "--max-age", "100000d", "--from",
                "a@acme.example", "--follow", "--rate", "400/s")
            let ingesting = try sandbox.start("ingest")
            for line in events(round).split(separator: "\n") {
                ingesting.send(line + "\n")
                usleep(UInt32(random.below(2_000)))
            }
            let victim = random.oneIn(2) ? delivering : ingesting
            usleep(UInt32(random.below(200_000)))
            victim.signal(SIGKILL)
            usleep(UInt32(random.below(200_000)))
            for process in [delivering, ingesting] {
                process.signal(SIGKILL)
                _ = try process.wait()
            }
            try sandbox.must("audit")
        }
        try sandbox.must("ingest", input: (0..<rounds).map(events).joined())
        try sandbox.must("advance", "--to", "2026-03-01T20:00:00Z")
        let last = try sandbox.muster(
            "deliver", "--to", "maildir:box", "--max-age", "100000d", "--from", "a@acme.example",
            "--retry-unknown")
        #expect(last.status == 0, "\(last)")
        let sends = Set(
            try sandbox.must("sends", "--status", "delivered", "--format", "csv")
                .split(whereSeparator: \.isNewline).dropFirst().map { String($0.prefix(30)) })
        #expect(sends.count == 2 * 15 * rounds)
        let files = try FileManager.default.contentsOfDirectory(atPath: sandbox.path("box/new"))
        #expect(Set(files) == sends)
        let results = try sandbox.must("export").split(separator: "\n").compactMap { line in
            line.firstMatch(of: /"id":"muster:(snd_[0-9a-z]+):delivered"/).map { String($0.1) }
        }
        #expect(results.count == sends.count)
        #expect(Set(results) == sends)
        try sandbox.must("audit")
    }
}
