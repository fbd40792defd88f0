public import Core
public import Definitions
import Engine
import LMDB

/// What to simulate (SPEC 6).
public struct SimulationRequest: Sendable {
    /// Definitions that are to stand over the log's.
    public var definitions: [CanonicalDefinition]
    /// Whether everything else is retired when they come into force, and stays so.
    public var prune: Bool
    /// From when on they are in force, what is decided at that instant included; nil from the start.
    public var from: Instant?
    /// Up to when to look, this instant included; nil means the log's end.
    public var to: Instant?

    /// Makes a request.
    public init(
        definitions: [CanonicalDefinition], prune: Bool = false, from: Instant? = nil,
        to: Instant? = nil
    ) {
        self.definitions = definitions
        self.prune = prune
        self.from = from
        self.to = to
    }
}

/// A send that only one of the two worlds decided.
public struct SendDifference: Sendable {
    /// Which world decided it.
    public enum Change: Sendable {
        /// The other definitions' world alone.
        case added
        /// The log's own world alone.
        case gone
    }

    /// Which world decided it.
    public var change: Change
    /// The send; the sequence is of a record of the log, for an added one that whose processing
    /// brought it about.
    public var send: SendRow
    /// Why the other world did not decide it.
    public var because: SendAbsence
}

/// What a simulation found beside sends.
public struct SimulationSummary: Sendable {
    /// How many runs of a workflow would be blocked that were not, and the other way round.
    public var blocked: [Name: (added: Int, gone: Int)] = [:]
    /// Definitions that had to wait at first, because something that they name was not in force yet.
    public var withheld: [DefinitionKey] = []

    /// Makes a summary of no difference.
    public init() {}
}

extension Store {
    /// Records read under one snapshot: a long simulation must not keep old pages from being reused.
    private static let simulationStep: UInt64 = 32_768

    /// Replays the log beside itself under other definitions, and gives the sends that differ to a
    /// body in the order in which they were decided; writes nothing (SPEC 6).
    ///
    /// - Parameters:
    ///   - request: The definitions, and for which time.
    ///   - progress: Is told now and then how many records of how many are done.
    ///   - body: Is given each send that differs.
    /// - Returns: What else differs.
    /// - Throws: ``QuestionError`` where the definitions would come into force after the engine clock,
    ///   ``StoreError``, or what `body` throws.
    public func simulate(
        _ request: SimulationRequest, progress: (_ done: UInt64, _ total: UInt64) -> Void,
        _ body: (SendDifference) throws -> Void
    ) throws -> SimulationSummary {
        let head = try read { _, head in head }
        if let from = request.from, head.now == .unset || from > head.now {
            throw QuestionError.afterNow(now: head.now == .unset ? nil : head.now)
        }
        var simulation = Simulation(request, program, tables, last: head.sequence)
        var next: EventSequence = 1
        while next <= head.sequence, !simulation.isDone {
            try read { transaction, _ in
                let end = min(head.sequence, next + Self.simulationStep - 1)
                try feed(&simulation, &next, upTo: end, transaction)
                if next > head.sequence {
                    let instant = min(request.to ?? head.now, head.now)
                    try simulation.end(
                        at: instant, isHistory: false, before: next, in: transaction)
                }
            }
            // Not within the snapshot: whoever reads the rows may be slow.
            for difference in simulation.takeDifferences() { try body(difference) }
            progress(next - 1, head.sequence)
        }
        return simulation.summary
    }

    private func feed(
        _ simulation: inout Simulation, _ next: inout EventSequence, upTo end: EventSequence,
        _ transaction: borrowing ReadTransaction
    ) throws {
        var ahead = RecordsAhead(tables)
        try transaction.cursor(tables.log) { cursor in
            var isThere = try cursor.seek(Key.number(next))
            while next <= end, !simulation.isDone {
                simulation.prefetch(
                    try ahead.partners(from: next, upTo: end, in: transaction))
                guard isThere, cursor.isAt(next) else {
                    throw StoreError.damaged("record \(next) is missing")
                }
                try cursor.withValue { try simulation.take($0, next, in: transaction) }
                next += 1
                isThere = try cursor.next()
            }
        }
    }
}
