import Core
import Engine
import Store
import TestSupport
import Testing
import Wire

/// Batches that are stored beside what is taken in next.
@Suite struct CommitBehindTests {
    private static let definitions = """
        {"segments":[{"id":"vips","match":{"tag":{"any_of":["vip"]}}}]}
        """

    private func program() throws -> (stored: StoreProgram, writer: Writer) {
        let stored = try StoreProgram(name: "acme", timezone: "UTC")
        try stored.makeWriters(count: 1)
        try stored.run([.apply(Self.definitions, prune: false)], flushing: false)
        return (stored, try Writer(stored.store, ingests: true))
    }

    @discardableResult
    private func ingest(
        _ id: String, partner: String = "p1", tag: String = "vip", second: Int, _ writer: Writer
    ) throws -> Writer.Outcome {
        let at = Instants.text(1_700_000_000_000_000 + Int64(second) * 1_000_000)
        let line =
            #"{"id":"\#(id)","type":"tag.assigned","partner":"\#(partner)","time":"\#(at)","#
            + #""tag":"\#(tag)"}"#
        var content: [UInt8] = []
        let reader = EventReader(envelope: .plain, currency: "USD")
        let read = reader.read(Array(line.utf8).span, number: 1, wallTime: .latest, into: &content)
        guard case .event(let event) = read else {
            Issue.record("\(read)")
            return .duplicate
        }
        return try writer.ingest(event, in: content, clock: .event, isHistory: false)
    }

    private func members(_ store: Store) throws -> [String] {
        try store.members(of: "vips", at: .now).map { "\($0.partner)" }
    }

    @Test("ids of the batch that is being stored are known")
    func knownIDs() throws {
        let (_, writer) = try program()
        try writer.begin(waitSeconds: 10)
        #expect(try ingest("a", second: 1, writer) == .accepted)
        try writer.commitBehind()
        try writer.begin(waitSeconds: 10)
        #expect(try ingest("a", second: 1, writer) == .duplicate)
        #expect(try ingest("a", second: 2, writer) == .conflict(3))
        #expect(try ingest("b", second: 3, writer) == .accepted)
        #expect(try ingest("b", second: 4, writer) == .conflict(4))
        #expect(try writer.finishStoring()?.sequence == 3)
        try writer.commitBehind()
        #expect(try ingest("a", second: 1, writer) == .duplicate)
        #expect(try ingest("b", second: 3, writer) == .duplicate)
        #expect(try writer.finishStoring()?.sequence == 4)
        writer.abandon()
    }

