import Core
import Definitions
import Engine
import Wire

extension Scenario {
    /// Runs the scenario in memory, as a store would that is fed the same way (SPEC 9).
    ///
    /// - Parameter surroundings: Makes the ids of sends.
    /// - Returns: Where it came out otherwise than expected, in the order of the file; empty where it
    ///   passed.
    /// - Throws: What only a fault of ours could make happen: an event that can't be decoded.
    public func run(_ surroundings: Surroundings) throws -> [ScenarioFailure] {
        var run = ScenarioRun(program, surroundings)
        run.apply(definitions)
        var failures: [ScenarioFailure] = []
        for step in steps {
            try run.take(step)
            failures += run.check(step)
        }
        return failures
    }
}

/// A program in memory.
private struct ScenarioRun {
    let surroundings: Surroundings
    var engine: Engine
    var inForce: [DefinitionKey: (canonical: CanonicalDefinition, version: UInt32)] = [:]
    /// Events so far, derived ones too.
    var events: [(partner: PartnerNumber, past: PartnerHistory.PastEvent)] = []
    /// How many records have been looked at for events.
    private var seenRecords = 0
    /// Steps with expectations so far, each with how many sends and runs there were then.
    private var checks: [(step: String, sends: Int, runs: Int)] = []
    private var checkedSends: Int { checks.last?.sends ?? 0 }
    private var checkedRuns: Int { checks.last?.runs ?? 0 }

    init(_ program: Scenario.Program, _ surroundings: Surroundings) {
        self.surroundings = surroundings
        engine = Engine(programName: program.name, zone: program.zone)
        engine.begin()
    }

    mutating func take(_ step: Scenario.Step) throws {
        if step.at > engine.now {
            engine.advance(
                to: step.at, isHistory: step.isHistory, fetching: Engine.nobodyIsAbsent)
            collectEvents()
        }
        apply(step.definitions)
        for event in step.events {
            let decoded = try decodeEvent(
                content: event.content.span, time: event.time, texts: &engine.texts)
            engine.apply(
                decoded, partner: event.partner.bytes.span, at: max(engine.now, event.time),
                isHistory: step.isHistory, fetching: Engine.nobodyIsAbsent)
            collectEvents(input: (event.id, decoded))
        }
    }

    /// Takes the events out of the records that the engine has placed since.
    private mutating func collectEvents(input: (id: Name, event: Event)? = nil) {
        for record in engine.effects.records[seenRecords...] {
            guard let partner = record.partner else { continue }
            var past: PartnerHistory.PastEvent?
            switch record.kind {
            case .input:
                past = input.map { id, event in
                    PartnerHistory.PastEvent(
                        id: id, sequence: record.sequence, engineTime: record.engineTime,
                        source: nil, event: event)
                }
            case .derived(let derived):
                past = PartnerHistory.PastEvent(
                    id: Name("muster:\(record.sequence)"), sequence: record.sequence,
                    engineTime: record.engineTime, source: source(derived.source),
                    event: Event(time: record.engineTime, content: derived.content))
            case .boundary: break
            }
            if let past { events.append((partner, past)) }
        }
        seenRecords = engine.effects.records.count
    }

    /// Puts definitions in force, those that differ from what is.
    mutating func apply(_ definitions: [CanonicalDefinition]) {
        var changes: [DefinitionChange] = []
        for definition in definitions {
            let old = inForce[definition.key]
            guard old?.canonical != definition else { continue }
            let version = (old?.version ?? 0) + 1
            inForce[definition.key] = (definition, version)
            changes.append(
                DefinitionChange(
                    kind: definition.key.kind, id: definition.key.id, version: version,
                    definition: definition.definition))
        }
        guard !changes.isEmpty else { return }
        engine.define(changes, fetching: Engine.nobodyIsAbsent) { [events] engine in
            for (partner, past) in events {
                engine.fill(past.event, partner: partner, sequence: past.sequence)
            }
            for send in engine.effects.sends where send.suppressed == nil {
                engine.fillSend(source: send.source, partner: send.partner, at: send.decidedAt)
            }
        }
        collectEvents()
    }

    /// Compares what is with what was expected; the next expectation sees later sends and runs.
    mutating func check(_ step: Scenario.Step) -> [ScenarioFailure] {
        guard !step.expectations.isEmpty else { return [] }
        let failures = step.expectations.compactMap { failure($0) }
        checks.append((step.path, engine.effects.sends.count, engine.effects.runs.count))
        return failures
    }

