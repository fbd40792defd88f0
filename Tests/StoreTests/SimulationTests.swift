import Core
import Definitions
import Engine
import Store
import TestSupport
import Testing

/// What `simulate` says of other definitions, against stores in which they were really applied.
@Suite struct SimulationTests {
    /// Each block makes far more; a generator that goes quiet must not pass unseen.
    private static let differencesMin = 3

    /// Sends by what two stores have in common, for comparing them as bags.
    private func bag(_ stored: StoreProgram) throws -> [String] {
        var result: [String] = []
        try stored.store.eachSend { send in
            result.append(words(send))
            return true
        }
        return result.sorted()
    }

    private func words(_ send: SendRow) -> String {
        "\(send.kind.word) \(send.source) \(send.partner) \(send.to?.description ?? "-") "
            + "\(send.template) \(send.decidedAt.microseconds) "
            + (send.suppressed?.word ?? "pending")
    }

    private func simulate(
        _ stored: StoreProgram, _ json: String, prune: Bool = false, from: Instant? = nil,
        to: Instant? = nil
    ) throws -> [SendDifference] {
        let source = DefinitionSource(file: "definitions.json", bytes: Array(json.utf8))
        let read = try readDefinitions(
            [source], inForce: try stored.store.catalog().inForce(), prune: prune)
        var differences: [SendDifference] = []
        _ = try stored.store.simulate(
            SimulationRequest(definitions: read.definitions, prune: prune, from: from, to: to),
            progress: { _, _ in }
        ) { differences.append($0) }
        return differences
    }

    /// The sends of a store less those gone, and with those added.
    private func predicted(_ stored: StoreProgram, _ differences: [SendDifference]) throws
        -> [String]
    {
        var sends = try bag(stored)
        for difference in differences where difference.change == .gone {
            let index = try #require(sends.firstIndex(of: words(difference.send)))
            sends.remove(at: index)
        }
        sends += differences.filter { $0.change == .added }.map { words($0.send) }
        return sends.sorted()
    }

    private func store(_ program: RandomProgram, _ steps: some Sequence<Step>) throws
        -> StoreProgram
    {
        let stored = try StoreProgram(name: program.name, timezone: program.timezone)
        try stored.makeWriters(count: 1)
        for step in steps { try stored.run([step], flushing: false) }
        return stored
    }

    /// Kinds by a seed with what makes sends, and without some others.
    private func kinds(_ seed: UInt64, without others: Kinds) -> Kinds {
        Kinds.random(seed: seed).union([.workflows, .automations]).subtracting(others)
    }

    private func changed(_ program: RandomProgram, _ seed: UInt64) -> String {
        var other = program
        var random = SplitMix64(seed: seed &+ 0x4F54_4845)
        // Several times, so that hardly anything stays as it was.
        for _ in 0..<4 { _ = other.change(&random) }
        return other.definitionsJSON
    }

    @Test("the definitions in force make no difference", arguments: Seeds.chosen(or: 0..<60))
    func noDifference(seed: UInt64) throws {
        let program = RandomProgram(seed: seed, kinds: kinds(seed, without: [.changes]))
        let steps = RandomHistory(seed: seed, program: program).steps
        let stored = try store(program, steps)
        for prune in [false, true] {
            let found = try simulate(stored, program.definitionsJSON, prune: prune)
            #expect(found.isEmpty, "seed \(seed): \(found.map { words($0.send) })")
        }
    }

    @Test(
        "the definitions in force make no difference from their last change on",
        arguments: Seeds.chosen(or: 0..<60))
    func noDifferenceFromLastChange(seed: UInt64) throws {
        let program = RandomProgram(seed: seed, kinds: .all)
        let stored = try StoreProgram(name: program.name, timezone: program.timezone)
        try stored.makeWriters(count: 1)
        var last: Instant?
        for step in RandomHistory(seed: seed, program: program).steps {
            try stored.run([step], flushing: false)
            if case .apply = step { last = stored.now }
        }
        guard let last else { return }
        // What was decided at that very instant before they came was decided under others.
        try stored.run([.advance(last.microseconds + Instants.hour)], flushing: false)
        let from = last.advanced(byMicroseconds: 1)
        // All that is in force, as one file.
        let lists = try DefinitionKind.allCases.map { kind in
            let ofKind = try stored.store.catalog().inForce().filter {
                $0.definition.kind == kind && kind != .program
            }
            let texts = ofKind.map { String(decoding: $0.bytes, as: UTF8.self) }
            return "\"\(kind.word)s\":[\(texts.joined(separator: ","))]"
        }.dropFirst()
        let json = "{\(lists.joined(separator: ","))}"
        for prune in [false, true] {
            let found = try simulate(stored, json, prune: prune, from: from)
            #expect(found.isEmpty, "seed \(seed): \(found.map { words($0.send) })")
        }
    }

