import Core
import Definitions
import Engine
import LMDB
import Wire

/// The log under its own definitions and under others, record by record side by side.
///
/// Until the other definitions come into force there is one world, and from then on a copy of it beside
/// it. Both get the same records from outside; boundaries and derived events are each engine's own. After
/// each record the sends that the two decided are compared, and a difference is explained by the state
/// that the other world has at that moment.
struct Simulation {
    private var actual: SimulatedWorld
    /// Nil until the other definitions come into force.
    private var other: SimulatedWorld?
    private var overlay: DefinitionOverlay
    private let from: Instant?
    private let to: Instant?
    private let program: ProgramRecord
    private let tables: Tables
    /// The log's last record.
    private let last: EventSequence
    /// Whether everything up to `to` is done.
    private(set) var isDone = false
    /// Whether it was noted which definitions had to wait.
    private var isWaitingNoted = false
    /// Differences that the caller has not taken yet.
    private var differences: [SendDifference] = []
    private(set) var summary = SimulationSummary()

    init(
        _ request: SimulationRequest, _ program: ProgramRecord, _ tables: Tables,
        last: EventSequence
    ) {
        actual = SimulatedWorld(program)
        overlay = DefinitionOverlay(request.definitions, prune: request.prune)
        from = request.from
        to = request.to
        self.program = program
        self.tables = tables
        self.last = last
    }

    /// Begins to load what some dozens of partners have, to whom something happens next.
    mutating func prefetch(_ partners: [PartnerNumber]) {
        actual.prefetch(partners)
        other?.prefetch(partners)
    }

    /// Takes in the next record of the log.
    ///
    /// - Throws: ``StoreError/damaged(_:)`` where the log does not follow from itself.
    mutating func take(
        _ record: Span<UInt8>, _ sequence: EventSequence,
        in transaction: borrowing ReadTransaction
    ) throws {
        var reader = ByteReader()
        let header = try RecordCoding.header(record, &reader)
        guard header.kind != .boundary, header.kind != .derived else { return }
        if let to, header.engineTime > to {
            try end(
                at: to, isHistory: header.isHistory, before: sequence, in: transaction)
            return
        }
        try putOverIfDue(
            header.engineTime, isHistory: header.isHistory, before: sequence, in: transaction)
        if header.kind == .definitions {
            try takeDefinitions(record, sequence, &reader, transaction)
        } else if header.kind == .timezone {
            noteWaiting()
            let zone = try ZoneRules(record, &reader)
            try actual.rezone(zone, before: sequence, tables, in: transaction)
            try other?.rezone(zone, before: sequence, tables, in: transaction)
        } else {
            if header.kind != .program { noteWaiting() }
            try actual.feed(record, header, sequence, reader)
            try other?.feed(record, header, sequence, reader)
        }
        let isPlaced = actual.engine.effects.records.contains {
            $0.kind == .input && $0.sequence == sequence
        }
        guard isPlaced else {
            throw StoreError.damaged("record \(sequence) is not what its cause brings about")
        }
        if header.kind == .program, from == nil {
            try putOver(before: sequence + 1, in: transaction)
        }
        compare(sequence)
    }

    private mutating func takeDefinitions(
        _ record: Span<UInt8>, _ sequence: EventSequence, _ reader: inout ByteReader,
        _ transaction: borrowing ReadTransaction
    ) throws {
        let changes = try RecordCoding.changes(record, &reader)
        try actual.define(
            changes.map { try $0.decoded() }, endingHistory: true, before: sequence, tables,
            in: transaction)
        try overlay.take(changes)
        let others = overlay.changes()
        try other?.define(
            others, endingHistory: true, before: sequence, tables, in: transaction)
    }

    /// Lets both worlds reach an instant, where nothing of the log is left up to it.
    ///
    /// - Parameters:
    ///   - instant: The end of what is simulated.
    ///   - isHistory: Whether what comes next in the log is history.
    ///   - sequence: The record after the last one taken in.
    ///   - transaction: The snapshot that new measures are filled from.
    /// - Throws: What reading the log throws.
    mutating func end(
        at instant: Instant, isHistory: Bool, before sequence: EventSequence,
        in transaction: borrowing ReadTransaction
    ) throws {
        guard !isDone else { return }
        isDone = true
        try putOverIfDue(instant, isHistory: isHistory, before: sequence, in: transaction)
        actual.pass(to: instant, isHistory: isHistory)
        other?.pass(to: instant, isHistory: isHistory)
        compare(min(sequence, last))
    }

    /// The differences found since the last call, in the order in which they were decided.
    mutating func takeDifferences() -> [SendDifference] {
        defer { differences.removeAll(keepingCapacity: true) }
        return differences
    }

    // MARK: The other definitions

