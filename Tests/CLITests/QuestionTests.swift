import Foundation
import Testing

/// What the store answers, and in which order (SPEC 3, 6, 7): one small log, every answer worked out by hand.
struct QuestionTests {
    static let definitions = """
        templates:
          - { id: hello, subject: Hello, text: Hello }
          - { id: thanks, subject: Thanks, text: Thanks }
        segments:
          - { id: earners, name: Those who earned, match: { revenue: { greater_than: 100 } } }
          - { id: recent, match: { tagged: { tag: vip, within: { hours: 1 } } } }
          - { id: vips, match: { tag: { any_of: [vip] } } }
        workflows:
          - { id: b-second, segment: earners, do: [{ send_email: thanks }], state: active }
          - { id: a-first, segment: earners, do: [{ send_email: thanks }], state: active, cap: 5 }
          - { id: c-blocked, segment: earners, do: [{ send_email: thanks }], state: active, cap: 1 }
        automations:
          - { id: y-welcome, on: { tag_assigned: vip }, do: [{ send_email: hello }], state: active }
          - { id: x-welcome, on: { segment_entered: vips }, do: [{ send_email: hello }], state: active }

        """

    /// Records 3 to 15, with those of the boundaries 11:00 (8), 12:00 (9), 13:00 (11) and 14:00 (13).
    static let events = #"""
        {"id":"1","type":"partner.updated","partner":"zed","time":"2026-03-01T10:00:00Z","email":"zed@example.com","name":"Zed, \"Z\"","attributes":{"tier":"gold","n":1.50,"ok":true}}
        {"id":"2","type":"partner.updated","partner":"amy","time":"2026-03-01T10:00:00Z","email":"amy@example.com"}
        {"id":"3","type":"action.recorded","partner":"amy","time":"2026-03-01T10:10:00Z","amount":"150"}
        {"id":"4","type":"action.recorded","partner":"zed","time":"2026-03-01T10:20:00Z","amount":"150"}
        {"id":"5","type":"tag.assigned","partner":"zed","time":"2026-03-01T10:30:00Z","tag":"vip"}
        {"id":"6","type":"tag.assigned","partner":"amy","time":"2026-03-01T12:00:00Z","tag":"vip"}
        {"id":"7","type":"tag.removed","partner":"zed","time":"2026-03-01T13:00:00Z","tag":"vip"}
        {"id":"8","type":"tag.assigned","partner":"zed","time":"2026-03-01T14:00:00Z","tag":"vip"}
        {"id":"9","type":"tag.assigned","partner":"bob","time":"2026-03-01T14:30:00Z","tag":"vip"}