    @Test("once awaited it is there, and the right to write is laid down")
    func awaited() throws {
        let (stored, writer) = try program()
        let other = try Writer(stored.store, ingests: true)
        try writer.begin(waitSeconds: 10)
        try ingest("a", second: 1, writer)
        try writer.commitBehind()
        #expect(throws: StoreError.self, "the right to write is kept") {
            try other.begin(waitSeconds: 0)
        }
        #expect(try writer.finishStoring()?.sequence == 3)
        #expect(try writer.finishStoring() == nil)
        writer.abandon()
        #expect(try members(stored.store) == ["p1"])
        try other.begin(waitSeconds: 0)
        #expect(other.engine.sequence == 3)
        other.abandon()
    }

    @Test("who waits for the right to write ends storing beside what comes next")
    func wanted() async throws {
        let (stored, writer) = try program()
        try writer.begin(waitSeconds: 10)
        try ingest("a", second: 1, writer)
        #expect(writer.canCommitBehind)
        nonisolated(unsafe) let other = try Writer(stored.store, ingests: true)
        let waiting = Task.detached { try other.begin(waitSeconds: 60) }
        while writer.canCommitBehind { await Task.yield() }
        _ = try writer.commit()
        try await waiting.value
        #expect(other.engine.sequence == 3)
        other.abandon()
    }

    @Test("each batch tells of its own sends")
    func sends() throws {
        let (stored, writer) = try program()
        try stored.run(
            [
                .apply(
                    #"{"templates":[{"id":"hi","subject":"Hi","text":"Hi"}],"automations":[{"id":"greet","#
                        + #""on":{"tag_assigned":"vip"},"do":[{"send_email":"hi"}],"state":"active"}]}"#,
                    prune: false),
                .line(
                    #"{"id":"m","type":"partner.updated","partner":"p1","email":"a@example.com","#
                        + #""time":"2023-01-01T00:00:00Z"}"#, history: false),
                .line(
                    #"{"id":"n","type":"partner.updated","partner":"p2","email":"b@example.com","#
                        + #""time":"2023-01-01T00:00:00Z"}"#, history: false),
            ], flushing: true)
        try writer.begin(waitSeconds: 10)
        try ingest("a", second: 1, writer)
        try ingest("b", partner: "p2", second: 2, writer)
        try writer.commitBehind()
        try ingest("c", partner: "p1", second: 3, writer)
        #expect(try writer.finishStoring()?.pendingSends == 2)
        #expect(try writer.commit().pendingSends == 1)
    }

    @Test("one that could not be stored is told of, and nothing of the next is stored")
    func failure() throws {
        let (stored, writer) = try program()
        let other = try Writer(stored.store, ingests: true)
        try writer.begin(waitSeconds: 10)
        try ingest("a", second: 1, writer)
        // Breaks the rules: it has no right to write.
        try ingest("z", partner: "p9", second: 1, other)
        _ = try other.commit()
        try writer.commitBehind()
        try writer.begin(waitSeconds: 10)
        try ingest("b", partner: "p2", second: 2, writer)
        #expect(throws: StoreError.self) { try writer.finishStoring() }
        writer.settle()
        #expect(try members(stored.store) == ["p9"])
        #expect(try stored.store.audit { _, _ in }.sequence == 3)
        try other.begin(waitSeconds: 0)
        other.abandon()
    }

    @Test("a batch without anything new is no commit, and lays the right to write down")
    func nothingNew() throws {
        let (stored, writer) = try program()
        let other = try Writer(stored.store, ingests: true)
        try writer.begin(waitSeconds: 10)
        try ingest("a", second: 1, writer)
        _ = try writer.commit()
        try writer.begin(waitSeconds: 10)
        #expect(try ingest("a", second: 1, writer) == .duplicate)
        #expect(!writer.canCommitBehind)
        #expect(try writer.commit().sequence == 3)
        try other.begin(waitSeconds: 0)
        other.abandon()
    }

    @Test("ids of a chunk that others completed are stored, though the next batch is nothing new")
    func completedChunk() throws {
        let (stored, writer) = try program()
        try writer.begin(waitSeconds: 10)
        for number in 3...4_095 { try ingest("e\(number)", second: number, writer) }
        _ = try writer.commit()
        // One that looks up no ids ends the chunk of 4,096.
        let other = try Writer(stored.store, ingests: false)
        try other.begin(waitSeconds: 10)
        _ = try other.advance(to: other.engine.now.advanced(byMicroseconds: 1), isHistory: false)
        _ = try other.commit()
        #expect(other.engine.sequence == 4_096)

        let next = try Writer(stored.store, ingests: true)
        try next.begin(waitSeconds: 10)
        #expect(try ingest("e5", second: 5, next) == .duplicate)
        _ = try next.commit()
        try next.begin(waitSeconds: 10)
        for number in 4_097...8_300 { try ingest("e\(number)", second: number, next) }
        _ = try next.commit()
        #expect(try stored.store.audit { _, _ in }.sequence == 8_300)
        let last = try Writer(stored.store, ingests: true)
        try last.begin(waitSeconds: 10)
        for number in [3, 5, 4_095, 4_097, 8_192, 8_300] {
            #expect(try ingest("e\(number)", second: number, last) == .duplicate)
        }
        last.abandon()
    }

    @Test("two flushes behind each other give the state and texts of all batches")
    func flushes() throws {
        let (stored, writer) = try program()
        let (reference, other) = try program()
        // In two batches that each have more records than there are between two flushes.
        let events = 540_000
        try writer.begin(waitSeconds: 10)
        try other.begin(waitSeconds: 10)
        for number in 0..<events {
            let (id, partner) = ("e\(number)", "p\(number % 97)")
            let tag = number % 3 == 0 ? "vip" : "t\(number / 1_000)"
            try ingest(id, partner: partner, tag: tag, second: number, writer)
            try ingest(id, partner: partner, tag: tag, second: number, other)
            guard number % 270_000 == 269_999 else { continue }
            _ = try writer.finishStoring()
            try writer.commitBehind()
        }
        #expect(try writer.finishStoring()?.sequence == UInt64(events) + 2)
        writer.abandon()
        _ = try other.commit()
        #expect(try stored.store.digest() == reference.store.digest())
        #expect(try stored.store.audit { _, _ in }.sequence == UInt64(events) + 2)
        #expect(try Writer(stored.store, ingests: true).engine.sequence == UInt64(events) + 2)
    }
}
