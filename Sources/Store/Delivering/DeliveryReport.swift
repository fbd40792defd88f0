public import Core
import Engine
import LMDB
import Wire

/// What a source did and what became of its sends, in all or in one run (SPEC 10, `report`).
public struct DeliveryReport: Sendable {
    /// The workflow or automation.
    public var source: Name
    /// Which of the two it is.
    public var kind: DefinitionKind
    /// The run's top of the hour; nil for all of the source's sends.
    public var at: Instant?
    /// Partners for whom something was decided, an email, a tag or an acceptance; in all, each as often as
    /// that happened.
    public var actedOn = 0
    /// Sends decided, suppressed ones too.
    public var sends = 0
    /// Sends that were never to be mailed, or were found suppressed when their turn came.
    public var suppressed = 0
    /// Sends that were not handed over yet.
    public var pending = 0
    /// Sends that were delivered.
    public var delivered = 0
    /// Sends that were refused for good.
    public var failed = 0
    /// Sends that were too old when their turn came.
    public var expired = 0
    /// Sends of which nobody knows.
    public var unknown = 0
    /// Sends that bounced.
    public var bounced = 0
    /// Sends that were opened at least once.
    public var opened = 0
    /// Sends that were clicked at least once.
    public var clicked = 0
    /// Sends that were complained of.
    public var complained = 0
    /// Sends by which somebody unsubscribed.
    public var unsubscribed = 0
    /// All openings.
    public var opens = 0
    /// All clicks.
    public var clicks = 0
}

/// By what a report is divided.
public enum ReportDivision: Sendable {
    /// A row a workflow or automation.
    case source
    /// A row a run.
    case run
}

extension Store {
    /// Counts what sources did and what became of their sends: in the order of their first sends, those
    /// without any behind the others; by run in the order of time, automations behind.
    ///
    /// - Parameters:
    ///   - filter: Which sends count.
    ///   - division: What each row is about.
    /// - Returns: A row for each source that decided a send or derived an event, and each recorded run.
    /// - Throws: ``QuestionError`` where the filter names a source that never was, or ``StoreError``.
    public func deliveryReport(
        _ filter: DecisionFilter, by division: ReportDivision
    ) throws -> [DeliveryReport] {
        try read { transaction, head in
            let catalog = try Catalog(tables, upTo: head.sequence, in: transaction)
            if let source = filter.source { try check(source: source, catalog) }
            var tally = ReportTally()
            if division == .run {
                try eachRunRow(filter, catalog, transaction) { run in
                    tally.add(run)
                    return true
                }
            }
            var names = PartnerNames(self)
            try eachSendRow(filter, catalog, &names, transaction) { row in
                tally.add(row, SendKey(id: row.id.span), by: division)
                return true
            }
            try tally.countDerived(
                filter, by: division, tables, upTo: head.sequence, catalog, transaction)
            // What became of the sends stands in the log.
            var loose = LooseNews()
            try eachEmail(upTo: head.sequence, transaction) { event, partner, texts in
                guard case .email(let told, let source, let send) = event.content else { return }
                if let send {
                    tally.count(told, send, of: partner)
                } else if let source {
                    loose.add(told, texts.name(source), of: partner, at: event.time)
                }
            }
            if !loose.isEmpty {
                // Also of the sends that the filter leaves out one may be the latest.
                var everything = filter
                everything.since = nil
                everything.until = nil
                try eachSendRow(everything, catalog, &names, transaction) { row in
                    loose.take(row)
                    return true
                }
                loose.eachSend { tally.count($0, $1, of: $2) }
            }
            return tally.reports
        }
    }

    private func check(source: Name, _ catalog: Catalog) throws(QuestionError) {
        let known = catalog.ids(.workflow) + catalog.ids(.automation)
        guard !known.contains(source) else { return }
        throw .unknown(.workflow, source, nearest: nearest(source, known))
    }
}

/// Counts by row of the report.
private struct ReportTally {
    private struct Key: Hashable {
        var kind: DefinitionKind
        var source: Name
        var at: Instant?
    }

    private struct Known {
        var row: Int
        var partner: PartnerNumber
        var status: SendStatus
        var told: Told = []
    }

    /// Something decided for a partner at an instant.
    private struct Act: Hashable {
        var row: Int
        var partner: PartnerNumber
        var at: Instant
    }