        """#

    private let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox(Self.definitions, timezone: "America/New_York")
        try sandbox.must("ingest", input: Self.events)
        try sandbox.must("advance", "--to", "2026-03-02T06:00:00Z")
    }

    private func ask(_ command: String) throws -> String {
        let outcome = try sandbox.run(command.split(separator: " ").map(String.init))
        #expect(outcome.status == 0, "\(outcome.err)")
        return outcome.out
    }

    // MARK: Members

    static let memberQuestions: [(String, String)] = [
        ("members vips", "zed amy bob"),
        ("members recent", ""),
        ("members vips --at 2026-03-01T10:29:59.999999Z", ""),
        ("members vips --at 2026-03-01T10:30:00Z", "zed"),
        ("members vips --at 2026-03-01T11:59:59Z", "zed"),
        ("members vips --at 2026-03-01T12:00:00Z", "zed amy"),
        ("members vips --at 2026-03-01T07:00:00-05:00", "zed amy"),
        ("members vips --at 2026-03-01T12:59:59.999999Z", "zed amy"),
        ("members vips --at 2026-03-01T13:00:00Z", "amy"),
        ("members vips --at 2026-03-01T14:00:00Z", "zed amy"),
        ("members vips --at 2026-03-02T06:00:00Z", "zed amy bob"),
        ("members vips --at 2026-03-02", "zed amy bob"),
        ("members vips --at 2026-03-01", ""),
        ("members recent --at 2026-03-01T11:29:59.999999Z", "zed"),
        ("members recent --at 2026-03-01T11:30:00Z", ""),
        ("members recent --at 2026-03-01T14:59:59Z", "zed bob"),
        ("members recent --at 2026-03-01T15:00:00Z", "bob"),
        ("members vips --seq 2", ""),
        ("members vips --seq 7", "zed"),
        ("members vips --seq 9", "zed"),
        ("members vips --seq 10", "zed amy"),
        ("members vips --seq 12", "amy"),
        ("members vips --limit 2", "zed amy"),
        ("members vips --limit 0", ""),
        ("members vips --since 2026-03-01T14:00:00Z", "zed bob"),
        ("members vips --until 2026-03-01T14:00:00Z", "amy"),
        ("members vips --since 2026-03-02", ""),
        ("members vips --until 2026-03-02 --since 2026-03-01", "zed amy bob"),
    ]

    @Test(
        "Members at a moment, in the order in which the log first saw them",
        arguments: memberQuestions
    )
    func membersAtMoment(command: String, expected: String) throws {
        let ids = expected.split(separator: " ")
        #expect(try ask(command) == ids.map { $0 + "\n" }.joined())
        // A count is of the members between --since and --until, whatever the --limit.
        if !command.contains("--limit") {
            #expect(try ask(command + " --count") == "\(ids.count)\n")
        }
    }

    @Test("What is known now is what --corrected goes by")
    func knownNow() throws {
        let corrected = try ask("members vips --corrected")
        #expect(!corrected.isEmpty)
        #expect(try ask("members vips --known-at now") == corrected)
    }

    @Test("Members in hindsight have no since to go by", arguments: ["--since", "--until"])
    func hindsightSince(option: String) throws {
        for view in ["--corrected", "--known-at 2026-03-02"] {
            let outcome = try sandbox.run(
                "members vips \(view) \(option) 2026-03-01".split(separator: " ").map {
                    String($0)
                })
            #expect(outcome.status == 64)
            #expect(outcome.err.contains("leave out"))
        }
    }

    @Test("Since is the beginning of the membership that holds at the moment")
    func since() throws {
        #expect(
            try ask("members vips --format ndjson") == """
                {"partner":"zed","since":"2026-03-01T14:00:00Z"}
                {"partner":"amy","since":"2026-03-01T12:00:00Z"}
                {"partner":"bob","since":"2026-03-01T14:30:00Z"}

