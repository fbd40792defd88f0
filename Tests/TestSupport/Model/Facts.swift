/// One event of the log.
struct Fact {
    var sequence: Int
    var type: String
    var partner: String
    var when: Dated
    var fields: JSONValue
    /// For reversals, the action's day; else the same as `when`.
    var effective: Dated
}

/// What is known about one partner, read off the whole list of its events and sends.
///
/// It is built anew from the list after each event; nothing is carried over from one list to the next.
struct Facts {
    struct Contract {
        var stage: String?
        var term: String?
    }
    struct Movement {
        var when: Dated
        var amount: Exact
        /// 1 for an action, -1 for one taken back.
        var count: Int
    }
    struct Clicks {
        var when: Dated
        var count: Int
    }
    struct Mail {
        var activity: String
        var source: String?
        var when: Dated
    }
    struct Custom {
        var name: String
        var properties: JSONValue
        var when: Dated
    }

    /// The relationship history: stages with equal neighbours merged.
    private(set) var stages: [(stage: String, when: Dated)] = []
    private(set) var contracts: [String: Contract] = [:]
    /// Tags that are on, with their latest assignment.
    private(set) var tags: [String: Dated] = [:]
    /// Groups the partner is in, since when.
    private(set) var groups: [String: Dated] = [:]
    private(set) var name: String?
    private(set) var email: String?
    private(set) var attributes: [String: JSONValue] = [:]
    /// Why the partner is suppressed: `unsubscribed`, `complained` or `bounced`.
    private(set) var suppression: String?
    private(set) var movements: [Movement] = []
    private(set) var clicks: [Clicks] = []
    private(set) var mails: [Mail] = []
    private(set) var customs: [Custom] = []
    /// All instants from which rolling time may be reckoned.
    private(set) var instants: [Int64] = []

    /// - Parameters:
    ///   - events: The partner's events, ordered by (time, sequence).
    ///   - sent: Its sends that were not suppressed.
    ///   - calendar: For dates in attributes.
    init(events: [Fact], sent: [(source: String, when: Dated)], calendar: LocalCalendar) {
        var covers: [String] = []
        var results: Set<String> = []
        for event in events {
            instants += [event.when.instant, event.effective.instant]
            let fields = event.fields
            switch event.type {
            case "partner.updated":
                let before = email
                update(fields, calendar)
                // A new address ends all hard bounces; what they covered holds again.
                if !sameText(before, email) { covers.removeAll { $0 == "bounced" } }
            case "relationship.changed":
                enter(fields["stage"]?.text ?? "", event.when)
            case "contract.changed":
                change(fields, stage: fields["stage"]?.text ?? "")
            case "partner.joined":
                enter("joined", event.when)
                change(fields, stage: "joined")
            case "application.submitted":
                change(fields, stage: "awaiting_advertiser_approval")
            case "action.recorded":
                movements.append(
                    Movement(when: event.when, amount: amount(fields), count: 1)
                )
            case "action.reversed":
                movements.append(
                    Movement(
                        when: event.effective,
                        amount: Exact.zero - amount(fields),
                        count: -1
                    )
                )
            case "click.recorded":
                clicks.append(Clicks(when: event.when, count: fields["count"]?.int ?? 1))
            case "tag.assigned":
                tags[fields["tag"]?.text ?? ""] = event.when
            case "tag.removed":
                tags[fields["tag"]?.text ?? ""] = nil
            case "group.joined":
                // Equal neighbours are merged: the run counts from its first event.
                let group = fields["group"]?.text ?? ""
                groups[group] = groups[group] ?? event.when
            case "group.left":
                groups[fields["group"]?.text ?? ""] = nil
            case "custom.recorded":
                for (_, value) in fields["properties"]?.members ?? [] {
                    if let dated = value.dated(calendar) { instants.append(dated.instant) }
                }
                customs.append(
                    Custom(
                        name: fields["name"]?.text ?? "",
                        properties: fields["properties"] ?? .object([]),
                        when: event.when
                    )
                )
            default:
                let activity = String(event.type.dropFirst("email.".count))
                // Events come in the order of facts: of several on one send the earliest counts.
                let send = fields["send"]?.text.map { "\(activity) \($0)" }
                if send.map({ results.insert($0).inserted }) ?? true {
                    mails.append(
                        Mail(activity: activity, source: fields["source"]?.text, when: event.when))
                }
                switch activity {
                case "unsubscribed", "complained", "resubscribed": covers.append(activity)
                case "bounced":
                    if fields["kind"]?.text != "soft" { covers.append(activity) }
                default: break
                }
            }
        }
        for send in sent {
            instants.append(send.when.instant)
            mails.append(Mail(activity: "sent", source: send.source, when: send.when))
        }
        suppression = covers.last == "resubscribed" ? nil : covers.last
    }