    @Test("other definitions from the start", arguments: Seeds.blocks(of: 40, or: 0..<80))
    func fromTheStart(seeds: Range<UInt64>) throws {
        var found = 0
        for seed in seeds { found += try fromTheStart(seed: seed) }
        #expect(found >= Self.differencesMin)
    }

    private func fromTheStart(seed: UInt64) throws -> Int {
        let program = RandomProgram(seed: seed, kinds: kinds(seed, without: [.changes, .pruning]))
        let steps = RandomHistory(seed: seed, program: program).steps
        let stored = try store(program, steps)
        let json = changed(program, seed)
        let other = try store(program, [.apply(json, prune: false)] + steps.dropFirst())
        let differences = try simulate(stored, json, prune: seed % 2 == 0)
        #expect(try predicted(stored, differences) == bag(other), "seed \(seed)")
        try check(differences, stored, "seed \(seed)")
        try checkReasons(differences, stored, other, steps, "seed \(seed)")

        // A part of the time is the same part of the differences.
        guard let now = stored.now else { return 0 }
        let to = now.advanced(byMicroseconds: -Int64(seed) * Instants.hour)
        #expect(
            try simulate(stored, json, prune: seed % 2 == 0, to: to).map { words($0.send) }
                == differences.filter { $0.send.decidedAt <= to }.map { words($0.send) },
            "seed \(seed)")
        return differences.count
    }

    @Test("other definitions from an instant on", arguments: Seeds.blocks(of: 40, or: 100..<180))
    func fromAnInstant(seeds: Range<UInt64>) throws {
        var found = 0
        for seed in seeds { found += try fromAnInstant(seed: seed) }
        #expect(found >= Self.differencesMin)
    }

    private func fromAnInstant(seed: UInt64) throws -> Int {
        let program = RandomProgram(
            seed: seed, kinds: kinds(seed, without: [.changes, .pruning, .history]))
        let steps = RandomHistory(seed: seed, program: program).steps
        let stored = try StoreProgram(name: program.name, timezone: program.timezone)
        try stored.makeWriters(count: 1)
        // The clock after each step.
        var clocks: [Instant] = []
        for step in steps {
            try stored.run([step], flushing: false)
            clocks.append(stored.now ?? .unset)
        }
        var random = SplitMix64(seed: seed &+ 0x4652_4F4D)
        let place = random.int(in: clocks.count / 3...(clocks.count - 2))
        guard clocks[place] != .unset else { return 0 }
        let from = clocks[place].advanced(
            byMicroseconds: random.pick([0, 0, 1, Instants.hour / 2, 30 * Instants.hour]))
        guard from <= clocks[clocks.count - 1] else { return 0 }
        let json = changed(program, seed)
        let before = steps.indices.filter { clocks[$0] < from }
        let other = try store(
            program,
            before.map { steps[$0] } + [
                .advance(from.microseconds - 1), .apply(json, prune: false),
            ] + steps.dropFirst(before.count))
        let differences = try simulate(stored, json, from: from)
        #expect(try predicted(stored, differences) == bag(other), "seed \(seed)")
        #expect(differences.allSatisfy { $0.send.decidedAt >= from }, "seed \(seed)")
        try check(differences, stored, "seed \(seed)")
        try checkReasons(differences, stored, other, steps, "seed \(seed)")
        return differences.count
    }

    @Test(
        "definitions beside those of the log, which go on changing",
        arguments: Seeds.blocks(of: 40, or: 200..<280))
    func besideOthers(seeds: Range<UInt64>) throws {
        var found = 0
        for seed in seeds { found += try besideOthers(seed: seed) }
        #expect(found >= Self.differencesMin)
    }

    private func besideOthers(seed: UInt64) throws -> Int {
        let program = RandomProgram(
            seed: seed,
            kinds: .all.subtracting(seed % 3 == 0 ? [.history] : [.pruning]))
        let steps = RandomHistory(seed: seed, program: program).steps
        let json = """
            {"templates":[{"id":"own","subject":"Own","text":"Own"}],
            "segments":[{"id":"own-seg","match":{"any":[{"tag":{"any_of":["vip","cold"]}},
            {"email":{"activity":"sent","at_least":2}}]}},
            {"id":"own-fresh","match":{"all":[{"segment":{"any_of":["own-seg"]}},
            {"email":{"activity":"sent","over":{"within":{"hours":24}}}}]}}],
            "workflows":[{"id":"own-flow","segment":"own-seg","do":[{"send_email":"own"},
            {"add_tag":"spring"}],"state":"active"}],
            "automations":[{"id":"own-auto","on":{"segment_entered":"own-fresh"},
            "do":[{"send_email":"own"},{"remove_tag":"vip"}],"state":"active"}]}
            """
        let stored = try store(program, steps)
        // In the other store the log's own pruning must leave these alone.
        guard !steps.contains(where: { if case .apply(_, true) = $0 { true } else { false } })
        else { return 0 }
        let other = try store(program, [.apply(json, prune: false)] + steps)
        let differences = try simulate(stored, json)
        #expect(try predicted(stored, differences) == bag(other), "seed \(seed)")
        try check(differences, stored, "seed \(seed)")
        try checkReasons(differences, stored, other, steps, "seed \(seed)")
        return differences.count
    }

    @Test("what names something that is not in force yet waits for it, and a circle too")
    func waiting() throws {
        let stored = try StoreProgram(name: "acme", timezone: "UTC")
        try stored.makeWriters(count: 1)
        let first = """
            {"templates":[{"id":"hi","subject":"Hi","text":"Hi"}],
            "segments":[{"id":"s","match":{"tag":{"any_of":["a"]}}},
            {"id":"t","match":{"segment":{"any_of":["s"]}}}],
            "automations":[{"id":"greet","on":{"segment_entered":"s"},
            "do":[{"send_email":"hi"}],"state":"active"}]}
            """
        let second = #"{"segments":[{"id":"t","match":{"tag":{"any_of":["b"]}}}]}"#
        try stored.run(
            [
                .apply(first, prune: false), tagged(1, "amy", "a", 10),
                .apply(second, prune: false), tagged(2, "bob", "b", 12),
            ], flushing: false)
        // With the log's first t this is a circle, with the second one it is not.
        let differences = try simulate(
            stored, #"{"segments":[{"id":"s","match":{"segment":{"any_of":["t"]}}}]}"#)
        #expect(
            differences.map { "\($0.change) \($0.send.partner) \($0.because.text)" }
                == ["gone amy automation_not_defined", "added bob not_member: s"])
    }

    @Test("a store without events, and a time before the first")
    func nothingYet() throws {
        let stored = try StoreProgram(name: "acme", timezone: "UTC")
        try stored.makeWriters(count: 1)
        let json = #"{"segments":[{"id":"s","match":{"tag":{"any_of":["a"]}}}]}"#
        #expect(try simulate(stored, json).isEmpty)
        #expect(throws: QuestionError.afterNow(now: nil)) {
            try simulate(stored, json, from: Instant(microseconds: 0))
        }
        try stored.run([.apply(json, prune: false), .advance(1_000_000)], flushing: false)
        let early = Instant(microseconds: 0)
        #expect(try simulate(stored, json, from: early, to: early).isEmpty)
        #expect(throws: QuestionError.afterNow(now: Instant(microseconds: 1_000_000))) {
            try simulate(stored, json, from: Instant(microseconds: 1_000_001))
        }
    }

    @Test("measures that definitions begin to look at are filled from the world's own sends")
    func ownSends() throws {
        let stored = try StoreProgram(name: "acme", timezone: "UTC")
        try stored.makeWriters(count: 1)
        func address(_ id: Int, _ partner: String) -> Step {
            let fields = "\"email\":\"x@example.com\",\"time\":\"2026-03-01T09:00:00Z\""
            return .line(
                "{\"id\":\"e\(id)\",\"type\":\"partner.updated\",\"partner\":\"\(partner)\",\(fields)}",
                history: false)
        }
        let first = """
            {"templates":[{"id":"hi","subject":"Hi","text":"Hi"}],
            "segments":[{"id":"as","match":{"tag":{"any_of":["a"]}}},
            {"id":"bs","match":{"tag":{"any_of":["b"]}}}],
            "workflows":[{"id":"w","segment":"as","do":[{"send_email":"hi"}],"state":"active"}],
            "automations":[{"id":"auto","on":{"tag_assigned":"a"},"do":[{"send_email":"hi"}],
            "state":"active"}]}
            """
        let second = """
            {"segments":[{"id":"mailed","match":{"email":{"activity":"sent","source":"w"}}}],
            "workflows":[{"id":"thanks","segment":"mailed","do":[{"send_email":"hi"}],
            "state":"active"}]}
            """
        // Cy has no address, so that what the automation decides for him is suppressed.
        try stored.run(
            [
                .apply(first, prune: false), address(1, "amy"), address(2, "bob"),
                tagged(3, "amy", "a", 10), tagged(4, "bob", "b", 10), tagged(5, "cy", "a", 10),
                .advance(1_772_366_400_000_000), .apply(second, prune: false),
                .advance(1_772_373_600_000_000),
            ], flushing: false)
        let other =
            #"{"workflows":[{"id":"w","segment":"bs","do":[{"send_email":"hi"}],"#
            + #""state":"active"}]}"#
        func words(_ differences: [SendDifference]) -> [String] {
            differences.map {
                "\($0.change) \($0.send.source) \($0.send.partner) \($0.because.text)"
            }
        }
        // Whom w mailed in each world, thanks mails there.
        #expect(
            words(try simulate(stored, other)) == [
                "gone w amy not_member: bs", "added w bob not_member: as",
                "gone thanks amy not_member: mailed", "added thanks bob not_member: mailed",
            ])
        // What the log's own world decided before the other definitions came counts there too, and
        // what was suppressed does not.
        let late =
            #"{"segments":[{"id":"all","match":{"email":{"activity":"sent","source":"auto"}}}],"#
            + #""workflows":[{"id":"more","segment":"all","do":[{"send_email":"hi"},"#
            + #"{"add_tag":"more"}],"state":"active"}]}"#
        let noon = Instant(microseconds: 1_772_366_400_000_000)
        #expect(
            words(try simulate(stored, late, from: noon))
                == ["added more amy workflow_not_defined"])
    }

    private func tagged(_ id: Int, _ partner: String, _ tag: String, _ hour: Int) -> Step {
        let time = "\"time\":\"2026-03-01T\(hour):00:00Z\""
        let fields = "\"partner\":\"\(partner)\",\"tag\":\"\(tag)\",\(time)"
        return .line(
            "{\"id\":\"e\(id)\",\"type\":\"tag.assigned\",\(fields)}", history: false)
    }

    // MARK: Checks

    /// Checks what holds for differences of any kind.
    private func check(
        _ differences: [SendDifference], _ stored: StoreProgram, _ title: String
    ) throws {
        let real = try stored.sends()
        for difference in differences {
            let send = difference.send
            #expect((1...stored.head).contains(send.sequence), "\(title)")
            let isReal = real.contains {
                $0.id == String(decoding: send.id, as: UTF8.self) && $0.sequence == send.sequence
            }
            if difference.change == .gone { #expect(isReal, "\(title)") }
        }
        let times = differences.map(\.send.decidedAt)
        #expect(times == times.sorted(), "\(title)")
    }
    /// Checks reasons that speak of boundaries against what the store says that did not decide the send.
    ///
    /// Where a record has the same instant, the store can't tell what was before it.
    private func checkReasons(
        _ differences: [SendDifference], _ stored: StoreProgram, _ other: StoreProgram,
        _ steps: [Step], _ title: String
    ) throws {
        let taken = steps.map(\.description).joined()
        for difference in differences {
            let send = difference.send
            let instant = send.decidedAt
            let written = Instants.text(instant.microseconds)
            if taken.contains(written.replacing("Z", with: "")) { continue }
            let absent = difference.change == .gone ? other : stored
            func isMember(_ segment: Name) throws -> Bool {
                try absent.store.members(of: segment, at: .time(instant)).contains {
                    $0.partner == send.partner
                }
            }
            let text = "\(title): \(words(send)), \(difference.because)"
            switch difference.because {
            case .notMember(let segment):
                #expect(try !isMember(segment), "\(text)")
            case .alreadyMember(let segment, _), .stillMember(let segment),
                .enteredAfterRun(let segment):
                #expect(try isMember(segment), "\(text)")
            case .alreadyActed(let last?):
                let earlier = try absent.sends().filter {
                    $0.words.contains("\(send.source) \(send.partner) ")
                        && $0.words.contains(" \(last.microseconds) ")
                }
                #expect(!earlier.isEmpty && last < instant, "\(text)")
            case .runBlocked(let withAddress, _):
                let run = try absent.runs().first {
                    $0.hasPrefix("\(send.source) \(instant.microseconds) ")
                }
                #expect(run?.hasSuffix(" \(withAddress) 0 true") == true, "\(text)")
            case .notDefined:
                #expect(try !absent.sends().contains { $0.words.contains(" \(send.source) ") })
            default: break
            }
        }
    }
}