                """
        )
        #expect(
            try ask("members vips --at 2026-03-01T12:30:00Z --format csv")
                == "partner,since\r\nzed,2026-03-01T10:30:00Z\r\namy,2026-03-01T12:00:00Z\r\n"
        )
        #expect(try ask("members recent --format csv") == "partner,since\r\n")
        #expect(try ask("members vips --count --format ndjson") == "{\"count\":3}\n")
    }

    // MARK: Sends and runs

    /// Source, partner, time and sequence of all sends in their order.
    static let allSends = """
        y-welcome zed 10:30 7
        x-welcome zed 10:30 7
        a-first zed 11:00 8
        a-first amy 11:00 8
        b-second zed 11:00 8
        b-second amy 11:00 8
        y-welcome amy 12:00 10
        x-welcome amy 12:00 10
        y-welcome zed 14:00 14
        x-welcome zed 14:00 14
        y-welcome bob 14:30 15
        x-welcome bob 14:30 15
        """.split(separator: "\n").map(String.init)

    static let filters: [(String, @Sendable (String) -> Bool)] = [
        ("sends", { _ in true }),
        ("sends --source a-first", { $0.hasPrefix("a-first") }),
        ("sends --source nothing", { _ in false }),
        ("sends --partner amy", { $0.contains(" amy ") }),
        ("sends --partner nobody", { _ in false }),
        ("sends --status pending", { !$0.contains(" bob ") }),
        ("sends --status suppressed", { $0.contains(" bob ") }),
        ("sends --status delivered", { _ in false }),
        ("sends --since 2026-03-01T14:00:00Z", { $0.contains(" 14:") }),
        ("sends --until 2026-03-01T11:00:00Z", { $0.contains(" 10:") }),
        ("sends --since 2026-03-01 --until 2026-03-02", { _ in true }),
        ("sends --since 2026-03-02", { _ in false }),
        ("sends --limit 1", { $0 == allSends[0] }),
        ("sends --limit 0", { _ in false }),
        ("sends --partner zed --source x-welcome --limit 1", { $0 == allSends[1] }),
    ]

    @Test("Sends in the order of their decisions, and each filter", arguments: filters.indices)
    func filteredSends(index: Int) throws {
        struct Send: Decodable {
            var source: String, partner: String, decided_at: String, seq: Int
        }
        let (command, filter) = Self.filters[index]
        let found = try ask(command + " --format ndjson").split(separator: "\n").map {
            let send = try JSONDecoder().decode(Send.self, from: Data($0.utf8))
            let time = send.decided_at.dropFirst(11).prefix(5)
            return "\(send.source) \(send.partner) \(time) \(send.seq)"
        }
        #expect(found == Self.allSends.filter(filter), "\(command)")
    }

    @Test("A send has exactly these fields, a reason only where it is suppressed")
    func sendFields() throws {
        let pending = try ask("sends --source a-first --limit 1 --format ndjson")
        #expect(
            pending.dropFirst(#"{"send":"snd_"#.utf8.count + 26)
                == #"","source":"a-first","kind":"workflow","partner":"zed","to":"zed@example.com","template":"thanks","template_version":1,"decided_at":"2026-03-01T11:00:00Z","seq":8,"status":"pending"}"#
                + "\n"
        )
        #expect(
            try ask("sends --partner bob --source y-welcome --format ndjson").hasSuffix(
                #""to":null,"template":"hello","template_version":1,"decided_at":"2026-03-01T14:30:00Z","seq":15,"status":"suppressed","reason":"no_address"}"#
                    + "\n"
            )
        )
        let ids = try ask("sends").split(separator: "\n").map { $0.prefix { $0 != "\t" } }
        #expect(Set(ids).count == Self.allSends.count)
        #expect(ids.allSatisfy { $0.hasPrefix("snd_") && $0.count == 30 })
    }

    @Test(
        "A source that there never was is warned of, for an empty list looks like silence",
        arguments: ["sends", "runs"])
    func unknownSource(command: String) throws {
        let slip = try sandbox.muster(command, "--source", "b-secnd")
        #expect(slip.status == 0 && slip.out.isEmpty)
        #expect(slip.err == "warning: there is no workflow or automation b-secnd\n")
        let known = try sandbox.muster(command, "--source", "b-second")
        #expect(known.status == 0 && known.err.isEmpty && !known.out.isEmpty)
    }

    @Test("Runs, of which blocked ones are recorded at every hour")
    func runs() throws {
        #expect(
            try ask("runs --format ndjson --limit 4") == """
                {"workflow":"a-first","at":"2026-03-01T11:00:00Z","members":2,"with_address":2,"sent":2,"blocked":false}
                {"workflow":"b-second","at":"2026-03-01T11:00:00Z","members":2,"with_address":2,"sent":2,"blocked":false}
                {"workflow":"c-blocked","at":"2026-03-01T11:00:00Z","members":2,"with_address":2,"sent":0,"blocked":true}
                {"workflow":"c-blocked","at":"2026-03-01T12:00:00Z","members":2,"with_address":2,"sent":0,"blocked":true}

                """
        )
        #expect(
            try ask("runs --source b-second") == "b-second\t2026-03-01T11:00:00Z\t2\t2\t2\tfalse\n"
        )
        #expect(try ask("runs --source c-blocked").split(separator: "\n").count == 20)
        #expect(
            try ask("runs --since 2026-03-02 --format csv")
                == "workflow,at,members,with_address,sent,blocked\r\n"
                + "c-blocked,2026-03-02T05:00:00Z,2,2,0,true\r\n"
                + "c-blocked,2026-03-02T06:00:00Z,2,2,0,true\r\n"
        )
        #expect(try ask("runs --until 2026-03-01T11:00:00Z") == "")
    }

    // MARK: Segments, partners, previews

    @Test("Segments in the byte order of their ids")
    func segments() throws {
        #expect(
            try ask("segments --format ndjson") == """
                {"segment":"earners","name":"Those who earned","members":2,"version":1,"changed_at":null}
                {"segment":"recent","name":"recent","members":0,"version":1,"changed_at":null}
                {"segment":"vips","name":"vips","members":3,"version":1,"changed_at":null}

