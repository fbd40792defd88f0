import Core
import Engine
import LMDB
import Wire

/// One of the two engines that a simulation runs side by side, with the sends that it has decided.
struct SimulatedWorld {
    /// What a later question about a send needs.
    struct PastSend {
        var source: SourceNumber
        var partner: PartnerNumber
        var at: Instant
        /// The number of the same partner's send before; nil where this is its first.
        var previous: UInt32?
        var isSuppressed: Bool
    }

    private(set) var engine: Engine
    /// By the sends' numbers.
    private(set) var sends: [PastSend] = []

    init(_ program: ProgramRecord) {
        engine = Engine(programName: program.name, zone: program.zone)
    }

    mutating func prefetch(_ partners: [PartnerNumber]) { engine.prefetch(partners) }

    /// Feeds a record that came from outside, other than definitions and rules of the time zone.
    mutating func feed(
        _ record: Span<UInt8>, _ header: RecordCoding.Header, _ sequence: EventSequence,
        _ reader: ByteReader
    ) throws {
        var reader = reader
        switch header.kind {
        case .program: engine.begin()
        case .event:
            try Replay.feedEvent(
                record, header, sequence, &engine, &reader,
                fetching: Engine.nobodyIsAbsent)
        case .clock:
            engine.advance(
                to: header.engineTime, isHistory: header.isHistory,
                fetching: Engine.nobodyIsAbsent)
        case .restore: engine.noteRestore()
        case .definitions, .timezone, .boundary, .derived: break
        }
        noteSends()
    }

    /// Lets time pass up to an instant without a record.
    mutating func pass(to instant: Instant, isHistory: Bool) {
        guard engine.now != .unset else { return }
        engine.pass(
            to: instant, isHistory: isHistory, fetching: Engine.nobodyIsAbsent)
        noteSends()
    }

    /// Puts changed definitions in force.
    ///
    /// - Parameters:
    ///   - changes: May be empty: then a record that changes nothing here ends history all the same.
    ///   - endingHistory: Whether a record of the log brings them.
    ///   - sequence: The log's record before which they come into force.
    ///   - tables: Where the log is.
    ///   - transaction: The snapshot that new measures are filled from.
    /// - Throws: What reading the log throws.
    mutating func define(
        _ changes: [DefinitionChange], endingHistory: Bool, before sequence: EventSequence,
        _ tables: Tables, in transaction: borrowing ReadTransaction
    ) throws {
        guard !changes.isEmpty else {
            if endingHistory, engine.isInHistory {
                engine.advance(
                    to: engine.now, isHistory: false, fetching: Engine.nobodyIsAbsent)
            }
            return
        }
        try engine.define(
            changes, endingHistory: endingHistory, fetching: Engine.nobodyIsAbsent
        ) { [sends] in
            try Self.fill(&$0, sends, before: sequence, tables, in: transaction)
        }
    }

    /// Puts new rules of the time zone in force, before a record of the log.
    mutating func rezone(
        _ zone: ZoneRules, before sequence: EventSequence, _ tables: Tables,
        in transaction: borrowing ReadTransaction
    ) throws {
        try engine.takeTimeZone(zone, fetching: Engine.nobodyIsAbsent) { [sends] in
            try Self.fill(&$0, sends, before: sequence, tables, in: transaction)
        }
    }

    /// Gives the log's events before a record, and the sends that were decided here, to measures that are new.
    private static func fill(
        _ engine: inout Engine, _ sends: [PastSend], before sequence: EventSequence,
        _ tables: Tables, in transaction: borrowing ReadTransaction
    ) throws {
        try MeasureFilling.fillEvents(&engine, before: sequence, tables: tables, in: transaction)
        for send in sends where !send.isSuppressed {
            engine.fillSend(source: send.source, partner: send.partner, at: send.at)
        }
    }

    private mutating func noteSends() {
        let new = Int(engine.sendCount) - sends.count
        for send in engine.effects.sends.suffix(new) {
            sends.append(
                PastSend(
                    source: send.source, partner: send.partner, at: send.decidedAt,
                    previous: send.previous.map { UInt32($0) },
                    isSuppressed: send.suppressed != nil))
        }
    }

    /// Forgets what the latest step decided, but for the sends.
    mutating func endStep() {
        engine.effects.removeAll()
        engine.changedPartners.removeAll()
    }

    /// When a source decided sends to a partner, the latest first.
    func sends(of source: SourceNumber, to partner: PartnerNumber) -> [Instant] {
        var instants: [Instant] = []
        var next = engine.partners[Int(partner)].lastSend.map { UInt32($0) }
        while let number = next {
            let send = sends[Int(number)]
            if send.source == source { instants.append(send.at) }
            next = send.previous
        }
        return instants
    }
}
