public import Core
public import Engine
import LMDB
import Wire

/// What is known of one partner at a moment (SPEC 6).
public struct PartnerReport: Sendable {
    /// The partner's id.
    public var partner: Name
    /// The partner's name; nil without one.
    public var name: Name?
    /// The partner's address; nil without one.
    public var email: Name?
    /// Why the partner gets no mail, if so.
    public var suppression: Suppression?
    /// The relationship stage; nil before the first.
    public var stage: RelationshipStage?
    /// When the relationship stage was entered.
    public var lastTransition: Instant?
    /// When the relationship first became `joined`.
    public var originalJoined: Instant?
    /// The contracts, each with its stage and template term, in byte order of ids.
    public var contracts: [(contract: Name, stage: ContractStage, term: Name?)]
    /// The tags that are on, and since when, in byte order.
    public var tags: [(tag: Name, since: Instant)]
    /// The groups that the partner is in, and since when, in byte order.
    public var groups: [(group: Name, since: Instant)]
    /// The attributes that have a value, in byte order of names.
    public var attributes: [(name: Name, value: ConstantValue)]
    /// Segments that the partner is in, and when it leaves each if nothing happens.
    public var memberships: [(segment: Name, since: Instant, nextFlip: Instant?)]
    /// When the partner enters other segments if nothing happens.
    public var ahead: [(segment: Name, at: Instant)]
}

extension Store {
    /// What is known of a partner now, or was after everything up to an instant.
    ///
    /// - Throws: ``QuestionError`` where there is no such partner or moment, or ``StoreError``.
    public func partner(_ id: Name, at instant: Instant?) throws -> PartnerReport {
        try read { transaction, head in
            let engine: Engine
            if let instant {
                engine = try self.engine(at: instant, head, transaction)
            } else {
                engine = try LoadedEngine(self, in: transaction).engine
            }
            guard let number = engine.partnerIDs.find(id)?.number,
                Int(number) < engine.partners.count
            else { throw QuestionError.unknownPartner(id) }
            return PartnerReport(id, number, engine)
        }
    }

    /// An engine in memory that has taken in everything up to an instant.
    private func engine(
        at instant: Instant, _ head: Head, _ transaction: borrowing ReadTransaction
    ) throws -> Engine {
        guard head.now != .unset, instant <= head.now else {
            throw QuestionError.afterNow(now: head.now == .unset ? nil : head.now)
        }
        var last: EventSequence = 0
        try transaction.cursor(tables.log) { cursor in
            var isThere = try cursor.first()
            while isThere {
                let time = try cursor.withValue { record in
                    var reader = ByteReader()
                    return try RecordCoding.header(record, &reader).engineTime
                }
                guard time <= instant else { return }
                last += 1
                isThere = try cursor.next()
            }
        }
        var engine = Engine(programName: program.name, zone: program.zone)
        var replay = Replay(tables: tables)
        try replay.run(&engine, upTo: last, in: transaction) { _, _ in }
        try replay.finish()
        engine.replayBoundary(at: instant, isHistory: engine.isInHistory)
        return engine
    }
}

extension PartnerReport {
    fileprivate init(_ id: Name, _ number: PartnerNumber, _ engine: Engine) {
        let state = engine.partners[Int(number)]
        let texts = engine.texts
        partner = id
        name = state.name?.text.map { texts.name($0) }
        email = state.address.map { texts.name($0) }
        suppression = state.suppression
        stage = state.stage
        lastTransition = state.lastTransition
        originalJoined = state.originalJoined
        contracts = state.contracts.map { contract in
            (texts.name(contract.contract), contract.stage, contract.term.map { texts.name($0) })
        }.sorted { $0.contract < $1.contract }
        tags = state.tags.filter(\.isOn).map { (texts.name($0.tag), $0.order.time) }
            .sorted { $0.tag < $1.tag }
        groups = Set(state.groups.map(\.group)).compactMap { group in
            state.groupSince(group).map { (texts.name(group), $0) }
        }.sorted { $0.group < $1.group }
        attributes = state.attributes.compactMap { fact in
            fact.value.map { (texts.name(fact.name), ConstantValue($0, texts)) }
        }.sorted { $0.name < $1.name }
        memberships = []
        ahead = []
        for (segment, segmentID) in engine.segmentsInForce {
            let flip = engine.nextFlip(on: number, segment: segment)
            if let entry = state.memberships.first(where: { $0.segment == segment }) {
                memberships.append((segmentID, entry.since, flip))
            } else if let flip {
                ahead.append((segmentID, flip))
            }
        }
    }
}

extension ConstantValue {
    init(_ value: Value, _ texts: TextTable) {
        switch value {
        case .text(let text): self = .text(texts.name(text))
        case .number(let number): self = .number(number)
        case .flag(let flag): self = .flag(flag)
        }
    }
}
