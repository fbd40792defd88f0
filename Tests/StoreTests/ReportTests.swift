import Core
import Store
import TestSupport
import Testing

/// What `report` counts beside mail (SPEC 10).
@Suite struct ReportTests {
    private static let definitions = #"""
        {"templates":[{"id":"t","subject":"s","text":"x"}],
         "segments":[{"id":"s","match":{"tag":{"any_of":["on"]}}}],
         "workflows":[
          {"id":"accept","segment":"s","do":[{"accept_application":true}],"state":"active"},
          {"id":"capped","segment":"s","do":[{"send_email":"t"}],"state":"active","cap":1},
          {"id":"mail","segment":"s","state":"active",
           "do":[{"send_email":"t"},{"send_email":"t"},{"add_tag":"mailed"}]},
          {"id":"quiet","segment":"s","do":[{"add_tag":"seen"},{"remove_tag":"new"}],
           "state":"active"}],
         "automations":[{"id":"after","on":{"tag_assigned":"seen"},"do":[{"add_tag":"done"}],
          "state":"active"}]}
        """#

    private func rows(
        _ division: ReportDivision, _ source: Name? = nil, since: Instant? = nil
    ) throws -> [String] {
        let stored = try StoreProgram(name: "p", timezone: "UTC")
        try stored.makeWriters(count: 1)
        func line(_ id: String, _ type: String, _ partner: String, _ time: String, _ rest: String)
            -> Step
        {
            .line(
                #"{"id":"\#(id)","type":"\#(type)","partner":"\#(partner)","#
                    + #""time":"2026-03-01T\#(time)Z"\#(rest)}"#, history: false)
        }
        var steps: [Step] = [.apply(Self.definitions, prune: false)]
        for partner in ["a", "b"] {
            steps += [
                line("m\(partner)", "partner.updated", partner, "09:00:00", #","email":"a@x.y""#),
                line("t\(partner)", "tag.assigned", partner, "09:10:00", #","tag":"on""#),
            ]
        }
        steps += [
            line("1", "application.submitted", "a", "09:20:00", #","template_term":"x""#),
            line("2", "tag.assigned", "c", "10:10:00", #","tag":"on""#),
            line("3", "click.recorded", "c", "11:10:00", ""),
        ]
        try stored.run(steps[...], flushing: true)
        var filter = DecisionFilter()
        filter.source = source
        filter.since = since
        return try stored.store.deliveryReport(filter, by: division).map { row in
            let hour = row.at.map { " \($0.microseconds / (3_600 * 1_000_000) % 24)" } ?? ""
            return "\(row.source)\(hour): \(row.actedOn) \(row.sends)"
        }
    }

    @Test("has a row for each run, also of a workflow that sends no email")
    func runs() throws {
        #expect(try rows(.run, "quiet") == ["quiet 10: 2 0", "quiet 11: 1 0"])
        // A run acted on the two; to one of them alone there was something to accept.
        #expect(try rows(.run, "accept") == ["accept 10: 1 0", "accept 11: 0 0"])
        #expect(try rows(.run, "capped") == ["capped 10: 0 0", "capped 11: 0 0"])
        #expect(try rows(.run, "mail") == ["mail 10: 2 4"])
        #expect(try rows(.run, "after") == ["after: 3 0"])
    }

    @Test("has a row for each source that did something")
    func sources() throws {
        #expect(
            try rows(.source) == ["mail: 2 4", "accept: 1 0", "quiet: 3 0", "after: 3 0"])
        let eleven = Instant(microseconds: 1_772_362_800_000_000)
        #expect(
            try rows(.source, since: eleven) == ["quiet: 1 0", "after: 1 0"])
        #expect(try rows(.run, since: eleven).first == "accept 11: 0 0")
    }

    private static let automation = #"""
        {"templates":[{"id":"t","subject":"s","text":"x"}],
         "automations":[{"id":"a","on":{"tag_assigned":"on"},"do":[{"send_email":"t"}],
          "state":"active"}]}
        """#

    @Test("counts a send once, also where an event tells of one that was not handed over here")
    func once() throws {
        let stored = try StoreProgram(name: "p", timezone: "UTC")
        try stored.makeWriters(count: 1)
        func line(_ id: String, _ rest: String) -> Step {
            .line(
                #"{"id":"\#(id)","partner":"p1","time":"2026-03-01T12:00:00Z",\#(rest)}"#,
                history: false)
        }
        try stored.run(
            [
                .apply(Self.automation, prune: false),
                line("1", #""type":"partner.updated","email":"p@x.y""#),
                line("2", #""type":"tag.assigned","tag":"on""#),
            ], flushing: false)
        var id = ""
        try stored.store.eachSend { send in
            id = String(decoding: send.id, as: UTF8.self)
            return true
        }
        func counts() throws -> [Int] {
            let report = try stored.store.deliveryReport(DecisionFilter(), by: .source)[0]
            return [report.sends, report.pending, report.delivered]
        }
        #expect(try counts() == [1, 1, 0])
        for event in ["3", "4"] {
            try stored.run(
                [line(event, #""type":"email.delivered","send":"\#(id)""#)], flushing: false)
            #expect(try counts() == [1, 0, 1])
        }
        // Of another partner's send nobody can tell.
        let others =
            #"{"id":"5","partner":"p2","time":"2026-03-01T12:00:00Z","type":"email.opened","send":"\#(id)"}"#
        try stored.run([.line(others, history: false)], flushing: false)
        #expect(try stored.store.deliveryReport(DecisionFilter(), by: .source)[0].opens == 0)
    }

    @Test("counts what names a source and no send for the latest send before it")
    func untold() throws {
        let stored = try StoreProgram(name: "p", timezone: "UTC")
        try stored.makeWriters(count: 1)
        func line(_ id: String, _ partner: String, _ minute: Int, _ rest: String) -> Step {
            .line(
                #"{"id":"\#(id)","partner":"\#(partner)","time":"2026-03-01T12:\#(minute):00Z",\#(rest)}"#,
                history: false)
        }
        func told(_ id: String, _ partner: String, _ minute: Int, _ activity: String) -> Step {
            line(id, partner, minute, #""type":"email.\#(activity)","source":"a""#)
        }
        let tag = #""type":"tag.assigned","tag":"on""#
        let steps: [Step] = [
            .apply(Self.automation, prune: false),
            line("1", "p1", 10, #""type":"partner.updated","email":"p@x.y""#),
            told("2", "p1", 11, "opened"), line("3", "p1", 12, tag), told("4", "p1", 13, "opened"),
            told("5", "p1", 14, "opened"), line("6", "p1", 15, tag), told("7", "p1", 16, "opened"),
            told("8", "p1", 17, "clicked"), told("9", "p2", 18, "opened"),
            line("10", "p1", 19, #""type":"email.clicked","source":"other""#),
            // Late: of the first send.
            told("11", "p1", 14, "clicked"), told("12", "p1", 20, "unsubscribed"),
        ]
        try stored.run(steps[...], flushing: true)
        let report = try stored.store.deliveryReport(DecisionFilter(), by: .source)[0]
        #expect(report.sends == 2)
        #expect([report.opens, report.opened] == [3, 2])
        #expect([report.clicks, report.clicked] == [2, 2])
        #expect(report.unsubscribed == 1)
        var filter = DecisionFilter()
        filter.until = Instant(microseconds: 1_772_366_400_000_000 + 14 * 60_000_000)
        let first = try stored.store.deliveryReport(filter, by: .source)[0]
        #expect([first.sends, first.opens, first.clicks, first.unsubscribed] == [1, 2, 1, 0])
    }
}
