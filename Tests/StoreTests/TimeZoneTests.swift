import Core
import Store
import TestSupport
import Testing

/// New rules of the time zone in a running program.
@Suite struct TimeZoneTests {
    private static let start: Int64 = 1_772_323_200
    private static let definitions = """
        {"templates":[{"id":"hi","subject":"Hi","text":"Hi"}],
        "segments":[
        {"id":"fresh","match":{"tagged":{"tag":"vip","last_days":2}}},
        {"id":"quiet","match":{"last_transition":{"more_than_days_ago":1}}},
        {"id":"meant","match":{"event":{"name":"call","where":[{"name":"on","date":{"today":true}}]}}},
        {"id":"busy","match":{"actions":{"over":{"last_days":1},"at_least":3}}},
        {"id":"called","match":{"event":{"name":"call","over":{"days_ago":1}}}},
        {"id":"rolling","match":{"tagged":{"tag":"vip","within":{"hours":30}}}}],
        "workflows":[{"id":"w","segment":"quiet","do":[{"send_email":"hi"}],"state":"active"}],
        "automations":[
        {"id":"a","on":{"segment_left":"fresh"},"do":[{"send_email":"hi"}],"state":"active"},
        {"id":"b","on":{"segment_entered":"meant"},"do":[{"add_tag":"met"}],"state":"active"}]}
        """

    /// Segments that look at days of which there are old and new ones.
    private static let fixedDays = """
        {"segments":[
        {"id":"planned","match":{"event":{"name":"call","where":[{"name":"at","date":{"between":["2026-03-05","2026-03-06"]}}]}}},
        {"id":"early","match":{"event":{"name":"call","where":[{"name":"at","date":{"before":"2026-03-06"}}],"over":{"last_days":3},"at_least":2}}},
        {"id":"sold","match":{"revenue":{"over":{"on":"2026-03-05"},"at_least":5}}},
        {"id":"read","match":{"email":{"activity":"opened","over":{"between":["2026-03-04","2026-03-06"]},"at_least":2}}}]}
        """

    private static func steps(seed: UInt64) -> [Step] {
        var random = SplitMix64(seed: seed)
        var time = start
        return (0..<120).map { index in
            time += random.int64(in: 60...9_000)
            // Some come from days ahead of the clock, where the rules are to change.
            let isAhead = index > 0 && random.chance(20)
            let own = isAhead ? time + random.int64(in: 0...5 * 86_400) : time
            let later = Instants.text((time + random.int64(in: 0...6 * 86_400)) * 1_000_000)
            let fields =
                switch random.int(in: 0...5) {
                case 0: #""type":"tag.assigned","tag":"vip""#
                case 1:
                    #""type":"relationship.changed","stage":"\#(random.pick(["new", "outreach"]))""#
                case 2: #""type":"partner.updated","email":"x@example.com""#
                case 3:
                    #""type":"custom.recorded","name":"call","properties":{"on":"2026-03-0\#(random.int(in: 1...9))","at":"\#(later)"}"#
                case 4: #""type":"email.opened""#
                default: #""type":"action.recorded","amount":5"#
                }
            let line =
                #"{"id":"e\#(index)","partner":"p\#(random.int(in: 0...6))","time":"\#(Instants.text(own * 1_000_000))",\#(fields)}"#
            return isAhead ? .ahead(line) : .line(line, history: false)
        }
    }

    /// Rules that jump at some seconds.
    private static func zone(_ changes: [(Int64, Int32)]) -> ZoneRules {
        ZoneRules(
            name: "Test/Zone", initialOffset: 0,
            changes: changes.map { ZoneRules.Change(at: $0, offset: $1) })
    }

    @Test(
        "rules that differ later only decide what they would have decided from the start",
        arguments: Seeds.chosen(or: 0..<30))
    func laterChange(seed: UInt64) throws {
        var random = SplitMix64(seed: seed &+ 5)
        let day: Int64 = 86_400
        let old = Self.zone([(Self.start - day, 3_600), (Self.start + 6 * day, 7_200)])
        let new = Self.zone([
            (Self.start - day, 3_600),
            (Self.start + 4 * day + random.int64(in: 0...day), random.pick([-18_000, 20_700])),
        ])
        let steps = Self.steps(seed: seed)
        let split = random.int(in: 20...40)
        let refreshed = try StoreProgram(name: "acme", zone: old)
        let founded = try StoreProgram(name: "acme", zone: new)
        for program in [refreshed, founded] {
            try program.makeWriters(count: 2)
            try program.run([.apply(Self.definitions, prune: false)], flushing: false)
            try program.run(steps[..<split], flushing: false)
        }
        #expect(try refreshed.refreshTimeZone(new))
        #expect(try !refreshed.refreshTimeZone(new), "there is nothing left to change")
        for program in [refreshed, founded] {
            if random.chance(50) { try program.makeWriters(count: 2) }
            for from in stride(from: split, to: steps.count, by: 9) {
                try program.run(steps[from..<min(from + 9, steps.count)], flushing: from % 2 == 0)
            }
        }
        let (one, other) = (try refreshed.store.digest(), try founded.store.digest())
        #expect(one.hash == other.hash, "seed \(seed)")
        #expect(one.sequence == other.sequence + 1)
        _ = try refreshed.store.audit { _, _ in }
        let copy = try TamperedStore(copying: refreshed.directory)
        #expect(try Store.open(directory: copy.directory, isReadOnly: true).zone == new)
    }