                """
        )
        #expect(try ask("segments --limit 1").split(separator: "\n").count == 1)
    }

    @Test("A partner now and at a past moment")
    func partner() throws {
        let now = try ask("partner zed --format ndjson")
        #expect(
            now.hasPrefix(
                #"{"partner":"zed","name":"Zed, \"Z\"","email":"zed@example.com","suppressed":null,"relationship_stage":null,"last_transition":null,"original_joined":null,"contracts":[],"tags":[{"tag":"vip","since":"2026-03-01T14:00:00Z"}],"groups":[],"attributes":{"n":1.5,"ok":true,"tier":"gold"},"memberships":[{"segment":"earners","since":"2026-03-01T10:20:00Z","next_flip":null},{"segment":"vips","since":"2026-03-01T14:00:00Z","next_flip":null}],"ahead":[],"sends":["#
            )
        )
        let then = try ask("partner zed --at 2026-03-01T10:30:00Z --format ndjson")
        #expect(
            then.contains(
                #"{"segment":"recent","since":"2026-03-01T10:30:00Z","next_flip":"2026-03-01T11:30:00Z"}"#
            )
        )
        #expect(then.contains("y-welcome"))
        #expect(!then.contains("a-first"))
        let before = try ask("partner zed --at 2026-03-01T10:29:59Z --format ndjson")
        #expect(before.hasSuffix(#""ahead":[],"sends":[]}"# + "\n"))
        let unseen = try sandbox.muster("partner", "bob", "--at", "2026-03-01T14:29:59Z")
        #expect(unseen.status == 1)
    }

    @Test("A partner as CSV keeps to RFC 4180")
    func partnerAsCSV() throws {
        let csv = try ask("partner zed --format csv")
        #expect(csv.hasPrefix("fact,id,value,detail,since,until\r\npartner,,zed,,,\r\n"))
        #expect(csv.contains("\r\nname,,\"Zed, \"\"Z\"\"\",,,\r\n"))
        // Every record has as many fields as the head; no other value here holds a comma.
        let records = csv.split(separator: "\r\n").filter { !$0.hasPrefix("name") }
        #expect(records.allSatisfy { $0.count { $0 == "," } == 5 }, "\(csv)")
    }

    @Test("Texts that look like other values are told in quotes")
    func textsInQuotes() throws {
        let definitions = try sandbox.write(
            """
            segments:
              - { id: texts, match: { any: [
                  { attribute: { name: code, equals: "1.5" } },
                  { attribute: { name: word, equals: "true" } },
                  { attribute: { name: number, equals: 1.5 } },
                  { attribute: { name: plain, equals: gold } } ] } }

            """, to: "texts.yaml")
        try sandbox.must("apply", definitions)
        try sandbox.must(
            "ingest",
            input:
                #"{"id":"t","type":"partner.updated","partner":"amy","time":"2026-03-02T06:00:00Z","attributes":{"code":"2.5","word":"null","number":2.5,"plain":"silver"}}"#
        )
        let told = try sandbox.must("explain", "member", "texts", "amy")
        for asked in ["[\"1.5\"]", "[\"true\"]", "[1.5]", "[gold]"] {
            #expect(told.contains(asked))
        }
        for found in ["\"2.5\"", "\"null\"", "2.5", "silver"] {
            #expect(told.contains("found \(found)\n"))
        }
    }

    @Test("A preview of what is in force, and of what may come, writes nothing")
    func preview() throws {
        let before = try sandbox.bytes("muster-store/data.mdb")
        let inForce = try sandbox.muster("preview", "earners")
        #expect(
            inForce.out
                == "zed\tzed@example.com\t\ta-first b-second\namy\tamy@example.com\t\ta-first b-second\n"
        )
        #expect(
            inForce.err == """
                2 members, 2 with an address, 0 suppressed
                2 already emailed by a-first
                2 already emailed by b-second
                a-first: 3 below its cap of 5
                b-second: 9998 below its cap of 10000
                c-blocked: blocked, 1 above its cap of 1

                """
        )
        try sandbox.write(
            "segments: [{ id: twice, match: { email: { activity: sent, at_least: 5 } } }]",
            to: "draft.yaml"
        )
        let draft = try ask("preview twice --definitions draft.yaml --format ndjson")
        #expect(
            draft
                == #"{"partner":"zed","to":"zed@example.com","suppressed":null,"emailed_by":["a-first","b-second"]}"#
                + "\n",
            "zed was sent six mails, amy four, bob none that was not suppressed"
        )
        for (option, members) in [("--since", ["zed", "bob"]), ("--until", ["amy"])] {
            let rows = try ask("preview vips \(option) 2026-03-01T14:00:00Z")
            #expect(
                rows.split(separator: "\n").map { $0.prefix { $0 != "\t" } }
                    == members.map { $0[...] })
        }
        #expect(try sandbox.muster("preview", "twice").status == 1)
        #expect(try sandbox.muster("members", "twice").status == 1)
        #expect(try sandbox.bytes("muster-store/data.mdb") == before)
    }
}