    /// Puts the other definitions in force before anything is decided at their instant.
    private mutating func putOverIfDue(
        _ instant: Instant, isHistory: Bool, before sequence: EventSequence,
        in transaction: borrowing ReadTransaction
    ) throws {
        guard let from, !overlay.isOver, instant >= from else { return }
        // Boundaries before it are still of the log's definitions.
        actual.pass(to: from.advanced(byMicroseconds: -1), isHistory: isHistory)
        try putOver(before: sequence, in: transaction)
    }

    private mutating func putOver(
        before sequence: EventSequence, in transaction: borrowing ReadTransaction
    ) throws {
        overlay.putOver()
        other = actual
        try other?.define(
            overlay.changes(), endingHistory: false, before: sequence, tables, in: transaction)
    }

    /// Notes which definitions wait when the first event or instant after them comes: those that the
    /// log's first definitions complete miss nothing.
    private mutating func noteWaiting() {
        guard overlay.isOver, !isWaitingNoted else { return }
        isWaitingNoted = true
        summary.withheld = overlay.withheld
    }

    // MARK: Comparing

    private mutating func compare(_ sequence: EventSequence) {
        if let other {
            compareRuns(other)
            compareSends(other, sequence)
        }
        actual.endStep()
        other?.endStep()
    }

    private mutating func compareSends(_ other: SimulatedWorld, _ sequence: EventSequence) {
        let (gone, added) = differing(
            actual.engine.effects.sends.map { ComparedSend($0, actual.engine.registry) },
            other.engine.effects.sends.map { ComparedSend($0, other.engine.registry) })
        var found: [SendDifference] = []
        if !gone.isEmpty {
            let finder = AbsenceFinder(other)
            for (index, send) in gone {
                found.append(
                    difference(
                        .gone, actual.engine.effects.sends[index], actual, nil,
                        finder.reason(for: send)))
            }
        }
        if !added.isEmpty {
            let finder = AbsenceFinder(actual)
            for (index, send) in added {
                found.append(
                    difference(
                        .added, other.engine.effects.sends[index], other, sequence,
                        finder.reason(for: send)))
            }
        }
        differences += found.enumerated().sorted { left, right in
            (left.element.send.decidedAt, left.offset)
                < (right.element.send.decidedAt, right.offset)
        }.map(\.element)
    }

    private func difference(
        _ change: SendDifference.Change, _ send: Send, _ world: SimulatedWorld,
        _ sequence: EventSequence?, _ because: SendAbsence
    ) -> SendDifference {
        let engine = world.engine
        let source = engine.registry.sources[Int(send.source)]
        let partner = engine.partnerIDs.name(TextID(number: send.partner))
        return SendDifference(
            change: change,
            send: SendRow(
                id: SendID.make(
                    program: program.name, kind: source.kind, source: source.id,
                    partner: partner, ordinal: send.ordinal),
                source: source.id, kind: source.kind, partner: partner,
                partnerNumber: send.partner,
                to: send.address.map { engine.texts.name($0) },
                template: engine.registry.templateIDs[Int(send.template)],
                templateVersion: send.templateVersion, decidedAt: send.decidedAt,
                sequence: sequence ?? send.sequence, suppressed: send.suppressed),
            because: because)
    }

    private struct BlockedRun: Hashable {
        var workflow: Name
        var at: Instant
    }

    private mutating func compareRuns(_ other: SimulatedWorld) {
        func blocked(_ world: SimulatedWorld) -> [BlockedRun] {
            world.engine.effects.runs.filter(\.isBlocked).map {
                BlockedRun(
                    workflow: world.engine.registry.sources[Int($0.workflow)].id, at: $0.at)
            }
        }
        let (gone, added) = differing(blocked(actual), blocked(other))
        for (_, run) in gone { summary.blocked[run.workflow, default: (0, 0)].gone += 1 }
        for (_, run) in added { summary.blocked[run.workflow, default: (0, 0)].added += 1 }
    }

    /// What one list has and the other has not, equal elements counted, with places in the lists.
    private func differing<Element: Hashable>(
        _ left: [Element], _ right: [Element]
    ) -> (gone: [(Int, Element)], added: [(Int, Element)]) {
        guard left != right else { return ([], []) }
        var surplus: [Element: Int] = [:]
        for element in left { surplus[element, default: 0] += 1 }
        for element in right { surplus[element, default: 0] -= 1 }
        var gone: [(Int, Element)] = []
        var added: [(Int, Element)] = []
        for (index, element) in left.enumerated() where surplus[element, default: 0] > 0 {
            surplus[element, default: 0] -= 1
            gone.append((index, element))
        }
        for (index, element) in right.enumerated() where surplus[element, default: 0] < 0 {
            surplus[element, default: 0] += 1
            added.append((index, element))
        }
        return (gone, added)
    }
}