    /// Which activities events have told of one send.
    private struct Told: OptionSet {
        let rawValue: UInt8
        static let delivered = Told(rawValue: 1)
        static let opened = Told(rawValue: 2)
        static let clicked = Told(rawValue: 4)
        static let bounced = Told(rawValue: 8)
        static let complained = Told(rawValue: 16)
        static let unsubscribed = Told(rawValue: 32)
    }

    private(set) var reports: [DeliveryReport] = []
    private var rows: [Key: Int] = [:]
    /// The row and the status of each send that may be told of.
    private var sends: [SendKey: Known] = [:]
    private var acts: Set<Act> = []

    private mutating func row(
        _ kind: DefinitionKind, _ source: Name, at instant: Instant, by division: ReportDivision
    ) -> Int {
        let at = division == .run && kind == .workflow ? instant : nil
        let place = Key(kind: kind, source: source, at: at)
        if let known = rows[place] { return known }
        rows[place] = reports.count
        reports.append(DeliveryReport(source: source, kind: kind, at: at))
        return reports.count - 1
    }

    private mutating func addAct(_ row: Int, _ partner: PartnerNumber, at instant: Instant) {
        if acts.insert(Act(row: row, partner: partner, at: instant)).inserted {
            reports[row].actedOn += 1
        }
    }

    mutating func add(_ run: RunRow) {
        _ = row(.workflow, run.workflow, at: run.at, by: .run)
    }

    mutating func add(
        _ send: SendRow, _ key: SendKey, by division: ReportDivision
    ) {
        let row = row(send.kind, send.source, at: send.decidedAt, by: division)
        addAct(row, send.partnerNumber, at: send.decidedAt)
        reports[row].sends += 1
        reports[row][keyPath: Self.count(of: send.status)] += 1
        sends[key] = Known(row: row, partner: send.partnerNumber, status: send.status)
    }

    /// Where sends of a status are counted: each in one place.
    private static func count(of status: SendStatus) -> WritableKeyPath<DeliveryReport, Int> {
        switch status {
        case .suppressed: \.suppressed
        case .pending, .claimed: \.pending
        case .delivered: \.delivered
        case .failed: \.failed
        case .expired: \.expired
        case .unknown: \.unknown
        }
    }

    /// Goes through the log for what sources derived.
    mutating func countDerived(
        _ filter: DecisionFilter, by division: ReportDivision, _ tables: Tables,
        upTo last: EventSequence, _ catalog: Catalog,
        _ transaction: borrowing ReadTransaction
    ) throws {
        try tables.eachRecord(after: 0, upTo: last, in: transaction) { sequence, record in
            var reader = ByteReader()
            let header = try RecordCoding.header(record, &reader)
            guard header.kind == .derived, filter.accepts(header.engineTime) else { return }
            let derived = try RecordCoding.derived(
                record, header, sequence: sequence, &reader)
            let (kind, source) = try catalog.source(derived.source)
            guard filter.source == nil || filter.source == source else { return }
            let row = row(kind, source, at: header.engineTime, by: division)
            addAct(row, derived.partner, at: header.engineTime)
        }
    }

    /// Counts what a partner's event tells of a send; of another's it tells nothing.
    mutating func count(_ event: EmailEvent, _ send: SendKey, of partner: PartnerNumber) {
        guard let known = sends[send], known.partner == partner else { return }
        let row = known.row
        func isNew(_ told: Told) -> Bool {
            sends[send]?.told.insert(told).inserted ?? false
        }
        switch event {
        case .delivered:
            // A provider may say so of a send that left by another way, or that nobody knew of.
            if isNew(.delivered) {
                reports[row][keyPath: Self.count(of: known.status)] -= 1
                reports[row].delivered += 1
            }
        case .opened:
            reports[row].opens += 1
            if isNew(.opened) { reports[row].opened += 1 }
        case .clicked:
            reports[row].clicks += 1
            if isNew(.clicked) { reports[row].clicked += 1 }
        case .hardBounced, .softBounced:
            if isNew(.bounced) { reports[row].bounced += 1 }
        case .complained: if isNew(.complained) { reports[row].complained += 1 }
        case .unsubscribed: if isNew(.unsubscribed) { reports[row].unsubscribed += 1 }
        case .resubscribed: break
        }
    }
}
