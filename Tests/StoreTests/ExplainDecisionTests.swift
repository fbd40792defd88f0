import Core
import Engine
import Store
import TestSupport
import Testing
import Wire

/// What `explain` says of sends and workflows, in random histories and by example.
@Suite struct ExplainDecisionTests {
    @Test(
        "finds for every send the run or trigger that it came of",
        arguments: Seeds.chosen(or: 0..<40))
    func sends(seed: UInt64) throws {
        let program = RandomProgram(seed: seed)
        let steps = RandomHistory(seed: seed, program: program).steps
        let stored = try StoreProgram(name: program.name, timezone: program.timezone)
        try stored.makeWriters(count: 1)
        try stored.run(steps[...], flushing: seed % 2 == 0)
        var sends: [SendRow] = []
        try stored.store.eachSend { send in
            sends.append(send)
            return true
        }
        for (index, send) in sends.enumerated() {
            // Looking through all sends is tried on some.
            let answer = try stored.store.explainSend(
                Name(bytes: send.id), partner: index % 5 == 0 ? nil : send.partner)
            #expect(answer.send.decidedAt == send.decidedAt)
            switch answer.cause {
            case .run(let run, let membership):
                #expect(send.kind == .workflow)
                #expect(run.at == send.decidedAt && run.workflow == send.source)
                #expect(membership.isMember, "seed \(seed): \(send)")
                #expect(membership.lastTransition?.entered == true, "seed \(seed): \(send)")
            case .tag(let tag, let event):
                let past = answer.history.events[try #require(event, "seed \(seed): \(send)")]
                #expect(past.sequence == send.sequence)
                #expect(past.event.content.typeWord == "tag.assigned")
                #expect(!tag.bytes.isEmpty)
            case .segment(let entered, let membership):
                #expect(membership.isMember == entered, "seed \(seed): \(send)")
                #expect(membership.at == send.decidedAt)
                #expect(membership.lastTransition?.time == send.decidedAt)
                #expect(membership.lastTransition?.entered == entered)
            }
            switch send.suppressed {
            case .unsubscribed, .complained, .bounced:
                #expect(answer.suppressedBy != nil, "seed \(seed): \(send)")
            default: break
            }
        }
    }

    @Test(
        "says whether a workflow will act at the next top of the hour",
        arguments: Seeds.chosen(or: 0..<60))
    func nextRun(seed: UInt64) throws {
        let program = RandomProgram(seed: seed)
        let steps = RandomHistory(seed: seed, program: program).steps
        let stored = try StoreProgram(name: program.name, timezone: program.timezone)
        try stored.makeWriters(count: 1)
        try stored.run(steps[...], flushing: true)
        let model = Model(
            programName: program.name, timezone: program.timezone, currency: program.currency)
        for step in steps { model.run(step) }
        var expected: [(workflow: Name, partner: Name, at: Instant, acts: Bool)] = []
        for workflow in ["w2", "w1", "W3", "w10"] {
            for partner in model.partnerIDs {
                guard
                    let answer = try? stored.store.explainWorkflow(Name(workflow), Name(partner))
                else { continue }
                expected.append(
                    (
                        answer.workflow, Name(partner), answer.nextRun,
                        // A run that belongs to history acts, and mails nobody.
                        answer.obstacles.allSatisfy { $0 == .history }
                    ))
                for stay in answer.stays {
                    #expect(
                        (stay.actedAt == nil) != stay.obstacles.isEmpty || stay.to == nil,
                        "seed \(seed): \(workflow) \(partner) \(stay)")
                }
            }
        }
        guard let next = expected.first?.at else { return }
        try stored.run([.advance(next.microseconds)], flushing: false)
        var acted: Set<[Name]> = []
        try stored.store.eachSend { send in
            if send.decidedAt == next { acted.insert([send.source, send.partner]) }
            return true
        }
        for expectation in expected {
            let answer = try stored.store.explainWorkflow(
                expectation.workflow, expectation.partner)
            if answer.actedAt.contains(next) {
                acted.insert([expectation.workflow, expectation.partner])
            }
            #expect(
                acted.contains([expectation.workflow, expectation.partner]) == expectation.acts,
                "seed \(seed): \(expectation)")
        }
    }

    private func instant(_ text: String) throws -> Instant {
        try parseTimestamp(Array(text.utf8).span)
    }

    @Test(
        "says that a workflow was over another segment; its mail stays its own when it is retired")
    func movedWorkflow() throws {
        let stored = try StoreProgram(name: "p", timezone: "UTC")
        try stored.makeWriters(count: 1)
        func rules(_ segment: String) -> String {
            #"""
            {"templates":[{"id":"t","subject":"s","text":"x"}],
             "segments":[{"id":"s1","match":{"tag":{"any_of":["a"]}}},
              {"id":"s2","match":{"tag":{"any_of":["b"]}}}],
             "workflows":[{"id":"w","segment":"\#(segment)","do":[{"send_email":"t"}],
              "state":"active"}]}
            """#
        }
        func line(_ id: String, _ time: String, _ rest: String) -> Step {
            .line(
                #"{"id":"\#(id)","partner":"p","time":"2026-03-01T\#(time)Z",\#(rest)}"#,
                history: false)
        }
        try stored.run(
            [
                .apply(rules("s2"), prune: false),
                line("1", "10:30:00", #""type":"partner.updated","email":"p@x.y""#),
                line("2", "10:30:00", #""type":"tag.assigned","tag":"a""#),
                line("3", "14:30:00", #""type":"tag.removed","tag":"a""#),
                .apply(rules("s1"), prune: false),
            ], flushing: true)
        #expect(
            try stored.store.explainWorkflow("w", "p").stays.map(\.obstacles)
                == [[.overAnother(segment: "s2")]])

        func emailed() throws -> Preview {
            try stored.store.preview("s1") { _ in [] }
        }
        try stored.run(
            [
                line("4", "14:40:00", #""type":"tag.assigned","tag":"a""#),
                line("5", "15:10:00", #""type":"click.recorded""#),
            ], flushing: true)
        #expect(try emailed().members.map(\.emailedBy) == [["w"]])
        let alone = #"{"segments":[{"id":"s1","match":{"tag":{"any_of":["a"]}}}]}"#
        try stored.run([.apply(alone, prune: true)], flushing: true)
        #expect(try emailed().members.map(\.emailedBy) == [["w"]])
        #expect(try emailed().emailed.map(\.count) == [1])
    }

    @Test("a stay that automations ended or began at a top of the hour, before workflows ran")
    func automationsBeforeRuns() throws {
        // Two days after the sale the partner gets into `due` at midnight; an automation takes the tag
        // away that keeps it there, and sets the one that brings it into `next`.
        let stored = try StoreProgram(name: "p", timezone: "UTC")
        try stored.makeWriters(count: 1)
        let rules = #"""
            {"templates":[{"id":"t","subject":"s","text":"x"}],
             "segments":[
              {"id":"due","match":{"all":[{"tag":{"any_of":["a"]}},
               {"revenue":{"over":{"last_days":2},"equals":0}}]}},
              {"id":"next","match":{"tag":{"any_of":["b"]}}}],
             "automations":[
              {"id":"on","on":{"segment_entered":"due"},"do":[{"remove_tag":"a"},{"add_tag":"b"}],
               "state":"active"}],
             "workflows":[
              {"id":"w","segment":"due","do":[{"send_email":"t"}],"state":"active"},
              {"id":"v","segment":"next","do":[{"send_email":"t"}],"state":"paused"}]}
            """#
        func line(_ id: String, _ time: String, _ rest: String) -> Step {
            .line(
                #"{"id":"\#(id)","partner":"p","time":"2026-03-\#(time)Z",\#(rest)}"#,
                history: false)
        }
        try stored.run(
            [
                .apply(rules, prune: false),
                line("1", "01T10:30:00", #""type":"action.recorded","amount":"5""#),
                line("2", "01T10:30:00", #""type":"partner.updated","email":"p@x.y""#),
                line("3", "01T10:30:00", #""type":"tag.assigned","tag":"a""#),
                line("4", "04T00:30:00", #""type":"tag.removed","tag":"b""#),
            ], flushing: true)
        let due = try stored.store.explainWorkflow("w", "p")
        #expect(due.stays.count == 1)
        #expect(due.stays.first?.to == due.stays.first?.from)
        #expect(due.actedAt.isEmpty)
        #expect(due.stays.map(\.obstacles) == [[.noTopOfHour]])
        let next = try stored.store.explainWorkflow("v", "p")
        #expect(next.stays.map(\.obstacles) == [[.inactive(.paused)]])
    }

    @Test("says what kept a workflow from acting")
    func obstacles() throws {
        let stored = try StoreProgram(name: "p", timezone: "UTC")
        try stored.makeWriters(count: 1)
        func line(_ id: String, _ type: String, _ partner: String, _ time: String, _ rest: String)
            -> Step
        {
            .line(
                #"{"id":"\#(id)","type":"\#(type)","partner":"\#(partner)","time":"2026-03-01T\#(time)Z"\#(rest)}"#,
                history: false)
        }
        try stored.run(
            [
                .apply(
                    #"""
                    {"templates":[{"id":"t","subject":"s","text":"x"}],
                     "segments":[{"id":"s","match":{"tag":{"any_of":["on"]}}}],
                     "workflows":[{"id":"w","segment":"s","do":[{"send_email":"t"}],"state":"active","cap":2},
                      {"id":"d","segment":"s","do":[{"send_email":"t"}]}]}
                    """#, prune: false),
                line("1", "partner.updated", "a", "10:00:00", #","email":"a@x.y""#),
                line("2", "tag.assigned", "a", "10:10:00", #","tag":"on""#),
                line("3", "tag.removed", "a", "10:20:00", #","tag":"on""#),
                line("4", "tag.assigned", "b", "10:30:00", #","tag":"on""#),
                line("5", "partner.updated", "c", "10:30:00", #","email":"c@x.y""#),
                line("6", "email.unsubscribed", "c", "10:31:00", ""),
                line("7", "tag.assigned", "c", "10:32:00", #","tag":"on""#),
                line("8", "partner.updated", "d", "11:30:00", #","email":"d@x.y""#),
                line("9", "tag.assigned", "d", "11:31:00", #","tag":"on""#),
                line("10", "click.recorded", "d", "12:30:00", ""),
            ], flushing: true)
        func reasons(_ workflow: Name, _ partner: Name) throws -> [WorkflowAnswer.Obstacle] {
            try stored.store.explainWorkflow(workflow, partner).obstacles
        }
        let left = try instant("2026-03-01T10:20:00Z")
        let noon = try instant("2026-03-01T12:00:00Z")
        #expect(try reasons("w", "a") == [.notMember(since: left)])
        #expect(
            try stored.store.explainWorkflow("w", "a").stays.map(\.obstacles) == [[.noTopOfHour]])
        #expect(try reasons("w", "b") == [.noAddress(event: nil)])
        #expect(try reasons("w", "c") == [.suppressed(.unsubscribed, event: 1)])
        #expect(try reasons("w", "d") == [.actedBefore(noon)])
        #expect(try reasons("d", "d") == [.inactive(.draft)])
        #expect(throws: QuestionError.unknown(.workflow, "ww", nearest: "w")) {
            _ = try reasons("ww", "d")
        }
        #expect(throws: QuestionError.unknownPartner("nobody")) { _ = try reasons("w", "nobody") }

        // Three with an address, and a cap of two: blocked for who comes now.
        try stored.run(
            [
                line("11", "partner.updated", "e", "12:40:00", #","email":"e@x.y""#),
                line("12", "tag.assigned", "e", "12:41:00", #","tag":"on""#),
                line("13", "click.recorded", "e", "13:05:00", ""),
            ], flushing: true)
        let two = try instant("2026-03-01T14:00:00Z")
        #expect(try reasons("w", "e") == [.blocked(at: two, withAddress: 3, cap: 2)])
    }
}