    @Test(
        "from a refresh on, dates that lie ahead of it are days of the new rules",
        arguments: Seeds.chosen(or: 0..<30))
    func datesAhead(seed: UInt64) throws {
        var random = SplitMix64(seed: seed &+ 6)
        let new = Self.zone([(Self.start + random.int64(in: 3...4) * 86_400, 20_700)])
        let steps = Self.steps(seed: seed)
        let split = random.int(in: 20...40)
        let refreshed = try StoreProgram(name: "acme", zone: Self.zone([]))
        let founded = try StoreProgram(name: "acme", zone: new)
        for program in [refreshed, founded] {
            try program.makeWriters(count: 2)
            try program.run([.apply(Self.fixedDays, prune: false)], flushing: false)
            try program.run(steps[..<split], flushing: random.chance(50))
        }
        try refreshed.refreshTimeZone(new)
        var membersSeen = 0
        for from in stride(from: split, to: steps.count, by: 9) {
            for segment in ["planned", "early", "sold", "read"] {
                let found = try refreshed.store.members(of: Name(segment), at: .now)
                let wanted = try founded.store.members(of: Name(segment), at: .now)
                #expect(
                    found.map(\.partner) == wanted.map(\.partner), "seed \(seed): \(segment)")
                membersSeen += found.count
            }
            for program in [refreshed, founded] {
                try program.run(
                    steps[from..<min(from + 9, steps.count)], flushing: random.chance(50))
            }
        }
        #expect(membersSeen > 0)
        _ = try refreshed.store.audit { _, _ in }
    }

    @Test("what is counted by local days ahead of the clock is counted anew")
    func recount() throws {
        let stored = try StoreProgram(name: "acme", zone: Self.zone([]))
        try stored.makeWriters(count: 1)
        func line(_ id: Int, _ time: String, _ fields: String) -> String {
            #"{"id":"\#(id)","partner":"p","time":"2026-03-0\#(time)Z",\#(fields)}"#
        }
        let steps: [Step] = [
            .apply(Self.fixedDays, prune: false),
            .line(
                line(
                    1, "1T12:00:00",
                    #""type":"custom.recorded","name":"call","properties":{"at":"2026-03-04T23:30:00Z"}"#
                ), history: false),
            .ahead(line(2, "4T23:30:00", #""type":"action.recorded","amount":5"#)),
            .ahead(line(3, "3T23:30:00", #""type":"email.opened""#)),
            .ahead(line(4, "3T23:45:00", #""type":"email.opened""#)),
            .line(line(5, "1T13:00:00", #""type":"action.recorded","amount":5"#), history: false),
        ]
        try stored.run(steps[...], flushing: true)
        let affected = ["planned", "read", "sold"]
        for segment in affected {
            #expect(try stored.members(of: segment, at: .now) == [], "\(segment)")
        }
        try stored.refreshTimeZone(Self.zone([(Self.start + 2 * 86_400, 3_600)]))
        for segment in affected {
            #expect(try stored.members(of: segment, at: .now)?.count == 1, "\(segment)")
            #expect(
                try stored.store.explainMember(Name(segment), "p", Viewpoint()).isMember,
                "\(segment)")
        }
        try stored.flush()
        _ = try stored.store.audit { _, _ in }
    }

    @Test("a count of hundreds of days is counted anew, and none of them twice")
    func longRecount() throws {
        let stored = try StoreProgram(name: "acme", zone: Self.zone([]))
        try stored.makeWriters(count: 1)
        let definitions = """
            {"segments":[{"id":"exact","match":{"actions":{"over":"all_time","equals":401}}}]}
            """
        func sale(_ day: Int64) -> String {
            let time = Instants.text((Self.start + day * 86_400) * 1_000_000)
            return
                #"{"id":"\#(day)","type":"action.recorded","amount":5,"partner":"p","time":"\#(time)"}"#
        }
        let steps = (0..<400).map { Step.line(sale($0), history: false) }
        try stored.run(
            [.apply(definitions, prune: false)] + steps + [.ahead(sale(410))], flushing: true)
        #expect(try stored.members(of: "exact", at: .now)?.count == 1)
        // Cuts the day of the one ahead of the clock elsewhere.
        try stored.refreshTimeZone(Self.zone([(Self.start + 405 * 86_400, -3_600)]))
        #expect(try stored.members(of: "exact", at: .now)?.count == 1)
        try stored.flush()
        _ = try stored.store.audit { _, _ in }
    }

    @Test("questions about the time before a refresh go by the rules of that time")
    func questionsBefore() throws {
        let stored = try StoreProgram(name: "acme", zone: Self.zone([]))
        try stored.makeWriters(count: 1)
        let definitions = """
            {"templates":[{"id":"hi","subject":"Hi","text":"Hi"}],
            "segments":[
            {"id":"far","match":{"attribute":{"name":"start","date":{"on":"2026-03-04"}}}},
            {"id":"near","match":{"attribute":{"name":"start","date":{"on":"2026-03-05"}}}}],
            "workflows":[{"id":"w","segment":"far","do":[{"send_email":"hi"}],"state":"active"}]}
            """
        let line =
            #"{"id":"1","type":"partner.updated","partner":"p","time":"2026-03-01T12:00:00Z","#
            + #""email":"p@example.com","attributes":{"start":"2026-03-04T23:30:00Z"}}"#
        let day = Self.start * 1_000_000
        try stored.run(
            [
                .apply(definitions, prune: false), .line(line, history: false),
                .advance(day + 15 * 3_600_000_000),
            ], flushing: true)
        try stored.refreshTimeZone(Self.zone([(Self.start + 2 * 86_400, 3_600)]))
        try stored.run([.advance(day + 20 * 3_600_000_000)], flushing: true)
        let copy = try TamperedStore(copying: stored.directory)
        let store = try Store.open(directory: copy.directory, isReadOnly: true)
        for (hour, own, other) in [(13, "far", "near"), (18, "near", "far")]
            as [(Int64, Name, Name)]
        {
            let instant = Instant(microseconds: day + hour * 3_600_000_000)
            let view = Viewpoint(at: instant)
            #expect(try store.explainMember(own, "p", view).isMember, "\(own)")
            #expect(try !store.explainMember(other, "p", view).isMember, "\(other)")
            #expect(try store.partner("p", view).memberships.map(\.segment) == [own])
            let known = try store.members(of: own, at: instant, in: .instant(instant))
            #expect(known == ["p"], "\(own)")
            // What is known now corrects what was, rules and all.
            #expect(try store.members(of: "near", at: instant, in: .now) == ["p"])
        }
        let sends = try stored.sends()
        #expect(sends.count == 1)
        guard
            case .run(_, let membership) = try store.explainSend(
                Name(sends[0].id), partner: nil
            ).cause
        else {
            Issue.record("the send came of a run")
            return
        }
        #expect(membership.isMember)
        #expect(try store.explainWorkflow("w", "p").sends.count == 1)
    }

    @Test("what was sent at the very instant of a refresh is of the day that it is now")
    func sentAtRefresh() throws {
        let stored = try StoreProgram(name: "acme", zone: Self.zone([(Self.start, 3_600)]))
        try stored.makeWriters(count: 1)
        func definitions(_ suffix: String) -> String {
            """
            {"templates":[{"id":"hi","subject":"Hi","text":"Hi"}],
            "segments":[
            {"id":"today\(suffix)","match":{"email":{"activity":"sent","over":{"today":true}}}},
            {"id":"dated\(suffix)","match":{"email":{"activity":"sent","over":{"on":"2026-03-01"}}}}],
            "automations":[{"id":"a","on":{"tag_assigned":"vip"},"do":[{"send_email":"hi"}],"state":"active"}]}
            """
        }
        let steps: [Step] = [
            .apply(definitions(""), prune: false),
            .line(
                #"{"id":"1","type":"partner.updated","partner":"p","time":"2026-03-01T12:00:00Z","email":"p@example.com"}"#,
                history: false),
            .line(
                #"{"id":"2","type":"tag.assigned","partner":"p","time":"2026-03-01T22:30:00Z","tag":"vip"}"#,
                history: false),
        ]
        try stored.run(steps[...], flushing: true)
        #expect(try stored.members(of: "dated", at: .now)?.count == 1)
        #expect(try stored.refreshTimeZone(Self.zone([(Self.start, 7_200)])))
        try stored.run([.apply(definitions("-anew"), prune: false)], flushing: true)
        for (segment, count) in [("today", 1), ("dated", 0)] {
            for id in [segment, segment + "-anew"] {
                #expect(try stored.members(of: id, at: .now)?.count == count, "\(id)")
                let answer = try stored.store.explainMember(Name(id), "p", Viewpoint())
                #expect(answer.isMember == (count == 1), "\(id)")
            }
        }
        _ = try stored.store.audit { _, _ in }
    }

    @Test("a day beyond 2100 begins where rules refreshed so late have it")
    func lateClock() throws {
        let stored = try StoreProgram(name: "acme", zone: Self.zone([]))
        try stored.makeWriters(count: 1)
        // 2103-06-02T12:00:00Z
        let noon: Int64 = 4_210_228_800
        func tag(_ id: Int, at second: Int64) -> Step {
            .line(
                #"{"id":"\#(id)","type":"tag.assigned","partner":"p\#(id)","time":"\#(Instants.text(second * 1_000_000))","tag":"vip"}"#,
                history: false)
        }
        try stored.run(
            [
                .apply(Self.definitions, prune: false), tag(1, at: noon - 30 * 3_600),
                .advance(noon * 1_000_000),
            ], flushing: true)
        try stored.refreshTimeZone(Self.zone([(Self.start, 3_600)]))
        try stored.run([tag(2, at: noon + 41_400)], flushing: true)
        let (day, midnight) = (Int64(86_400), noon + 11 * 3_600)
        for (second, count) in [
            (midnight + day - 1, 2), (midnight + day, 1), (midnight + 3 * day - 1, 1),
            (midnight + 3 * day, 0),
        ] {
            try stored.run([.advance(second * 1_000_000)], flushing: false)
            #expect(
                try stored.store.members(of: "fresh", at: .now).count == count, "\(second)")
        }
        _ = try stored.store.audit { _, _ in }
    }

    @Test("a jump at once moves members and sets off nothing")
    func jump() throws {
        // 2026-03-01T00:00:00Z; tagged at noon, two days later 23:30 local time.
        let stored = try StoreProgram(name: "acme", zone: Self.zone([]))
        try stored.makeWriters(count: 1)
        let steps: [Step] = [
            .apply(Self.definitions, prune: false),
            .line(
                #"{"id":"1","type":"partner.updated","partner":"p","time":"2026-03-01T12:00:00Z","email":"p@example.com"}"#,
                history: false),
            .line(
                #"{"id":"2","type":"tag.assigned","partner":"p","time":"2026-03-01T12:00:00Z","tag":"vip"}"#,
                history: false),
            .advance(Self.start * 1_000_000 + 3 * 86_400_000_000 - 1_800_000_000),
        ]
        try stored.run(steps[...], flushing: false)
        #expect(try stored.store.members(of: "fresh", at: .now).count == 1)
        let sends = try stored.store.digest()
        #expect(try stored.refreshTimeZone(Self.zone([(Self.start, 3_600)])))
        #expect(try stored.store.members(of: "fresh", at: .now).isEmpty)
        // The day that went before has not changed: the partner was in until now.
        let before = Instant(microseconds: (Self.start + 3 * 86_400 - 1_801) * 1_000_000)
        #expect(try stored.store.members(of: "fresh", at: .sequence(stored.head - 1)).count == 1)
        #expect(before < (try #require(sends.now)))
        #expect(try stored.sends().isEmpty)
        _ = try stored.store.audit { _, _ in }
    }

    @Test("what has begun stays, what comes is new")
    func continuedRules() {
        let old = Self.zone([(100, 60), (200, 120), (300, 180)])
        let new = Self.zone([(90, 7), (200, 8), (250, 9)])
        func rules(_ now: Int64) -> [String] {
            old.continued(by: new, from: Instant(microseconds: now)).changes.map {
                "\($0.at) \($0.offset)"
            }
        }
        #expect(rules(150_000_000) == ["100 60", "150 7", "200 8", "250 9"])
        #expect(rules(150_000_001) == ["100 60", "151 7", "200 8", "250 9"])
        #expect(rules(200_000_000) == ["100 60", "200 8", "250 9"])
        let twice = old.continued(by: new, from: Instant(microseconds: 150_000_000))
            .continued(by: old, from: Instant(microseconds: 150_000_000))
        #expect(twice == old, "taken back at once")
        #expect(old.continued(by: new, from: .unset).changes == new.changes)
        #expect(old.continued(by: old, from: Instant(microseconds: 5)) == old)
    }
}
