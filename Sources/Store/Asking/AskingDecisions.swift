public import Core
public import Engine
import LMDB

/// A send with its texts (SPEC 5).
public struct SendRow: Sendable {
    /// `snd_` and 26 characters.
    public var id: [UInt8]
    /// The id of the workflow or automation that decided it.
    public var source: Name
    /// Which of the two the source is.
    public var kind: DefinitionKind
    /// The partner's id.
    public var partner: Name
    /// The partner's number in the log.
    public var partnerNumber: PartnerNumber
    /// The address; nil without one.
    public var to: Name?
    /// The template's id.
    public var template: Name
    /// The template's version at the decision.
    public var templateVersion: UInt32
    /// Engine time of the decision.
    public var decidedAt: Instant
    /// The record whose processing decided it.
    public var sequence: EventSequence
    /// Why it was not to be mailed; nil where it was.
    public var suppressed: SendSuppression?
    /// What has become of it since; nil where nobody has looked at it.
    public var delivery: Delivery?
}

/// A run with its texts (SPEC 7).
public struct RunRow: Sendable {
    /// The workflow's id.
    public var workflow: Name
    /// The top of the hour.
    public var at: Instant
    /// The record whose processing made the run.
    public var sequence: EventSequence
    /// How many were in the segment.
    public var members: Int
    /// How many of them had an address, suppressed ones and those already emailed too.
    public var withAddress: Int
    /// Emails decided.
    public var sent: Int
    /// Whether more than the cap had an address, so that nobody was acted on.
    public var isBlocked: Bool
}

/// Which sends or runs are asked for; nil asks for all.
public struct DecisionFilter: Sendable {
    /// Those of this workflow or automation.
    public var source: Name?
    /// Those to this partner; runs are of no one partner, and all pass.
    public var partner: Name?
    /// Sends that stand there alone; runs all pass.
    public var status: SendStatus?
    /// From this instant on.
    public var since: Instant?
    /// Before this instant.
    public var until: Instant?

    /// Makes a filter that lets everything pass.
    public init() {}
}

extension Store {
    /// Gives sends to a body in the order in which they were decided, until it returns false: those that
    /// there are when it begins, each as it stands when its turn comes.
    ///
    /// - Parameters:
    ///   - filter: Which sends are asked for.
    ///   - first: The number of the first send to look at, counting from 0.
    ///   - body: Is given each send; false ends it.
    /// - Returns: How many sends there are in all.
    /// - Throws: ``StoreError``, or what `body` throws.
    @discardableResult
    public func eachSend(
        _ filter: DecisionFilter = DecisionFilter(), from first: UInt64 = 0,
        _ body: (SendRow) throws -> Bool
    ) throws -> UInt64 {
        let (catalog, count) = try read { transaction, head in
            (try Catalog(tables, upTo: head.sequence, in: transaction), head.sends)
        }
        var names = PartnerNames(self)
        try eachRow(from: first, to: count) { first, limit, transaction in
            var rows: [SendRow] = []
            let next = try eachSendRow(
                filter, from: first, to: count, catalog, &names, transaction
            ) { row in
                rows.append(row)
                return rows.count < limit
            }
            return (rows, next)
        } _: { row in
            try body(row)
        }
        return count
    }

    /// Gives a snapshot's sends to a body, until it returns false.
    ///
    /// - Returns: The number behind the last one that was looked at.
    @discardableResult
    func eachSendRow(
        _ filter: DecisionFilter, from first: UInt64 = 0, to end: UInt64 = .max,
        _ catalog: Catalog, _ names: inout PartnerNames,
        _ transaction: borrowing ReadTransaction, _ body: (SendRow) throws -> Bool
    ) throws -> UInt64 {
        let outbox = Outbox(tables: tables)
        var obstacles = Obstacles(catalog)
        var number = first
        try transaction.cursor(tables.sends) { cursor in
            var isThere = try cursor.seek(Key.number(first))
            while isThere, number < end {
                defer { number += 1 }
                let send = try cursor.withValue { try StoredSend($0) }
                if filter.accepts(send.decidedAt),
                    var row = try row(send, filter, catalog, &names, transaction)
                {
                    row.delivery = try obstacles.current(
                        outbox.delivery(of: number, transaction), of: send.source)
                    if filter.status == nil || filter.status == row.status {
                        guard try body(row) else { return }
                    }
                }
                isThere = try cursor.next()
            }
        }
        return number
    }

