import Core
import Definitions
import Engine
import Foundation
import Store
import TestSupport
import Wire

/// A program in a real store in a directory of its own, fed by one writer or by two in turns.
final class StoreProgram {
    let directory: String
    private(set) var store: Store
    private var writers: [Writer] = []
    private var turn = 0
    /// How each flush is made in turn: in all ways, and nil for that which writes the fewest pages.
    private static let flushes: [StateFlush?] = [nil, .layer, .layer, .inPlace, .merge, .layer]
    private let reader = EventReader(envelope: .plain, currency: "USD")
    /// By sums over all commits.
    private(set) var pendingSends = 0
    private(set) var halts = 0
    private(set) var head: UInt64 = 1

    convenience init(name: String, timezone: String) throws {
        let file = URL(fileURLWithPath: "/usr/share/zoneinfo/\(timezone)")
        let zone = try parseTimeZoneFile(Array(try Data(contentsOf: file)).span, name: timezone)
        try self.init(name: name, zone: zone)
    }

    init(name: String, zone: ZoneRules) throws {
        let memory = "/dev/shm"
        let base =
            FileManager.default.isWritableFile(atPath: memory)
            ? memory : FileManager.default.temporaryDirectory.path
        directory = "\(base)/muster-\(UUID().uuidString)"
        try Store.create(
            directory: directory,
            program: ProgramRecord(name: Name(name), currency: "USD", zone: zone))
        store = try Store.open(directory: directory, isReadOnly: false)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Makes new writers over the store as it stands.
    func makeWriters(count: Int) throws {
        writers = []
        for _ in 0..<count { writers.append(try Writer(store, ingests: true)) }
    }

    /// Flushes the working state by one writer.
    func flush() throws {
        try writers.first?.close(waitSeconds: 10)
    }

    /// Does some steps as one batch, or as more where definitions are read between them.
    ///
    /// - Returns: What became of the lines.
    @discardableResult
    func run(
        _ steps: ArraySlice<Step>, flushing: Bool, as flush: StateFlush? = nil,
        clock: Writer.Clock = .event
    ) throws -> [Writer.Outcome] {
        turn += 1
        let writer = writers[turn % writers.count]
        writer.stateFlush = flush ?? Self.flushes[turn % Self.flushes.count]
        var outcomes: [Writer.Outcome] = []
        try writer.begin(waitSeconds: 10)
        for (place, step) in zip(steps.indices, steps) {
            // Every other time a part is stored beside what is taken in next.
            if turn.isMultiple(of: 2), place == (steps.startIndex + steps.endIndex) / 2,
                writer.canCommitBehind
            {
                try writer.commitBehind()
                try writer.begin(waitSeconds: 10)
            }
            switch step {
            case .line(let line, let isHistory):
                outcomes.append(try take(line, writer, clock, isHistory: isHistory))
            case .ahead(let line):
                outcomes.append(try take(line, writer, .wall, isHistory: false))
            case .advance(let instant):
                _ = try writer.advance(to: Instant(microseconds: instant), isHistory: false)
            case .apply(let json, let prune):
                try commit(writer, flushing: false)
                try writer.begin(waitSeconds: 10)
                let source = DefinitionSource(file: "definitions.json", bytes: Array(json.utf8))
                let catalog = try store.catalog()
                let read = try readDefinitions(
                    [source], inForce: try catalog.inForce(), prune: prune)
                let changes = catalog.changes(to: read.definitions, prune: prune)
                if !changes.isEmpty { try writer.define(changes) }
            }
        }
        try commit(writer, flushing: flushing)
        return outcomes
    }

    private func take(
        _ line: String, _ writer: Writer, _ clock: Writer.Clock, isHistory: Bool
    ) throws -> Writer.Outcome {
        var content: [UInt8] = []
        let outcome = reader.read(
            Array(line.utf8).span, number: 1, wallTime: .latest, into: &content)
        guard case .event(let event) = outcome else {
            throw Failure(message: "\(outcome) for \(line)")
        }
        return try writer.ingest(event, in: content, clock: clock, isHistory: isHistory)
    }

    /// Takes over other rules of the time zone from now on.
    ///
    /// - Returns: Whether they differed.
    @discardableResult
    func refreshTimeZone(_ zone: ZoneRules) throws -> Bool {
        turn += 1
        let writer = writers[turn % writers.count]
        try writer.begin(waitSeconds: 10)
        let differs = try writer.refreshTimeZone(zone)
        try commit(writer, flushing: false)
        return differs
    }

    /// Takes over rules whose every offset is another one by some seconds.
    func refreshTimeZone(shiftedBy seconds: Int32) throws {
        let rules = writers[0].engine.zone
        try refreshTimeZone(
            ZoneRules(
                name: rules.name, initialOffset: rules.initialOffset + seconds,
                changes: rules.changes.map {
                    ZoneRules.Change(at: $0.at, offset: $0.offset + seconds)
                }
            ))
    }

    /// Appends a restore mark.
    func markRestored() throws {
        turn += 1
        let writer = writers[turn % writers.count]
        try writer.begin(waitSeconds: 10)
        _ = writer.markRestored()
        try commit(writer, flushing: false)
    }

    private func commit(_ writer: Writer, flushing: Bool) throws {
        note(try writer.finishStoring())
        note(try writer.commit(flushingState: flushing))
    }

    private func note(_ commit: Writer.Commit?) {
        guard let commit else { return }
        pendingSends += commit.pendingSends
        halts += commit.halts
        head = commit.sequence
    }

    /// The engine clock after the latest batch; nil where it is not set.
    var now: Instant? {
        let now = writers[turn % writers.count].engine.now
        return now == .unset ? nil : now
    }

    /// The engine clock, which has to be set.
    func clock() throws -> Instant {
        guard let now else { throw Failure(message: "the clock is not set") }
        return now
    }

    /// The members at a moment with since, or nil where the segment was not in force.
    func members(of segment: String, at moment: Moment) throws -> [String]? {
        do {
            return try store.members(of: Name(segment), at: moment).map {
                "\($0.partner) \($0.since.microseconds)"
            }
        } catch QuestionError.unknown, QuestionError.beforeDefined, QuestionError.afterRetired {
            return nil
        }
    }

    /// All sends in order, with their ids and records at the front.
    func sends() throws -> [(id: String, sequence: UInt64, words: String)] {
        var result: [(id: String, sequence: UInt64, words: String)] = []
        try store.eachSend { send in
            let words =
                "\(send.kind.word) \(send.source) \(send.partner) \(send.to?.description ?? "-") "
                + "\(send.template) v\(send.templateVersion) \(send.decidedAt.microseconds) "
                + (send.suppressed?.word ?? "pending")
            result.append((String(decoding: send.id, as: UTF8.self), send.sequence, words))
            return true
        }
        return result
    }

    /// All runs in order.
    func runs() throws -> [String] {
        var result: [String] = []
        try store.eachRun(DecisionFilter()) { run in
            result.append(
                "\(run.workflow) \(run.at.microseconds) \(run.members) \(run.withAddress) "
                    + "\(run.sent) \(run.isBlocked)")
            return true
        }
        return result
    }

    struct Failure: Error {
        var message: String
    }
}
