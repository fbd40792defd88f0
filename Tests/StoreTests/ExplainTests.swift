import Core
import Definitions
import Engine
import Store
import TestSupport
import Testing
import Wire

/// What `explain` says, against the model: verdicts are what they are, and a leaf would say something
/// else, or have looked at something else, in a history without the events that it names.
@Suite struct ExplainTests {
    @Test("names events that exist, and without them the leaf says something else")
    func causes() throws {
        var named = 0
        for seed in Seeds.chosen(or: 0..<80) { named += try checkCauses(seed: seed) }
        #expect(named > 300, "only \(named) leaves with causes: too few to mean anything")
    }

    private func checkCauses(seed: UInt64) throws -> Int {
        let program = RandomProgram(seed: seed)
        let steps = RandomHistory(seed: seed, program: program).steps
        let stored = try StoreProgram(name: program.name, timezone: program.timezone)
        try stored.makeWriters(count: 1)
        try stored.run(steps[...], flushing: seed % 2 == 0)
        let model = Model(
            programName: program.name, timezone: program.timezone, currency: program.currency)
        for step in steps { model.run(step) }
        guard let now = model.now else { return 0 }
        var random = SplitMix64(seed: seed &+ 0x4558_504C)
        let lines = Lines(steps)
        var named = 0
        for segment in model.segmentIDs {
            for partner in random.shuffled(model.partnerIDs).prefix(3) {
                let back = random.chance(50) ? 0 : random.int64(in: 0...(9 * Instants.day))
                let instant = Instant(microseconds: now - back)
                let answer: MemberAnswer
                do {
                    answer = try stored.store.explainMember(
                        Name(segment), Name(partner), Viewpoint(at: instant))
                } catch QuestionError.beforeDefined {
                    continue
                }
                let members = try stored.store.members(of: Name(segment), at: .time(instant))
                #expect(
                    answer.isMember == members.contains { $0.partner == Name(partner) },
                    "seed \(seed): \(partner) in \(segment)")
                guard answer.isCandidate else {
                    #expect(!answer.isMember)
                    continue
                }
                #expect(answer.explanation.holds == answer.isMember, "seed \(seed): \(partner)")
                for (leaf, holds, finding) in leaves(answer.explanation) {
                    guard
                        let asked = Asked(leaf, of: answer, program, lines)
                    else { continue }
                    let title = "seed \(seed): \(partner), \(asked.text) at \(instant)"
                    #expect(asked.holds(without: []) == holds, "\(title)")
                    let causes = finding.causes
                    guard !causes.list.isEmpty else { continue }
                    if causes.areDecisive { named += 1 }
                    let remains = asked.holds(without: causes.list) == holds
                    #expect(remains == !causes.areDecisive, "\(title)")
                }
            }
        }
        return named
    }

    @Test("names the events that made the value, also where the verdict does not hang on them")
    func telling() throws {
        let found = try Self.findings(
            match: [
                #"{"revenue":{"greater_than":100}}"#, #"{"revenue":{"less_than":100}}"#,
                #"{"relationship_stage":{"any_of":["suspended"]}}"#,
                #"{"attribute":{"name":"level","at_least":5}}"#,
                #"{"original_joined":{"is_set":true}}"#,
                #"{"contract_stage":{"any_of":["joined"]}}"#,
                #"{"tagged":{"tag":"vip","days_ago":{"from":100,"to":200}}}"#,
                #"{"clicks":{"at_least":1}}"#, #"{"tag":{"any_of":["vip","other"]}}"#,
            ],
            of: [
                (#""type":"partner.updated","attributes":{"level":3}"#, "e1"),
                (#""type":"partner.joined""#, "e2"), (#""type":"partner.joined""#, "e3"),
                (#""type":"relationship.changed","stage":"outreach""#, "e4"),
                (#""type":"contract.changed","contract":"c2","stage":"expired""#, "e5"),
                (#""type":"action.recorded","amount":50"#, "e6"),
                (#""type":"tag.assigned","tag":"vip""#, "e7"),
                (#""type":"tag.removed","tag":"vip""#, "e8"),
            ])
        #expect(
            found == [
                ["e6"], ["e6"], ["e4"], ["e1"], ["e2", "e3"], ["e2", "e3"], ["e8"], [], ["e8"],
            ])
    }

    @Test("names each event of a contract that matters, and none of another contract's")
    func contracts() throws {
        let found = try Self.findings(
            match: [
                #"{"contract_with":{"stage":{"any_of":["joined"]},"template_term":{"any_of":["std"]}}}"#,
                #"{"contract_with":{"stage":{"any_of":["joined"]},"template_term":{"any_of":["gold"]}}}"#,
                #"{"template_term":{"any_of":["std"]}}"#,
                #"{"contract_stage":{"any_of":["joined"]}}"#,
            ],
            of: [
                (#""type":"application.submitted","template_term":"std""#, "term"),
                (#""type":"contract.changed","stage":"joined""#, "join"),
                (#""type":"contract.changed","contract":"k2","stage":"cancelled""#, "other"),
            ])
        #expect(
            found == [["term", "join"], ["term", "join", "other"], ["term"], ["join"]])
    }

    @Test("names the joining that a window begins at beside what lies in it")
    func joinings() throws {
        let found = try Self.findings(
            match: [
                #"{"actions":{"over":{"since":"original_joined"},"at_least":1}}"#,
                #"{"actions":{"at_least":1}}"#,
            ],
            of: [
                (#""type":"partner.joined""#, "e1"),
                (#""type":"action.recorded","amount":50"#, "e2"),
            ])
        #expect(found == [["e1", "e2"], ["e2"]])
    }

    @Test("foretells nothing beyond the last instant that an event can have")
    func lastInstant() throws {
        let answer = try Self.answer(
            match: [#"{"attribute":{"name":"exp","date":{"more_than_days_ago":0}}}"#],
            of: [(#""type":"partner.updated","attributes":{"exp":"9999-12-31"}"#, "e1")])
        #expect(!answer.isMember && answer.flipsAt == nil)
        #expect(answer.explanation.flipsAt == nil)
    }

    /// The ids of the events that each of some leaves names about a partner who has just these.
    private static func findings(
        match leaves: [String], of events: [(fields: String, id: String)]
    ) throws -> [[Name]] {
        let answer = try answer(match: leaves, of: events)
        guard case .any(let parts) = answer.explanation.form else { return [] }
        return parts.map { part in
            guard case .leaf(_, let finding) = part.form else { return [] }
            return finding.causes.list.map { cause in
                guard case .event(let place) = cause else { return "a send" }
                return answer.history.events[place].id
            }
        }
    }

    /// Why a partner who has just these events is in a segment of any of some leaves, or why not.
    private static func answer(
        match leaves: [String], of events: [(fields: String, id: String)]
    ) throws -> MemberAnswer {
        let stored = try StoreProgram(name: "p", timezone: "UTC")
        try stored.makeWriters(count: 1)
        let match = #"{"any":[\#(leaves.joined(separator: ","))]}"#
        var steps: [Step] = [
            .apply(#"{"segments":[{"id":"s","match":\#(match)}]}"#, prune: false)
        ]
        for (place, event) in events.enumerated() {
            let time = "2026-03-01T12:\(10 + place):00Z"
            steps.append(
                .line(
                    #"{"id":"\#(event.id)","partner":"p1","time":"\#(time)",\#(event.fields)}"#,
                    history: false))
        }
        try stored.run(steps[...], flushing: true)
        return try stored.store.explainMember("s", "p1", Viewpoint())
    }

    private func leaves(_ explanation: Explanation) -> [(Leaf, Bool, LeafFinding)] {
        switch explanation.form {
        case .all(let parts), .any(let parts): parts.flatMap { leaves($0) }
        case .not(let part): leaves(part)
        case .segment(_, let part): part.map { leaves($0) } ?? []
        case .leaf(let leaf, let finding): [(leaf, explanation.holds, finding)]
        }
    }
}

/// The first line of each event id.
private struct Lines {
    var byID: [String: String] = [:]

    init(_ steps: [Step]) {
        for case .line(let line, _) in steps {
            let id = TestSupport.JSONValue(parsing: line)["id"]?.text ?? ""
            if byID[id] == nil { byID[id] = line }
        }
    }
}

/// One leaf as a segment of its own in a model that is fed a part of one partner's history.
private struct Asked {
    let text: String
    private let answer: MemberAnswer
    private let program: RandomProgram
    private let lines: Lines

    /// Nil for a leaf that counts sends, which the model decides by itself.
    init?(_ leaf: Leaf, of answer: MemberAnswer, _ program: RandomProgram, _ lines: Lines) {
        if case .measure(.email(.sent, _), _, _) = leaf { return nil }
        text = String(decoding: canonicalJSON(writtenLeaf(leaf)), as: UTF8.self)
        // What no operator can write has no model: one contract with two ids or terms at once.
        if text.contains("\"any_of\":[]") { return nil }
        self.answer = answer
        self.program = program
        self.lines = lines
    }

    func holds(without causes: [Cause]) -> Bool {
        let model = Model(
            programName: program.name, timezone: program.timezone, currency: program.currency)
        model.apply(
            definitionsJSON: #"{"segments":[{"id":"leaf","match":\#(text)}]}"#, prune: false)
        let partner = answer.history.partner.description
        guard let first = answer.history.events.first else { return false }
        // Who has no event at all is in no segment, so one that no leaf looks at is always there.
        model.ingest(
            line: line("neutral", "email.resubscribed", first.event.time, ""), history: false)
        for (index, past) in answer.history.events.enumerated()
        where !causes.contains(.event(index)) {
            model.ingest(
                line: lines.byID[past.id.description] ?? derived(past), history: false)
        }
        model.advance(to: answer.at.microseconds)
        return model.members(segment: "leaf").contains(partner)
    }

    private func line(_ id: String, _ type: String, _ time: Instant, _ fields: String) -> String {
        var partner: [UInt8] = []
        partner.append(jsonString: answer.history.partner.bytes.span)
        let name = String(decoding: partner, as: UTF8.self)
        return #"{"id":"\#(id)","type":"\#(type)","partner":\#(name),"#
            + #""time":"\#(timestampText(time))"\#(fields)}"#
    }

    private func derived(_ past: PartnerHistory.PastEvent) -> String {
        var fields: [UInt8] = []
        let texts = answer.texts
        switch past.event.content {
        case .tagAssigned(let tag), .tagRemoved(let tag):
            fields.append(jsonString: texts.name(tag).bytes.span)
            return line(
                "derived \(past.sequence)", past.event.content.typeWord, past.event.time,
                #","tag":\#(String(decoding: fields, as: UTF8.self))"#)
        case .partnerJoined(let contract, _):
            fields.append(jsonString: texts.name(contract).bytes.span)
            return line(
                "derived \(past.sequence)", "partner.joined", past.event.time,
                #","contract":\#(String(decoding: fields, as: UTF8.self))"#)
        default: preconditionFailure("\(past.id) is an outside event without a line")
        }
    }
}
