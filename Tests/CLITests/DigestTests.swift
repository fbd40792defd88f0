import Testing

/// `digest`: one hash for one input, whatever the batches, and another for any other (SPEC 7).
struct DigestTests {
    private func digest(batch: Int, lines: [String]) throws -> (hash: String, Sandbox) {
        let sandbox = try Sandbox(Campaign.definitions, timezone: "Europe/Berlin")
        try sandbox.must("ingest", "--batch", "\(batch)", input: Campaign.text(lines))
        return (try sandbox.must("digest"), sandbox)
    }

    @Test("The hash is that of the dump, the same for all batches, and moves with the input")
    func hash() throws {
        let lines = Campaign.history(seed: 5, count: 300)
        let (whole, sandbox) = try digest(batch: 1_000, lines: lines)
        #expect(whole.wholeMatch(of: /[0-9a-f]{64}\n/) != nil)
        #expect(try digest(batch: 7, lines: lines).hash == whole)
        #expect(try digest(batch: 7, lines: Array(lines.dropLast(40))).hash != whole)

        let dump = try sandbox.must("digest", "--dump")
        #expect(
            dump.contains("member\tvips\t") && dump.contains("run\t") && dump.contains("send\t"))
        let sum = try Running(
            sandbox, [], input: nil, executable: "/usr/bin/sha256sum")
        sum.send(dump)
        #expect(try sum.finish().out.prefix(64) == whole.dropLast())
        // What no decision follows from changes the log alone.
        try sandbox.must("ingest", input: Campaign.text(lines))
        #expect(try sandbox.must("digest") == whole)
    }
}
