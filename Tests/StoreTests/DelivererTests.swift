import Core
import Engine
import Store
import TestSupport
import Testing
import Wire

/// Sends on their way out: every state of SPEC 10, and what the log learns of it.
@Suite struct DelivererTests {
    private static let definitions = #"""
        {"templates":[{"id":"t","subject":"Hi {{name}}","text":"x"}],
         "segments":[{"id":"bounced","match":{"email":{"activity":"bounced"}}},
          {"id":"on","match":{"tag":{"any_of":["on"]}}},
          {"id":"reached","match":{"email":{"activity":"delivered","source":"w"}}}],
         "workflows":[{"id":"w","segment":"on","do":[{"send_email":"t"}],"state":"active"}],
         "automations":[{"id":"a","on":{"tag_assigned":"now"},"do":[{"send_email":"t"}],"state":"active"}]}
        """#

    private let stored: StoreProgram
    private let deliverer: Deliverer
    private let noon: Instant

    init() throws {
        stored = try StoreProgram(name: "p", timezone: "UTC")
        try stored.makeWriters(count: 1)
        try stored.run(
            [.apply(Self.definitions, prune: false)] + Self.partner("ada", "Ada", at: "10:00:00")
                + Self.partner("ben", "Ben", at: "10:00:00")
                + [
                    Self.line("a1", "tag.assigned", "ada", "10:10:00", #","tag":"on""#),
                    Self.line("b1", "tag.assigned", "ben", "10:20:00", #","tag":"now""#),
                    Self.line("z", "click.recorded", "ada", "12:00:00", ""),
                ], flushing: true)
        deliverer = try Deliverer(stored.store, Self.options)
        noon = try parseTimestamp(Array("2026-03-01T12:00:00Z".utf8).span)
    }

    private static let options = Deliverer.Options { attempt, _ in Int64(attempt) * .minute }

    private static func line(
        _ id: String, _ type: String, _ partner: String, _ time: String, _ rest: String
    ) -> Step {
        .line(
            #"{"id":"\#(id)","type":"\#(type)","partner":"\#(partner)","time":"2026-03-01T\#(time)Z"\#(rest)}"#,
            history: false)
    }

    private static func partner(_ id: String, _ name: String, at time: String) -> [Step] {
        [
            line(
                "\(id) is", "partner.updated", id, time,
                #","name":"\#(name)","email":"\#(id)@x.y""#)
        ]
    }

    private func statuses() throws -> [String] {
        var statuses: [String] = []
        try stored.store.eachSend { send in
            statuses.append("\(send.partner) \(send.status.rawValue)")
            return true
        }
        return statuses
    }

    private func members(_ segment: Name) throws -> [Name] {
        try stored.store.members(of: segment, at: .now).map(\.partner)
    }

    @discardableResult
    private func turn(
        _ results: [(claim: Deliverer.Claim, outcome: Deliverer.Outcome)] = [], claiming: Int = 10,
        minutes: Int64 = 0
    ) throws -> [Deliverer.Claim] {
        try deliverer.turn(
            noting: results, claiming: claiming,
            at: noon.advanced(byMicroseconds: minutes * .minute)
        ).claims
    }

    @Test("a delivered send is an event of the log, and the clock stays")
    func delivered() throws {
        let claims = try turn()
        #expect(claims.map(\.send.partner) == ["ben", "ada"])
        #expect(claims.map(\.attempt) == [1, 1])
        #expect(claims.map { $0.partner.name } == ["Ben", "Ada"])
        #expect(try statuses() == ["ben claimed", "ada claimed"])
        #expect(try turn(claiming: 5).isEmpty)
        try turn(claims.map { ($0, .delivered("250 ok")) }, minutes: 60)
        #expect(try statuses() == ["ben delivered", "ada delivered"])
        #expect(try members("reached").isEmpty)
        try deliverer.logResults(waitSeconds: 1)
        #expect(try members("reached") == ["ada"])
        #expect(try stored.store.now() == noon)
        var told: [String] = []
        try stored.store.eachExportLine { line in
            let text = line.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
            if text.contains("email.delivered") { told.append(text) }
        }
        #expect(told.count == 2)
        for line in told {
            #expect(line.contains(#""time":"2026-03-01T12:00:00"#), "\(line)")
            #expect(line.contains(#""wall_time":"2026-03-01T13:00:00"#), "\(line)")
        }
        try turn(minutes: 61)
        let audit = try stored.store.audit { _, _ in }
        #expect(audit.sends == 2)
    }

    @Test("a mail is made of the program's texts as they were at its decision")
    func settings() throws {
        func constants(_ program: String) -> Step {
            .apply(
                String(Self.definitions.dropLast()) + #","program":\#(program)}"#, prune: false)
        }
        try stored.run(
            [
                constants(
                    #"{"constants":{"link":"one"},"unsubscribe_base":"https://u.example/1"}"#),
                Self.line("b2", "tag.assigned", "ben", "12:10:00", #","tag":"now""#),
                constants(#"{"constants":{"link":"two"}}"#),
                Self.line("b3", "tag.assigned", "ben", "12:20:00", #","tag":"now""#),
                constants(#"{"constants":{},"unsubscribe_base":null}"#),
            ], flushing: true)
        let settings = try turn(minutes: 30).map(\.settings)
        #expect(settings.map { $0.constants.map(\.value) } == [[], [], ["one"], ["two"]])
        #expect(settings.map(\.unsubscribeBase) == [nil, nil, "https://u.example/1", nil])
    }

    @Test("a refused address suppresses the partner")
    func refused() throws {
        let claims = try turn()
        try turn([
            (claims[0], .refused("550 no such user", isRecipient: true)),
            (claims[1], .refused("554 no", isRecipient: false)),
        ])
        #expect(try statuses() == ["ben failed", "ada failed"])
        try deliverer.logResults(waitSeconds: 1)
        #expect(try members("bounced") == ["ada", "ben"])
        try stored.run(
            [
                Self.line("b2", "tag.assigned", "ben", "12:10:00", #","tag":"now""#),
                Self.line("a2", "tag.assigned", "ada", "12:10:00", #","tag":"now""#),
            ], flushing: false)
        #expect(try turn().map(\.send.partner) == ["ada"])
        #expect(try statuses().suffix(2) == ["ben suppressed", "ada claimed"])
    }

    @Test("a refusal counts for what is claimed in the same turn")
    func refusedInTheSameTurn() throws {
        try stored.run(
            [
                Self.line("b2", "tag.assigned", "ben", "12:10:00", #","tag":"now""#),
                Self.line("b3", "tag.assigned", "ben", "12:11:00", #","tag":"now""#),
            ], flushing: false)
        let first = try turn(claiming: 1)
        let next = try turn([(first[0], .refusedForNow("451 later"))], claiming: 2)
        #expect(next.map(\.send.partner) == ["ada", "ben"])
        let last = try turn([(next[1], .refused("550", isRecipient: true))], claiming: 5)
        #expect(last.isEmpty)
        #expect(
            try statuses() == ["ben pending", "ada claimed", "ben failed", "ben suppressed"])
    }

    @Test("a bounce counts before a record tells of it")
    func untoldBounce() throws {
        let claims = try turn()
        try turn([(claims[0], .refused("550 no such user", isRecipient: true))], claiming: 0)
        try stored.run(
            [Self.line("b2", "tag.assigned", "ben", "12:10:00", #","tag":"now""#)],
            flushing: false)
        #expect(try turn().isEmpty)
        #expect(try statuses() == ["ben failed", "ada claimed", "ben suppressed"])
        #expect(try members("bounced").isEmpty)
    }

    @Test("whoever writes next takes the results in, once, also when the delivery has died")
    func takenByOthers() throws {
        let claims = try turn()
        try turn(claims.map { ($0, .delivered("250 ok")) })
        #expect(try stored.store.hasUntoldResults())
        let head = try deliverer.standing().sequence
        #expect(head == stored.head, "a delivery writes no records")
        let writer = try Writer(stored.store, ingests: true)
        try writer.begin(waitSeconds: 1)
        #expect(try writer.takeResults() == 2)
        // Not committed: as if it had died here.
        let next = try Writer(stored.store, ingests: true)
        #expect(try stored.store.hasUntoldResults())
        _ = try writer.commit()
        #expect(try !stored.store.hasUntoldResults())
        #expect(try members("reached") == ["ada"])
        try next.begin(waitSeconds: 1)
        #expect(try next.takeResults() == 0)
        next.abandon()
        try deliverer.logResults(waitSeconds: 1)
        #expect(try deliverer.standing().sequence == head + 2)
        _ = try stored.store.audit { _, _ in }
    }

    @Test("a claim sees what others have written since, without a flush and with one")
    func followsTheLog() throws {
        #expect(try turn(claiming: 1).map(\.send.partner) == ["ben"])
        for (round, flushing) in [false, true, false].enumerated() {
            try stored.run(
                Self.partner("new\(round)", "Name \(round)", at: "12:0\(round):00")
                    + [
                        Self.line(
                            "n\(round)", "tag.assigned", "new\(round)", "12:0\(round):30",
                            #","tag":"now""#)
                    ], flushing: flushing)
        }
        let claims = try turn()
        #expect(claims.map(\.send.partner) == ["ada", "new0", "new1", "new2"])
        #expect(claims.map { $0.partner.name } == ["Ada", "Name 0", "Name 1", "Name 2"])
    }

    @Test("a long stretch of sends that need no mail holds up none behind it")
    func manyExpired() throws {
        try stored.run(
            (0..<30).map {
                Self.line("o\($0)", "tag.assigned", "ben", "12:00:01", #","tag":"now""#)
            } + [Self.line("late", "tag.assigned", "ada", "23:00:00", #","tag":"now""#)],
            flushing: false)
        let mailed = try turn(claiming: 2, minutes: 34 * 60)
        #expect(mailed.map(\.send.partner) == ["ada"])
        #expect(try statuses().count { $0 == "ben expired" } == 31)
    }

    @Test("what was suppressed after the decision is not mailed")
    func suppressedAtClaim() throws {
        try stored.run(
            [Self.line("u", "email.unsubscribed", "ada", "12:05:00", "")], flushing: false)
        #expect(try turn().map(\.send.partner) == ["ben"])
        #expect(try statuses() == ["ben claimed", "ada suppressed"])
        let ada = try #require(try stored.sends().last)
        let answer = try stored.store.explainSend(Name(bytes: Array(ada.id.utf8)), partner: "ada")
        #expect(answer.send.reason == "unsubscribed")
        #expect(answer.suppressedBy?.id == "u")
    }

    @Test("a temporary refusal is tried again, later each time, and in the end has failed")
    func temporary() throws {
        var claims = try turn(claiming: 1)
        try turn([(claims[0], .refusedForNow("451 later"))], claiming: 0)
        #expect(try deliverer.nextDue() == noon.advanced(byMicroseconds: .minute))
        #expect(try turn(claiming: 1).map(\.send.partner) == ["ada"])
        #expect(try turn(claiming: 1).isEmpty)
        var wall: Int64 = 0
        for attempt in 2...8 {
            wall += 10
            claims = try turn(claiming: 1, minutes: wall)
            #expect(claims.map(\.attempt) == [UInt32(attempt)])
            try turn([(claims[0], .refusedForNow("451 later"))], claiming: 0, minutes: wall)
        }
        #expect(try statuses().first == "ben failed")
        #expect(try deliverer.nextDue() == nil)
        try deliverer.logResults(waitSeconds: 1)
        #expect(try members("bounced") == ["ben"])
    }

    @Test("a pause uses no attempt up")
    func postponed() throws {
        let claims = try turn(claiming: 1)
        try turn([(claims[0], .postponed("gone"))], claiming: 0)
        #expect(try turn(claiming: 1).map(\.attempt) == [1])
    }

    @Test("who says when to come again is not met earlier, nor earlier than without that")
    func comeAgain() throws {
        let claims = try turn()
        try turn(
            [
                (claims[0], .refusedForNow("429", after: 5 * .minute)),
                (claims[1], .refusedForNow("503", after: 1)),
            ], claiming: 0)
        #expect(try stored.store.pendingCount() == 2)
        #expect(try turn(minutes: 1).map(\.send.partner) == ["ada"])
        #expect(try turn(minutes: 4).isEmpty)
        let last = try turn(minutes: 5)
        #expect(last.map(\.send.partner) == ["ben"] && last.map(\.attempt) == [2])
        #expect(try stored.store.pendingCount() == 0)
    }

    @Test("a turn tells where the sends stand that it has noted or passed over")
    func told() throws {
        #expect(try stored.store.pendingCount() == 2)
        var options = Self.options
        options.attemptsMax = 1
        let hasty = try Deliverer(stored.store, options)
        let claims = try hasty.turn(noting: [], claiming: 1, at: noon).claims
        let late = noon.advanced(byMicroseconds: 25 * .hour)
        let turn = try hasty.turn(
            noting: [(claims[0], .refusedForNow("451 later"))], claiming: 5, at: late)
        #expect(turn.noted == [.failed] && turn.passedOver == [.expired] && turn.claims.isEmpty)
        #expect(try stored.store.pendingCount() == 0)
    }

    @Test("an outage uses up no attempts, however often it is met; age ends it")
    func outage() throws {
        for minute in 0..<20 {
            let claims = try turn(claiming: 2, minutes: Int64(minute))
            #expect(claims.map(\.attempt) == [1, 1])
            try turn(
                claims.map { ($0, .postponed("connection refused")) }, claiming: 0,
                minutes: Int64(minute))
            #expect(try statuses() == ["ben pending", "ada pending"])
        }
        #expect(try turn(minutes: 25 * 60).isEmpty)
        #expect(try statuses() == ["ben expired", "ada expired"])
    }

    @Test("a doubtful hand-over is held for a workflow and repeated for an automation")
    func unknown() throws {
        let claims = try turn()
        try turn(claims.map { ($0, .unknown("connection lost")) }, claiming: 0)
        #expect(try statuses() == ["ben pending", "ada unknown"])
        #expect(try turn(minutes: 30).map(\.send.partner) == ["ben"])
        #expect(try stored.store.retry(.unknown, at: noon) == 1)
        #expect(try turn(minutes: 30).map(\.send.partner) == ["ada"])
    }

    @Test("an automation's hand-over that is doubtful to the last is the operator's to judge")
    func doubtfulToTheLast() throws {
        var options = Self.options
        options.attemptsMax = 1
        let hasty = try Deliverer(stored.store, options)
        let claims = try hasty.turn(noting: [], claiming: 1, at: noon).claims
        let turn = try hasty.turn(
            noting: [(claims[0], .unknown("connection lost"))], claiming: 0, at: noon)
        #expect(turn.noted == [.unknown])
        #expect(try statuses().first == "ben unknown")
        try deliverer.logResults(waitSeconds: 1)
        #expect(try members("bounced") == [])
        #expect(try stored.store.retry(.unknown, at: noon) == 1)
        #expect(try self.turn(claiming: 1).map(\.attempt) == [2])
    }

    @Test("a claim of a process that died is an attempt: after the last the operator has to say")
    func diedAtTheLast() throws {
        try turn(claiming: 1)
        let recovered = try stored.store.recoverClaims(at: noon, attemptsMax: 1)
        #expect([recovered.retried, recovered.unknown] == [0, 1])
        #expect(try statuses() == ["ben unknown", "ada pending"])
        #expect(try turn().map(\.send.partner) == ["ada"])
        #expect(try stored.store.retry(.unknown, at: noon) == 1)
        #expect(try details().first == "", "why it was unknown is no reason for its waiting")
        #expect(try turn().map(\.attempt) == [2])
    }

    private func details() throws -> [Name?] {
        var details: [Name?] = []
        try stored.store.eachSend { send in
            details.append(send.delivery?.detail)
            return true
        }
        return details
    }

    @Test("claims of a process that died are doubtful")
    func died() throws {
        try turn()
        let next = try Deliverer(stored.store, Self.options)
        let recovered = try stored.store.recoverClaims(at: noon, attemptsMax: 8)
        #expect([recovered.retried, recovered.unknown] == [1, 1])
        #expect(try statuses() == ["ben pending", "ada unknown"])
        let claims = try next.turn(noting: [], claiming: 9, at: noon).claims
        #expect(claims.map(\.send.partner) == ["ben"])
        #expect(claims.map(\.attempt) == [2])
    }

    @Test("what a paused workflow decided is held until it is active again")
    func paused() throws {
        let paused = Self.definitions.replacing(
            #""do":[{"send_email":"t"}],"state":"active"}],"#,
            with: #""do":[{"send_email":"t"}],"state":"paused"}],"#)
        try stored.run([.apply(paused, prune: false)], flushing: false)
        #expect(try turn().map(\.send.partner) == ["ben"])
        #expect(try turn().isEmpty)
        #expect(try statuses() == ["ben claimed", "ada pending"])
        try stored.run([.apply(Self.definitions, prune: false)], flushing: false)
        #expect(try turn().map(\.send.partner) == ["ada"])
    }

    /// Has the workflow decide six sends more, at 13:00.
    private func decideMore() throws {
        let more = (1...6).flatMap { number in
            Self.partner("p\(number)", "P", at: "12:01:00")
                + [
                    Self.line(
                        "t\(number)", "tag.assigned", "p\(number)", "12:02:00", #","tag":"on""#)
                ]
        }
        try stored.run(
            more + [Self.line("last", "click.recorded", "ada", "13:00:00", "")], flushing: false)
    }

    @Test("however many are held, all are looked at again, some a turn")
    func heldInStretches() throws {
        try decideMore()
        var options = Self.options
        options.heldATurn = 2
        let patient = try Deliverer(stored.store, options)
        let later = noon.advanced(byMicroseconds: 60 * .minute)
        func turn() throws -> Deliverer.Turn {
            try patient.turn(noting: [], claiming: 9, at: later)
        }
        let paused = Self.definitions.replacing(
            #""do":[{"send_email":"t"}],"state":"active"}],"#,
            with: #""do":[{"send_email":"t"}],"state":"paused"}],"#)
        try stored.run([.apply(paused, prune: false)], flushing: false)
        let first = try turn()
        #expect(first.claims.map(\.send.partner) == ["ben"])
        #expect(first.passedOver == Array(repeating: .held, count: 7))
        #expect(try !patient.hasWork(at: later))
        // After a change that frees none of them, each is looked at once.
        let renamed = paused.replacing("Hi {{name}}", with: "Hello {{name}}")
        try stored.run([.apply(renamed, prune: false)], flushing: false)
        for number in 1...4 {
            let turn = try turn()
            #expect(turn.claims.isEmpty && turn.passedOver.isEmpty)
            #expect(turn.isMoreLikely == (number < 4))
            #expect(try patient.hasWork(at: later) == (number < 4))
        }
        try stored.run([.apply(Self.definitions, prune: false)], flushing: false)
        var mailed: [Name] = []
        while try patient.hasWork(at: later) { mailed += try turn().claims.map(\.send.partner) }
        #expect(mailed == ["ada", "p1", "p2", "p3", "p4", "p5", "p6"])
    }

    @Test("what was held comes in turns, too")
    func heldInTurns() throws {
        try decideMore()
        let paused = Self.definitions.replacing(
            #""do":[{"send_email":"t"}],"state":"active"}],"#,
            with: #""do":[{"send_email":"t"}],"state":"paused"}],"#)
        try stored.run([.apply(paused, prune: false)], flushing: false)
        #expect(try turn(minutes: 60).map(\.send.partner) == ["ben"])
        try stored.run([.apply(Self.definitions, prune: false)], flushing: false)
        var mailed: [Int] = []
        for _ in 0..<4 { mailed.append(try turn(claiming: 3, minutes: 60).count) }
        #expect(mailed == [3, 3, 1, 0])
    }

    @Test("what is too old expires, unless the operator says otherwise")
    func expired() throws {
        #expect(try turn(minutes: 25 * 60).isEmpty)
        #expect(try statuses() == ["ben expired", "ada expired"])
        #expect(try stored.store.retry(.expired, at: noon) == 2)
        #expect(try turn(minutes: 26 * 60).count == 2)
    }

    @Test("fields are those of the decision, the template its version")
    func fieldsOfTheDecision() throws {
        let changed = Self.definitions.replacing("Hi {{name}}", with: "Hello {{name}}")
        try stored.run(
            [.apply(changed, prune: false)]
                + [
                    Self.line(
                        "later", "partner.updated", "ada", "12:30:00",
                        #","name":"Countess","email":"new@x.y""#)
                ], flushing: false)
        let claim = try #require(try turn().first { $0.send.partner == "ada" })
        #expect(claim.partner.name == "Ada")
        #expect(claim.send.to == "ada@x.y")
        #expect(claim.template.subject == "Hi {{name}}")
    }

    @Test("an address that is refused is no reason against the one that took its place")
    func correctedAddress() throws {
        try stored.run(
            [
                Self.line("c", "partner.updated", "ben", "12:10:00", #","email":"right@x.y""#),
                Self.line("d", "tag.assigned", "ben", "12:20:00", #","tag":"now""#),
            ], flushing: false)
        let first = try turn(claiming: 1, minutes: 25)
        #expect(first.map(\.send.to) == ["ben@x.y"])
        let refusal = Deliverer.Outcome.refused("550 no such user", isRecipient: true)
        let next = try turn(first.map { ($0, refusal) }, minutes: 25)
        #expect(next.map(\.send.to) == ["ada@x.y", "right@x.y"])
        try deliverer.logResults(waitSeconds: 1)
        #expect(try stored.store.partner("ben", Viewpoint()).suppression == nil)
        #expect(try members("bounced") == ["ben"])
        try turn(next.map { ($0, refusal) }, claiming: 0, minutes: 30)
        try deliverer.logResults(waitSeconds: 1)
        #expect(try stored.store.partner("ben", Viewpoint()).suppression == .bounced)
        #expect(try stored.store.partner("ada", Viewpoint()).suppression == .bounced)
    }

    @Test("a boundary's mail has what came before its decision, and not what follows from it")
    func fieldsOfTheRun() throws {
        let program = try StoreProgram(name: "p", timezone: "UTC")
        try program.makeWriters(count: 1)
        let definitions = #"""
            {"templates":[{"id":"t","subject":"s","text":"{{#tags}} {{.}}{{/tags}}"}],
             "segments":[{"id":"new","match":{"original_joined":{"days_ago":1}}},
              {"id":"vip","match":{"tag":{"any_of":["vip"]}}},
              {"id":"told","match":{"email":{"activity":"sent","source":"w"}}}],
             "automations":[{"id":"a","on":{"segment_entered":"new"},"do":[{"add_tag":"vip"}],
              "state":"active"},
              {"id":"b","on":{"segment_entered":"told"},
              "do":[{"add_tag":"was told"},{"send_email":"t"}],"state":"active"}],
             "workflows":[{"id":"w","segment":"vip","do":[{"send_email":"t"},{"add_tag":"mailed"}],
              "state":"active"}]}
            """#
        try program.run(
            [.apply(definitions, prune: false)] + Self.partner("ada", "Ada", at: "10:00:00")
                + [
                    Self.line("j", "partner.joined", "ada", "10:10:00", ""),
                    .advance(noon.advanced(byMicroseconds: 13 * .hour).microseconds),
                ], flushing: true)
        let deliverer = try Deliverer(program.store, Self.options)
        let claims = try deliverer.turn(
            noting: [], claiming: 9, at: noon.advanced(byMicroseconds: 13 * .hour)
        ).claims
        #expect(claims.map(\.send.source) == ["w", "b"])
        #expect(claims.map { $0.partner.tags.map(\.tag) } == [["vip"], ["vip"]])
        let later = try program.store.partner("ada", Viewpoint())
        #expect(later.tags.map(\.tag) == ["mailed", "vip", "was told"])
    }

    @Test("an event that tells of a send spares its mail")
    func knownAlready() throws {
        var id = ""
        try stored.store.eachSend { send in
            id = String(decoding: send.id, as: UTF8.self)
            return send.partner != "ada"
        }
        try stored.run(
            [Self.line("d", "email.opened", "ada", "12:05:00", #","send":"\#(id)""#)],
            flushing: false)
        #expect(try turn().map(\.send.partner) == ["ben"])
        #expect(try statuses() == ["ben claimed", "ada delivered"])
    }

    @Test(
        "so does a complaint or the end of a subscription that names it, whatever followed",
        arguments: ["complained", "unsubscribed"])
    func knownByComplaint(activity: String) throws {
        var id = ""
        try stored.store.eachSend { send in
            id = String(decoding: send.id, as: UTF8.self)
            return send.partner != "ada"
        }
        try stored.run(
            [
                Self.line("d", "email.\(activity)", "ada", "12:05:00", #","send":"\#(id)""#),
                Self.line("e", "email.resubscribed", "ada", "12:06:00", ""),
            ], flushing: false)
        #expect(try turn().map(\.send.partner) == ["ben"])
        #expect(try statuses() == ["ben claimed", "ada delivered"])
    }

    @Test("an event that names a send says where it stands, unless that is just being handed over")
    func toldByEvents() throws {
        var ids: [Name: String] = [:]
        try stored.store.eachSend { send in
            ids[send.partner] = String(decoding: send.id, as: UTF8.self)
            return true
        }
        func tell(_ id: String, _ activity: String, _ partner: String) throws {
            let send = try #require(ids[Name(partner)])
            try stored.run(
                [
                    Self.line(
                        id, "email.\(activity)", partner, "12:05:00", #","send":"\#(send)""#)
                ], flushing: false)
        }
        try tell("d", "bounced", "ben")
        #expect(try statuses() == ["ben failed", "ada pending"])
        let claims = try turn()
        #expect(claims.map(\.send.partner) == ["ada"])
        try tell("e", "delivered", "ada")
        #expect(try statuses() == ["ben failed", "ada claimed"])
        try turn(claims.map { ($0, .refusedForNow("451 later")) }, claiming: 0)
        #expect(try statuses() == ["ben failed", "ada pending"])
        try tell("f", "opened", "ada")
        #expect(try statuses() == ["ben failed", "ada delivered"])
        #expect(try deliverer.nextDue() == nil)
        #expect(try turn(minutes: 60).isEmpty)
        // Who is delivered stays so.
        try tell("g", "bounced", "ada")
        #expect(try statuses() == ["ben failed", "ada delivered"])
        _ = try stored.store.audit { _, _ in }
    }

    @Test("a restored store mails nothing before it is released")
    func restored() throws {
        try stored.markRestored()
        let mark = stored.head
        #expect(throws: DeliveryRefusal.held(mark: mark)) { try turn() }
        #expect(throws: DeliveryRefusal.held(mark: mark)) { try stored.store.release(mark - 1) }
        try stored.store.release(mark)
        #expect(try turn().count == 2)
    }

    @Test("a store that emits from now on keeps back what was being handed over")
    func emits() throws {
        #expect(try turn().count == 2)
        let writer = try Writer(stored.store, ingests: false)
        try writer.beginEmitting(waitSeconds: 10, at: noon)
        #expect(try stored.store.emittedSends() == 0)
        #expect(try statuses() == ["ben pending", "ada unknown"])
        #expect(throws: DeliveryRefusal.emits) { try Deliverer(stored.store, Self.options) }
        try writer.beginEmitting(waitSeconds: 10, at: noon)
        #expect(try statuses() == ["ben pending", "ada unknown"])
    }
}
