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
        {"id":"rolling","match":{"tagged":{"tag":"vip","within":{"hours":30}}}}],
        "workflows":[{"id":"w","segment":"quiet","do":[{"send_email":"hi"}],"state":"active"}],
        "automations":[
        {"id":"a","on":{"segment_left":"fresh"},"do":[{"send_email":"hi"}],"state":"active"},
        {"id":"b","on":{"segment_entered":"meant"},"do":[{"add_tag":"met"}],"state":"active"}]}
        """

    private static func steps(seed: UInt64) -> [Step] {
        var random = SplitMix64(seed: seed)
        var time = start
        return (0..<120).map { index in
            time += random.int64(in: 60...9_000)
            let fields =
                switch random.int(in: 0...4) {
                case 0: #""type":"tag.assigned","tag":"vip""#
                case 1:
                    #""type":"relationship.changed","stage":"\#(random.pick(["new", "outreach"]))""#
                case 2: #""type":"partner.updated","email":"x@example.com""#
                case 3:
                    #""type":"custom.recorded","name":"call","properties":{"on":"2026-03-0\#(random.int(in: 1...9))"}"#
                default: #""type":"action.recorded","amount":5"#
                }
            return .line(
                #"{"id":"e\#(index)","partner":"p\#(random.int(in: 0...6))","time":"\#(Instants.text(time * 1_000_000))",\#(fields)}"#,
                history: false)
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

    @Test("questions about what was before new rules are answered by the old ones")
    func questionsBefore() throws {
        let stored = try StoreProgram(name: "acme", zone: Self.zone([]))
        try stored.makeWriters(count: 1)
        let steps: [Step] = [
            .apply(
                #"{"segments":[{"id":"due","match":{"attribute":{"name":"at","date":{"on":"2026-03-10"}}}}]}"#,
                prune: false),
            .line(
                #"{"id":"1","type":"partner.updated","partner":"p","time":"2026-03-01T12:00:00Z","attributes":{"at":"2026-03-09T23:30:00Z"}}"#,
                history: false),
            .advance(Self.start * 1_000_000 + 3 * 86_400_000_000),
        ]
        try stored.run(steps[...], flushing: false)
        let before = try #require(stored.now)
        try stored.run([.advance(before.microseconds + 3_600_000_000)], flushing: false)
        #expect(try stored.refreshTimeZone(Self.zone([(Self.start, 3_600)])))
        let now = try #require(stored.now)
        let store = stored.store
        for (at, isMember) in [(before, false), (now, true)] {
            #expect(try store.members(of: "due", at: .time(at)).count == (isMember ? 1 : 0))
            let known = try store.members(of: "due", at: at, in: .instant(at))
            #expect(known.count == (isMember ? 1 : 0))
            #expect(try store.explainMember("due", "p", Viewpoint(at: at)).isMember == isMember)
            #expect(
                try store.partner("p", Viewpoint(at: at)).memberships.count == (isMember ? 1 : 0))
        }
        // What is known now corrects what was, rules and all.
        #expect(try store.members(of: "due", at: before, in: .now).count == 1)
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
        #expect(rules(200_000_000) == ["100 60", "200 120", "201 8", "250 9"])
        #expect(old.continued(by: new, from: .unset).changes == new.changes)
        #expect(old.continued(by: old, from: Instant(microseconds: 5)) == old)
    }
}
