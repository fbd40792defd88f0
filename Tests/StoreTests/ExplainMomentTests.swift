import Core
import Engine
import Store
import TestSupport
import Testing
import Wire

/// What `explain` says where several things happen at one instant, and of the run ahead.
@Suite struct ExplainMomentTests {
    private static func line(
        _ id: String, _ type: String, _ partner: String, _ time: String, _ rest: String = ""
    ) -> Step {
        .line(
            #"{"id":"\#(id)","type":"\#(type)","partner":"\#(partner)","#
                + #""time":"2026-03-01T\#(time)Z"\#(rest)}"#, history: false)
    }

    private static func tag(
        _ id: String, _ partner: String, _ time: String, on: Bool = true, _ tag: String = "on"
    ) -> Step {
        line(id, on ? "tag.assigned" : "tag.removed", partner, time, #","tag":"\#(tag)""#)
    }

    private static func address(_ partner: String, _ time: String) -> Step {
        line(
            "address-\(partner)", "partner.updated", partner, time,
            #","email":"\#(partner)@x.y""#)
    }

    private static func advance(_ time: String) throws -> Step {
        .advance(try instant(time).microseconds)
    }

    private static func instant(_ time: String) throws -> Instant {
        try parseTimestamp(Array("2026-03-01T\(time)Z".utf8).span)
    }

    private static func stored(_ definitions: String, _ steps: [Step]) throws -> StoreProgram {
        let stored = try StoreProgram(name: "p", timezone: "UTC")
        try stored.makeWriters(count: 1)
        try stored.run(([.apply(definitions, prune: false)] + steps)[...], flushing: false)
        return stored
    }

    private static let tagged = #"{"id":"s","match":{"tag":{"any_of":["on"]}}}"#

    private func sends(_ stored: StoreProgram) throws -> [SendAnswer] {
        try stored.sends().map {
            try stored.store.explainSend(Name(bytes: Array($0.id.utf8)), partner: nil)
        }
    }

    @Test("a send's membership is the run's, whatever happens at the same instant after it")
    func sendAtInstant() throws {
        let definitions = #"""
            {"templates":[{"id":"t","subject":"s","text":"x"}],"segments":[\#(Self.tagged)],
             "workflows":[{"id":"w","segment":"s","do":[{"send_email":"t"}],"state":"active"}]}
            """#
        for end in [
            [Self.tag("2", "p", "10:00:00", on: false)],
            [try Self.advance("10:00:00"), Self.tag("2", "p", "09:50:00", on: false)],
        ] {
            let stored = try Self.stored(
                definitions,
                [Self.address("p", "09:05:00"), Self.tag("1", "p", "09:10:00")] + end)
            let answer = try #require(try sends(stored).first)
            guard case .run(_, let membership) = answer.cause else {
                Issue.record("no run: \(answer.cause)")
                continue
            }
            #expect(membership.lastTransition?.time == (try Self.instant("09:10:00")))
            #expect(membership.lastTransition?.entered == true)
        }
    }

    @Test("an automation's send shows the very transition that set it off")
    func automationsAtInstant() throws {
        let stored = try Self.stored(
            #"""
            {"templates":[{"id":"t","subject":"s","text":"x"}],"segments":[\#(Self.tagged)],
             "automations":[
              {"id":"in","on":{"segment_entered":"s"},"do":[{"send_email":"t"}],"state":"active"},
              {"id":"out","on":{"segment_left":"s"},"do":[{"send_email":"t"}],"state":"active"}]}
            """#,
            [Self.address("p", "09:05:00")]
                + (0..<4).map { Self.tag("\($0)", "p", "10:00:00", on: $0 % 2 == 0) })
        let answers = try sends(stored)
        #expect(answers.map(\.send.source) == ["in", "out", "in", "out"])
        for answer in answers {
            guard case .segment(let entered, let membership) = answer.cause else {
                Issue.record("no segment: \(answer.cause)")
                continue
            }
            #expect(membership.lastTransition?.entered == entered)
            #expect(membership.lastTransition?.sequence == answer.send.sequence)
        }
    }

    @Test("a send counts the sends of the evaluations before its own, and no others of its record")
    func companions() throws {
        let stored = try Self.stored(
            #"""
            {"templates":[{"id":"t","subject":"s","text":"x"}],
             "segments":[
              {"id":"ever","match":{"email":{"activity":"sent"}}},
              {"id":"once","match":{"email":{"activity":"sent","equals":1}}}],
             "automations":[
              {"id":"a","on":{"tag_assigned":"on"},"do":[{"send_email":"t"}],"state":"active"},
              {"id":"e","on":{"segment_entered":"ever"},"do":[{"send_email":"t"}],"state":"active"},
              {"id":"b","on":{"segment_entered":"once"},"do":[{"send_email":"t"}],"state":"active"},
              {"id":"c","on":{"segment_entered":"once"},"do":[{"send_email":"t"}],"state":"active"},
              {"id":"d","on":{"segment_left":"once"},"do":[{"send_email":"t"}],"state":"active"}]}
            """#,
            [Self.address("p", "09:05:00"), Self.tag("1", "p", "10:00:00")])
        let answers = try sends(stored)
        #expect(answers.map(\.send.source) == ["a", "e", "b", "c", "d"])
        #expect(answers.map(\.history.sends.count) == [0, 1, 1, 1, 4])
        for answer in answers.dropFirst() {
            guard case .segment(let entered, let membership) = answer.cause else {
                Issue.record("no segment: \(answer.cause)")
                continue
            }
            #expect(membership.isMember == entered)
        }
    }

    @Test("a send counts what was sent upon events that follow from its record")
    func derivedCompanions() throws {
        let stored = try Self.stored(
            #"""
            {"templates":[{"id":"t","subject":"s","text":"x"}],
             "segments":[
              {"id":"old","match":{"original_joined":{"longer_ago_than":{"hours":1}}}},
              {"id":"told","match":{"email":{"activity":"sent","source":"b"}}},
              {"id":"often","match":{"email":{"activity":"sent","at_least":2}}}],
             "workflows":[{"id":"w","segment":"told","do":[{"send_email":"t"}],"state":"active"}],
             "automations":[
              {"id":"a","on":{"segment_entered":"old"},"do":[{"add_tag":"on"}],"state":"active"},
              {"id":"b","on":{"tag_assigned":"on"},"do":[{"send_email":"t"}],"state":"active"},
              {"id":"c","on":{"segment_entered":"often"},"do":[{"send_email":"t"}],"state":"active"}]}
            """#,
            [
                Self.address("p", "09:00:00"), Self.line("1", "partner.joined", "p", "09:00:00"),
                try Self.advance("10:30:00"),
            ])
        let answers = try sends(stored)
        #expect(answers.map(\.send.source) == ["b", "w", "c"])
        #expect(answers.map(\.history.sends.count) == [0, 1, 2])
    }

    @Test("sends of one evaluation begin to count together")
    func together() throws {
        let stored = try Self.stored(
            #"""
            {"templates":[{"id":"t","subject":"s","text":"x"}],
             "segments":[{"id":"some","match":{"email":{"activity":"sent"}}}],
             "automations":[
              {"id":"a","on":{"tag_assigned":"on"},"do":[{"send_email":"t"}],"state":"active"},
              {"id":"b","on":{"tag_assigned":"on"},"do":[{"send_email":"t"}],"state":"active"},
              {"id":"c","on":{"segment_entered":"some"},"do":[{"send_email":"t"}],"state":"active"},
              {"id":"d","on":{"segment_entered":"some"},"do":[{"send_email":"t"}],"state":"active"}]}
            """#,
            [Self.address("p", "09:05:00"), Self.tag("1", "p", "10:00:00")])
        let answers = try sends(stored)
        #expect(answers.map(\.send.source) == ["a", "b", "c", "d"])
        #expect(answers.map(\.history.sends.count) == [0, 0, 2, 2])
    }

    @Test("an act that derived nothing is an act")
    func quietAct() throws {
        let stored = try Self.stored(
            #"""
            {"segments":[{"id":"s","match":{"contract_stage":{"any_of":
              ["awaiting_advertiser_approval"]}}}],
             "workflows":[{"id":"acc","segment":"s","state":"active",
              "do":[{"accept_application":{"template_term":{"any_of":["Std"]}}}]}]}
            """#,
            [
                Self.line(
                    "1", "application.submitted", "q", "00:10:00", #","template_term":"Other""#),
                Self.line("2", "click.recorded", "r", "01:05:00"),
                Self.line(
                    "3", "contract.changed", "q", "01:40:00",
                    #","stage":"awaiting_advertiser_approval","template_term":"Std""#),
            ])
        let one = try Self.instant("01:00:00")
        let answer = try stored.store.explainWorkflow("acc", "q")
        #expect(answer.actedAt == [one])
        #expect(answer.obstacles == [.actedBefore(one)])
        #expect(answer.stays.map(\.actedAt) == [one])
        // It does not act again, and whoever comes in anew is acted on.
        try stored.run(
            [
                try Self.advance("02:30:00"),
                Self.line(
                    "4", "contract.changed", "q", "02:40:00", #","stage":"expired""#),
                Self.line(
                    "5", "application.submitted", "q", "02:50:00", #","template_term":"Other""#),
            ], flushing: true)
        #expect(try stored.store.explainWorkflow("acc", "q").obstacles == [])
        try stored.run([try Self.advance("03:30:00")], flushing: false)
        let later = try stored.store.explainWorkflow("acc", "q")
        #expect(later.actedAt == [one, try Self.instant("03:00:00")])
        #expect(later.stays.map(\.actedAt) == [try Self.instant("03:00:00"), one])
    }

    @Test(
        "a re-entry at the hour itself is a new stay",
        arguments: [
            #"{"add_tag":"done"}"#, #"{"remove_tag":"on"},{"add_tag":"on"}"#,
            #"{"send_email":"t"}"#,
        ])
    func reentryAtHour(actions: String) throws {
        let stored = try Self.stored(
            #"""
            {"templates":[{"id":"t","subject":"s","text":"x"}],"segments":[\#(Self.tagged)],
             "workflows":[{"id":"w","segment":"s","repeat":"on_reentry","do":[\#(actions)],
              "state":"active"}]}
            """#, [Self.address("p", "09:05:00"), Self.tag("1", "p", "09:10:00")])
        let isOwn = actions.contains("remove")
        try stored.run(
            isOwn
                ? [try Self.advance("10:00:00")]
                : [
                    Self.tag("2", "p", "10:00:00", on: false), Self.tag("3", "p", "10:00:00"),
                ], flushing: true)
        let (ten, eleven) = (try Self.instant("10:00:00"), try Self.instant("11:00:00"))
        let answer = try stored.store.explainWorkflow("w", "p")
        #expect(answer.actedAt == [ten])
        #expect(answer.obstacles == [])
        #expect(answer.nextRun == eleven)
        #expect(answer.stays.map(\.from) == [ten, try Self.instant("09:10:00")])
        #expect(answer.stays.map(\.actedAt) == [nil, ten])
        try stored.run([Self.tag("4", "p", "10:20:00", on: false)], flushing: false)
        let left = try stored.store.explainWorkflow("w", "p")
        #expect(left.stays.first?.obstacles == [.noTopOfHour])
        try stored.run(
            [Self.tag("5", "p", "10:30:00"), try Self.advance("11:00:00")], flushing: false)
        #expect(try stored.store.explainWorkflow("w", "p").actedAt == [ten, eleven])
    }

    @Test("a run ahead that still belongs to history mails nobody")
    func historyAhead() throws {
        let definitions = #"""
            {"templates":[{"id":"t","subject":"s","text":"x"}],"segments":[\#(Self.tagged)],
             "workflows":[{"id":"w","segment":"s","do":[{"send_email":"t"}],"state":"active"}]}
            """#
        let before = [Self.address("a", "09:05:00"), Self.tag("1", "a", "09:10:00")].map { step in
            guard case .line(let text, _) = step else { return step }
            return Step.line(text, history: true)
        }
        let stored = try Self.stored(definitions, before)
        #expect(try stored.store.explainWorkflow("w", "a").obstacles == [.history])
        try stored.run([Self.tag("2", "a", "09:20:00")], flushing: false)
        #expect(try stored.store.explainWorkflow("w", "a").obstacles == [])
    }

    @Test("whether the cap blocks the run ahead is told by the cap and the members of now")
    func capAhead() throws {
        func definitions(cap: Int) -> String {
            #"""
            {"templates":[{"id":"t","subject":"s","text":"x"}],"segments":[\#(Self.tagged)],
             "workflows":[{"id":"w","segment":"s","cap":\#(cap),"do":[{"send_email":"t"}],
              "state":"active"}]}
            """#
        }
        let entering = ["a", "b"].flatMap {
            [Self.address($0, "09:05:00"), Self.tag("on-\($0)", $0, "09:10:00")]
        }
        let ten = try Self.instant("10:00:00")
        let blocked = try Self.stored(
            definitions(cap: 1), entering + [try Self.advance("10:10:00")])
        #expect(
            try blocked.store.explainWorkflow("w", "a").obstacles
                == [.blocked(at: try Self.instant("11:00:00"), withAddress: 2, cap: 1)])
        #expect(
            try blocked.store.explainWorkflow("w", "a").stays.map(\.obstacles)
                == [[.blocked(at: ten, withAddress: 2, cap: 1)]])
        // The cap is raised; then it is lowered, and one member leaves.
        try blocked.run([.apply(definitions(cap: 2), prune: false)], flushing: false)
        #expect(try blocked.store.explainWorkflow("w", "a").obstacles == [])
        try blocked.run(
            [
                .apply(definitions(cap: 1), prune: false),
                Self.tag("off", "b", "10:20:00", on: false),
            ], flushing: true)
        #expect(try blocked.store.explainWorkflow("w", "a").obstacles == [])
        // Two more come.
        let more = ["c", "d"].flatMap {
            [Self.address($0, "10:25:00"), Self.tag("on-\($0)", $0, "10:26:00")]
        }
        try blocked.run(more[...], flushing: false)
        #expect(
            try blocked.store.explainWorkflow("w", "c").obstacles
                == [.blocked(at: try Self.instant("11:00:00"), withAddress: 3, cap: 1)])
    }
}