    private func failure(_ expectation: Scenario.Expectation) -> ScenarioFailure? {
        let pairing = Pairing(expected: expectation.rows, found: rows(of: expectation.subject))
        guard !pairing.missing.isEmpty || !pairing.unexpected.isEmpty else { return nil }
        var membership: ScenarioFailure.Membership?
        if case .members(let segment) = expectation.subject,
            case .text(let partner)? = (pairing.missing + pairing.unexpected).first?
                .value(of: "partner")
        {
            membership = self.membership(of: partner, in: segment)
        }
        return ScenarioFailure(
            subject: expectation.subject, place: expectation.place, path: expectation.path,
            at: engine.now, matched: pairing.matched, missing: pairing.missing,
            unexpected: pairing.unexpected, membership: membership,
            earlier: earlier(pairing.missing, of: expectation.subject))
    }

    /// The first missing send or run that there was before the last expectation; looked for among
    /// as many as are shown.
    private func earlier(_ missing: [Row], of subject: Subject) -> ScenarioFailure.Earlier? {
        let rows: [Row]
        switch subject {
        case .members: return nil
        case .sends: rows = engine.effects.sends[..<checkedSends].map { row($0) }
        case .runs: rows = engine.effects.runs[..<checkedRuns].map { row($0) }
        }
        for row in missing.prefix(20) {
            guard let index = rows.lastIndex(where: row.matches),
                let check = checks.first(where: {
                    (subject == .sends ? $0.sends : $0.runs) > index
                })
            else { continue }
            return ScenarioFailure.Earlier(row: rows[index], step: check.step)
        }
        return nil
    }

    private func membership(
        of partner: Name, in segment: Name
    ) -> ScenarioFailure.Membership {
        let number = engine.partnerIDs.find(partner)?.number
        let sends = engine.effects.sends.enumerated().filter { $0.element.partner == number }
        let history = PartnerHistory(
            partner: partner, events: events.filter { $0.partner == number }.map(\.past),
            sends: sends.map { index, send in
                PartnerHistory.PastSend(
                    id: id(of: send), source: source(send.source), number: UInt64(index),
                    sequence: send.sequence, decidedAt: send.decidedAt,
                    suppressed: send.suppressed)
            })
        let explainer = Explainer(
            history, at: engine.now, definitions: engine.registry.inForce, texts: engine.texts,
            programName: engine.programName, zone: engine.zone)
        return ScenarioFailure.Membership(
            isMember: explainer.isMember(of: segment), flipsAt: explainer.nextFlip(of: segment),
            explanation: explainer.explanation(of: segment), history: history)
    }

    // MARK: Rows

    private func rows(of subject: Subject) -> [Row] {
        switch subject {
        case .members(let segment):
            guard let number = engine.registry.number(.segment, segment) else { return [] }
            return engine.members[Int(number)].members.map { partner in
                Row([Row.Field("partner", .text(name(of: partner)))])
            }
        case .sends: return engine.effects.sends[checkedSends...].map { row($0) }
        case .runs: return engine.effects.runs[checkedRuns...].map { row($0) }
        }
    }

    private func name(of partner: PartnerNumber) -> Name {
        engine.partnerIDs.name(TextID(number: partner))
    }

    private func source(_ number: SourceNumber) -> PartnerHistory.Source {
        let entry = engine.registry.sources[Int(number)]
        return PartnerHistory.Source(kind: entry.kind, id: entry.id)
    }

    private func id(of send: Send) -> Name {
        let source = source(send.source)
        return surroundings.sendID(
            engine.programName, source.kind, source.id, name(of: send.partner), send.ordinal)
    }

    private func row(_ send: Send) -> Row {
        let source = source(send.source)
        let template = engine.registry.templateIDs[Int(send.template)]
        var row = Row([
            Row.Field("send", .text(id(of: send))),
            Row.Field("source", .text(source.id)),
            Row.Field("kind", .text(Name(source.kind.word))),
            Row.Field("partner", .text(name(of: send.partner))),
            Row.Field("to", send.address.map { .text(engine.texts.name($0)) } ?? .null),
            Row.Field("template", .text(template)),
            Row.Field("template_version", .number(Int(send.templateVersion))),
            Row.Field("decided_at", .instant(send.decidedAt)),
            Row.Field("seq", .number(Int(send.sequence))),
            Row.Field("status", .text(send.suppressed == nil ? "pending" : "suppressed")),
        ])
        if let reason = send.suppressed {
            row.fields.append(Row.Field("reason", .text(Name(reason.word))))
        }
        return row
    }

    private func row(_ run: Run) -> Row {
        Row([
            Row.Field("workflow", .text(engine.registry.sources[Int(run.workflow)].id)),
            Row.Field("at", .instant(run.at)),
            Row.Field("members", .number(run.members)),
            Row.Field("with_address", .number(run.withAddress)),
            Row.Field("sent", .number(run.sent)),
            Row.Field("blocked", .flag(run.isBlocked)),
        ])
    }
}
