import Core
import Store
import TestSupport
import Testing

/// Random programs and histories through a real store, in random batches and with reopening between
/// them, against the brute-force model: what the store answers is what the model did.
@Suite struct ModelComparisonTests {
    @Test(
        "answers as the model does, whatever the batches",
        arguments: Seeds.blocks(of: 10, or: 0..<500))
    func agrees(seeds: Range<UInt64>) throws {
        for seed in seeds { try agrees(seed: seed, isAhead: false) }
    }

    @Test(
        "answers as the model does where events are ahead of the clock",
        arguments: Seeds.blocks(of: 10, or: 0..<100))
    func ahead(seeds: Range<UInt64>) throws {
        for seed in seeds { try agrees(seed: seed, isAhead: true) }
    }

    private func agrees(seed: UInt64, isAhead: Bool) throws {
        let program = RandomProgram(seed: seed)
        let steps = RandomHistory(seed: seed, program: program, isAhead: isAhead).steps
        var random = SplitMix64(seed: seed &+ 0x5354_4F52)
        let model = Model(
            programName: program.name, timezone: program.timezone, currency: program.currency)
        let stored = try StoreProgram(name: program.name, timezone: program.timezone)
        try stored.makeWriters(count: random.int(in: 1...2))
        var known = Known()
        var next = 0
        while next < steps.count {
            let size = random.pick([1, 2, 5, 12])
            let batch = steps[next..<min(next + size, steps.count)]
            next = batch.endIndex
            try stored.run(batch, flushing: random.chance(20))
            for step in batch {
                model.run(step)
                known.note(model)
            }
            if random.chance(50) {
                try known.ask(stored, model, &random)
            }
            if random.chance(15) {
                if random.chance(50) { try stored.flush() }
                try stored.makeWriters(count: random.int(in: 1...2))
            }
        }
        try compare(stored, model, known, &random, "seed \(seed)")

        // The same lines once more change nothing.
        let lines = steps.filter { if case .line = $0 { true } else { false } }
        let head = stored.head
        try stored.makeWriters(count: 1)
        let outcomes = try stored.run(lines[...], flushing: false)
        #expect(outcomes.allSatisfy { $0 == .duplicate }, "seed \(seed)")
        #expect(stored.head == head, "seed \(seed)")
        try compare(stored, model, known, &random, "seed \(seed), fed twice")
    }

    @Test("the same answers for batches of any size", arguments: Seeds.chosen(or: 200..<212))
    func batchesOfAnySize(seed: UInt64) throws {
        let program = RandomProgram(seed: seed)
        let steps = RandomHistory(seed: seed, program: program).steps
        var answers: [[String]] = []
        for size in [1, 7, 1_000] {
            let stored = try StoreProgram(name: program.name, timezone: program.timezone)
            try stored.makeWriters(count: 1)
            for start in stride(from: 0, to: steps.count, by: size) {
                try stored.run(steps[start..<min(start + size, steps.count)], flushing: false)
            }
            var answer = try stored.sends().map { "\($0.id) \($0.sequence) \($0.words)" }
            answer += try stored.runs()
            answer.append("\(stored.head)")
            for segment in try stored.store.segments() {
                for sequence in 1...stored.head {
                    let members = try stored.members(
                        of: segment.id.description, at: .sequence(sequence))
                    answer.append("\(segment.id) \(sequence) \(members ?? ["none"])")
                }
            }
            answers.append(answer)
        }
        #expect(answers[0] == answers[1], "seed \(seed)")
        #expect(answers[0] == answers[2], "seed \(seed)")
    }