    private func row(
        _ send: StoredSend, _ filter: DecisionFilter, _ catalog: Catalog,
        _ names: inout PartnerNames, _ transaction: borrowing ReadTransaction
    ) throws -> SendRow? {
        let source = try catalog.source(send.source)
        if let wanted = filter.source, wanted != source.id { return nil }
        let partner = try names.name(send.partner, transaction)
        if let wanted = filter.partner, wanted != partner { return nil }
        let id = SendID.make(
            program: program.name, kind: source.kind, source: source.id, partner: partner,
            ordinal: send.ordinal)
        return try SendRow(send, id: id, to: partner, catalog)
    }

    /// Gives runs to a body in order, until it returns false.
    public func eachRun(_ filter: DecisionFilter, _ body: (RunRow) throws -> Bool) throws {
        let (catalog, count) = try read { transaction, head in
            (try Catalog(tables, upTo: head.sequence, in: transaction), head.runs)
        }
        try eachRow(from: 0, to: count) { first, limit, transaction in
            var rows: [RunRow] = []
            let next = try eachRunRow(filter, from: first, to: count, catalog, transaction) { run in
                rows.append(run)
                return rows.count < limit
            }
            return (rows, next)
        } _: { row in
            try body(row)
        }
    }

    /// Gives a snapshot's runs to a body, until it returns false.
    ///
    /// - Returns: The number behind the last one that was looked at.
    @discardableResult
    func eachRunRow(
        _ filter: DecisionFilter, from first: UInt64 = 0, to end: UInt64 = .max,
        _ catalog: Catalog, _ transaction: borrowing ReadTransaction,
        _ body: (RunRow) throws -> Bool
    ) throws -> UInt64 {
        var number = first
        try transaction.cursor(tables.runs) { cursor in
            var isThere = try cursor.seek(Key.number(first))
            while isThere, number < end {
                defer { number += 1 }
                let run = try cursor.withValue { try DecisionCoding.run($0) }
                let workflow = try catalog.source(run.workflow).id
                if filter.accepts(run.at), filter.source == nil || filter.source == workflow {
                    guard try body(try RunRow(run, catalog)) else { return }
                }
                isThere = try cursor.next()
            }
        }
        return number
    }

    /// How many sends have been printed by `ingest --emit sends`; nil where none ever was.
    public func emittedSends() throws -> UInt64? {
        try read { transaction, _ in
            try NumberRow.read(Key.emitted, tables, transaction)
        }
    }
}

extension RunRow {
    init(_ run: Run, _ catalog: Catalog) throws {
        self.init(
            workflow: try catalog.source(run.workflow).id, at: run.at,
            sequence: run.sequence, members: run.members, withAddress: run.withAddress,
            sent: run.sent, isBlocked: run.isBlocked)
    }
}

extension SendRow {
    init(_ send: StoredSend, id: [UInt8], to partner: Name, _ catalog: Catalog) throws {
        let source = try catalog.source(send.source)
        self.init(
            id: id, source: source.id, kind: source.kind, partner: partner,
            partnerNumber: send.partner,
            to: send.address.map { Name(bytes: $0) },
            template: try catalog.templateID(send.template),
            templateVersion: send.templateVersion, decidedAt: send.decidedAt,
            sequence: send.sequence, suppressed: send.suppressed)
    }
}

extension DecisionFilter {
    func accepts(_ time: Instant) -> Bool {
        if let since, time < since { return false }
        if let until, time >= until { return false }
        return true
    }
}

/// Partner ids looked up one by one, each row of ids read once.
struct PartnerNames {
    private let store: Store
    private var known: [PartnerNumber: Name] = [:]

    init(_ store: Store) {
        self.store = store
    }

    mutating func name(
        _ partner: PartnerNumber, _ transaction: borrowing ReadTransaction
    ) throws -> Name {
        if let name = known[partner] { return name }
        let name = try store.partnerNames([partner], transaction)[0]
        known[partner] = name
        return name
    }
}