    private mutating func update(_ fields: JSONValue, _ calendar: LocalCalendar) {
        if let given = fields.given("name") { name = given.text }
        if let given = fields.given("email") { email = given.text }
        for (key, value) in fields["attributes"]?.members ?? [] {
            attributes[key] = value.isNull ? nil : value
            if let dated = value.dated(calendar) { instants.append(dated.instant) }
        }
    }

    private mutating func enter(_ stage: String, _ when: Dated) {
        if stages.last?.stage != stage { stages.append((stage, when)) }
    }

    private mutating func change(_ fields: JSONValue, stage: String) {
        let id = fields["contract"]?.text ?? "default"
        contracts[id, default: Contract()].stage = stage
        if let term = fields["template_term"]?.text { contracts[id]?.term = term }
    }

    private func amount(_ fields: JSONValue) -> Exact {
        guard let given = fields["amount"],
            let amount = given.number ?? given.text.flatMap({ Exact($0) })
        else { preconditionFailure("an amount expected") }
        return amount
    }

    private func sameText(_ left: String?, _ right: String?) -> Bool {
        guard let left, let right else { return left == nil && right == nil }
        return bytewiseEqual(left, right)
    }

    /// The first time the relationship became `joined`.
    var originalJoined: Dated? {
        stages.first { $0.stage == "joined" }?.when
    }

    /// The contracts' ids in the order of their bytes.
    var contractIDs: [String] {
        contracts.keys.sorted(by: bytewiseLess)
    }

    /// Whether the condition holds; `segment` answers for other segments.
    func satisfies(
        _ condition: Condition,
        partner: String,
        at moment: Moment,
        segment: (String) -> Bool
    ) -> Bool {
        func check(_ part: Condition) -> Bool {
            satisfies(part, partner: partner, at: moment, segment: segment)
        }
        func isDue(_ window: Window) -> Bool {
            !window.needsJoining || originalJoined != nil
        }
        func counts(_ window: Window, _ when: Dated) -> Bool {
            window.counts(when, joined: originalJoined, at: moment)
        }
        switch condition {
        case .all(let parts): return parts.allSatisfy(check)
        case .any(let parts): return parts.contains(where: check)
        case .not(let part): return !check(part)
        case .relationshipStage(let test): return test.holds(stages.last.map { [$0.stage] } ?? [])
        case .contractStage(let test): return test.holds(contracts.values.compactMap(\.stage))
        case .templateTerm(let test): return test.holds(contracts.values.compactMap(\.term))
        case .contract(let test): return test.holds(Array(contracts.keys))
        case .partner(let test): return test.holds([partner])
        case .group(let test): return test.holds(Array(groups.keys))
        case .tag(let test): return test.holds(Array(tags.keys))
        case .partnerName(let test): return test.holds(name.map { [$0] } ?? [])
        case .contractWith(let stage, let term, let contract):
            return contracts.contains { id, state in
                (stage?.holds(state.stage.map { [$0] } ?? []) ?? true)
                    && (term?.holds(state.term.map { [$0] } ?? []) ?? true)
                    && (contract?.holds([id]) ?? true)
            }
        case .lastTransition(let test): return test.holds(stages.last?.when, at: moment)
        case .originalJoined(let test): return test.holds(originalJoined, at: moment)
        case .tagged(let tag, let test):
            return tags[tag].map { test.holds($0, at: moment) } ?? false
        case .grouped(let group, let test):
            return groups[group].map { test.holds($0, at: moment) } ?? false
        case .revenue(let window, let comparison):
            let counted = movements.filter { counts(window, $0.when) }
            return isDue(window) && comparison.holds(counted.reduce(Exact.zero) { $0 + $1.amount })
        case .actions(let window, let comparison):
            let counted = movements.filter { counts(window, $0.when) }
            return isDue(window) && comparison.holds(Exact(counted.reduce(0) { $0 + $1.count }))
        case .clicks(let window, let comparison):
            let counted = clicks.filter { counts(window, $0.when) }
            return isDue(window) && comparison.holds(Exact(counted.reduce(0) { $0 + $1.count }))
        case .email(let activity, let source, let window, let comparison):
            let counted = mails.filter { mail in
                mail.activity == activity && counts(window, mail.when)
                    && (source.map { wanted in
                        mail.source.map { bytewiseEqual($0, wanted) } ?? false
                    }
                        ?? true)
            }
            return isDue(window) && comparison.holds(Exact(counted.count))
        case .event(let name, let tests, let window, let comparison):
            let counted = customs.filter { custom in
                bytewiseEqual(custom.name, name) && counts(window, custom.when)
                    && tests.allSatisfy { $0.holds(custom.properties[$0.name], at: moment) }
            }
            return isDue(window) && comparison.holds(Exact(counted.count))
        case .attribute(let test): return test.holds(attributes[test.name], at: moment)
        case .segment(let test):
            switch test {
            case .anyOf(let ids): return ids.contains(where: segment)
            case .noneOf(let ids): return !ids.contains(where: segment)
            default: preconditionFailure("a segment leaf has any_of or none_of")
            }
        }
    }
}