    private func compare(
        _ stored: StoreProgram, _ model: Model, _ known: Known, _ random: inout SplitMix64,
        _ title: String
    ) throws {
        let sends = try stored.sends()
        #expect(
            sends.map(\.words)
                == model.sends.map {
                    "\($0.kind) \($0.source) \($0.partner) \($0.to ?? "-") \($0.template) "
                        + "v\($0.templateVersion) \($0.decidedAt) \($0.reason ?? "pending")"
                }, "\(title)")
        #expect(Set(sends.map(\.id)).count == sends.count, "\(title): an id is there twice")
        var last: SendRow?
        try stored.store.eachSend { send in
            if let last, send.sequence < last.sequence {
                // A run carries its boundary's record; what automations set off there stands behind it.
                #expect(
                    send.kind == .workflow && send.decidedAt == last.decidedAt,
                    "\(title): \(last), then \(send)")
            }
            last = send
            return true
        }
        #expect(
            try stored.runs()
                == model.runs.map {
                    "\($0.workflow) \($0.at) \($0.members) \($0.withAddress) \($0.sent) \($0.blocked)"
                }, "\(title)")
        #expect(stored.pendingSends == model.sends.count { $0.reason == nil }, "\(title)")
        #expect(stored.halts == model.cutOffs.count, "\(title)")
        #expect(
            try stored.store.segments().map(\.id.description) == model.segmentIDs, "\(title)")
        for segment in model.segmentIDs {
            let now = try stored.store.members(of: Name(segment), at: .now)
            #expect(
                now.map(\.partner.description) == model.members(segment: segment),
                "\(title): \(segment) now")
        }
        for (question, answer) in known.answers {
            #expect(
                try stored.members(of: question.segment, at: question.moment) == answer,
                "\(title): the answer about \(question) has changed")
        }
        guard let now = model.now else { return }
        for segment in known.segments.sorted() {
            for instant in known.instants(of: segment, model, now, &random) {
                let answer = try stored.members(
                    of: segment, at: .time(Instant(microseconds: instant)))
                #expect(
                    answer == known.expected(segment, at: instant, model),
                    "\(title): \(segment) at \(Instants.text(instant))")
            }
        }
    }
}

/// What is known of the past beside the model: which segments were in force, and answers given.
private struct Known {
    struct Question: Hashable {
        var segment: String
        var instant: Int64?
        var sequence: UInt64?

        var moment: Moment {
            sequence.map { .sequence($0) }
                ?? .time(Instant(microseconds: instant ?? 0))
        }
    }

    /// Segments in force from an instant on; nil stands for a clock that is not set.
    private var versions: [(from: Int64?, segments: [String])] = []
    private(set) var segments: Set<String> = []
    private(set) var answers: [Question: [String]?] = [:]

    mutating func note(_ model: Model) {
        guard versions.last?.segments != model.segmentIDs else { return }
        versions.append((model.now, model.segmentIDs))
        segments.formUnion(model.segmentIDs)
    }

    /// Asks about moments that are past for good, and keeps the answers.
    mutating func ask(
        _ stored: StoreProgram, _ model: Model, _ random: inout SplitMix64
    ) throws {
        guard let segment = model.segmentIDs.first(where: { _ in random.chance(40) }) else {
            return
        }
        let atHead = Question(segment: segment, sequence: stored.head)
        let members = try stored.members(of: segment, at: atHead.moment)
        answers[atHead] = .some(members)
        #expect(
            members?.count == model.members(segment: segment).count, "\(segment) at the head")
        guard let now = model.now else { return }
        for instant in instants(of: segment, model, now, &random).prefix(4) where instant < now {
            let question = Question(segment: segment, instant: instant)
            answers[question] = .some(try stored.members(of: segment, at: question.moment))
        }
    }

    func instants(
        of segment: String, _ model: Model, _ now: Int64, _ random: inout SplitMix64
    ) -> [Int64] {
        let moves = model.transitions.filter { $0.segment == segment }.map(\.at)
        var instants = [now, now - random.int64(in: 0...(40 * Instants.day))]
        for move in random.shuffled(moves).prefix(6) { instants += [move - 1, move, move + 1] }
        return random.shuffled(instants.filter { $0 <= now })
    }

    /// The members at an instant by the model's transitions, in order of first appearance.
    func expected(_ segment: String, at instant: Int64, _ model: Model) -> [String]? {
        let version = versions.last { $0.from.map { $0 <= instant } ?? true }
        guard let version, version.segments.contains(segment) else { return nil }
        var since: [String: Int64] = [:]
        for move in model.transitions where move.segment == segment && move.at <= instant {
            since[move.partner] = move.entered ? move.at : nil
        }
        return model.partnerIDs.compactMap { partner in
            since[partner].map { "\(partner) \($0)" }
        }
    }
}
