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
    /// Segments that the partner is in, and when it leaves each if nothing happens; in hindsight there
    /// is no since.
    public var memberships: [(segment: Name, since: Instant?, nextFlip: Instant?)] = []
    /// When the partner enters other segments if nothing happens.
    public var ahead: [(segment: Name, at: Instant)] = []
    /// The sends decided by then.
    public var sends: [SendRow] = []
}

extension Store {
    /// What is known of a partner, as of some viewpoint.
    ///
    /// - Throws: ``QuestionError`` where there is no such partner or moment, or ``StoreError``.
    public func partner(_ id: Name, _ viewpoint: Viewpoint) throws -> PartnerReport {
        try read { transaction, head in
            let catalog = try Catalog(tables, upTo: head.sequence, in: transaction)
            var texts = TextTable()
            let trail = try PartnerTrail(
                of: id, in: self, head, catalog, texts: &texts, transaction)
            let view = try viewpoint.resolved(head)
            let history = view.part(of: trail.history)
            guard !history.events.isEmpty else {
                guard let first = view.first(of: trail.history) else {
                    throw QuestionError.unknownPartner(id)
                }
                throw QuestionError.beforeFirstEvent(id, at: first)
            }
            let segments = try catalog.segments(at: view.rules)
            var recollection = Recollection(
                programName: program.name, zone: try zone(at: view.rules, transaction),
                definitions: segments, texts: texts)
            let number = recollection.learn(history)
            var report = PartnerReport(id, recollection.partners[Int(number)], recollection.texts)
            report.sends = try zip(trail.history.sends, trail.sends).filter {
                $0.0.decidedAt <= view.instant
            }.map { past, send in
                try self.row(of: past, send, to: id, catalog, transaction)
            }
            for segment in segments.map(\.id) {
                let flip = recollection.nextFlip(number, of: segment, after: view.instant)
                if recollection.isMember(number, of: segment, at: view.instant) {
                    let entry =
                        view.later == nil
                        ? try lastTransition(
                            of: trail, segment, at: view.instant, catalog, transaction) : nil
                    report.memberships.append((segment, entry?.time, flip))
                } else if let flip {
                    report.ahead.append((segment, flip))
                }
            }
            return report
        }
    }
}

extension PartnerReport {
    init(_ id: Name, _ state: PartnerState, _ texts: TextTable) {
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
        attributes = state.attributes.list.compactMap { fact in
            fact.value.map { (texts.name(fact.name), ConstantValue($0, texts)) }
        }.sorted { $0.name < $1.name }
    }
}
