/// A program with random definitions, the same for the same seed and kinds.
public struct RandomProgram: Sendable {
    /// The program's name.
    public let name: String
    /// A time zone with something to it.
    public let timezone: String
    /// The currency.
    public let currency = "USD"
    /// What the definitions and the history may contain.
    public let kinds: Kinds
    /// The first local day of the history, near an offset change where the zone has any.
    public let firstDay: Int
    /// How many days the history has.
    public let dayCount: Int
    /// The definitions at the start, as JSON text.
    public var definitionsJSON: String { file.written }

    private(set) var file: JSONValue
    private var random: SplitMix64
    private let segmentIDs: [String]
    private let workflowIDs: [String]
    private let automationIDs: [String]
    private let templateIDs: [String]

    /// - Parameters:
    ///   - seed: Chooses everything.
    ///   - kinds: What may occur; chosen by the seed where left out.
    ///   - segmentCountMax: At most so many segments.
    public init(seed: UInt64, kinds: Kinds? = nil, segmentCountMax: Int = 12) {
        var random = SplitMix64(seed: seed)
        let kinds = kinds ?? Kinds.random(seed: seed)
        self.kinds = kinds
        name = "program-\(seed)"
        timezone = random.pick(Pool.zones)
        dayCount = random.pick([1, 2, 3, 7, 20, 40, 70])
        firstDay = RandomProgram.anchor(timezone, &random) - random.int(in: 0...dayCount)

        // A segment names only those before it in this list, whatever its id, now and after changes.
        let ids = ["s1", "s10", "s2", "a-seg", "Z", "m", "seg_é", "b", "y", "s3", "0", "k"]
        segmentIDs = Array(
            random.shuffled(ids).prefix(random.int(in: 1...min(ids.count, segmentCountMax)))
        )
        workflowIDs =
            kinds.contains(.workflows)
            ? Array(["w2", "w1", "W3", "w10"].prefix(random.int(in: 1...4))) : []
        automationIDs =
            kinds.contains(.automations)
            ? Array(["a5", "a1", "A3", "a10", "b4", "a2"].prefix(random.int(in: 1...6))) : []
        templateIDs = ["t1", "t2"]
        self.random = random
        file = .null
        file = .object([
            ("program", program()),
            ("templates", .array(templateIDs.map { template($0, text: "Hello") })),
            ("segments", .array(segmentIDs.map { segment($0) })),
            ("workflows", .array(workflowIDs.map { workflow($0, segments: segmentIDs) })),
            ("automations", .array(automationIDs.map { automation($0, segments: segmentIDs) })),
        ])
    }

    /// Changes some definitions and, with `pruning`, leaves some out for good.
    ///
    /// - Returns: The step; what follows builds on the changed definitions.
    public mutating func change(_ choice: inout SplitMix64) -> Step {
        random = choice.split()
        let prune = kinds.contains(.pruning) && random.chance(30)
        var lists: [(key: String, value: JSONValue)] = [("program", program())]
        var segments = file["segments"]?.array ?? []
        // Only what nobody names is retired, and only once it cannot be named again by accident.
        if prune, segments.count > 1, random.chance(60) {
            let others = (file["workflows"]?.array ?? []) + (file["automations"]?.array ?? [])
            let texts = (segments + others).map(\.canonical)
            let free = segments.filter { segment in
                let id = JSONValue.string(segment["id"]?.text ?? "").written
                return texts.filter { $0.contains(id) }.count == 1
            }
            if !free.isEmpty {
                let gone = random.pick(free)["id"]?.text ?? ""
                segments.removeAll { $0["id"]?.text == gone }
            }
        }
        let live = segments.compactMap { $0["id"]?.text }
        segments = segments.map { old in
            random.chance(25) ? segment(old["id"]?.text ?? "", live: live) : old
        }
        lists.append(
            (
                "templates",
                .array(
                    (file["templates"]?.array ?? []).map { old in
                        guard random.chance(30) else { return old }
                        return template(
                            old["id"]?.text ?? "",
                            text: "Hello \(random.int(in: 0...9))"
                        )
                    }
                )
            )
        )
        lists.append(("segments", .array(segments)))
        for (key, ids) in [("workflows", workflowIDs), ("automations", automationIDs)] {
            let known = file[key]?.array ?? []
            var list: [JSONValue] = []
            for id in ids {
                let old = known.first { $0["id"]?.text == id }
                if prune, random.chance(20) { continue }
                if let old, !random.chance(25) {
                    list.append(old)
                } else {
                    list.append(
                        key == "workflows"
                            ? workflow(id, segments: live) : automation(id, segments: live)
                    )
                }
            }
            lists.append((key, .array(list)))
        }
        file = .object(lists)
        return .apply(file.written, prune: prune)
    }

    /// A day near which something happens to the local clock or the calendar.
    private static func anchor(_ timezone: String, _ random: inout SplitMix64) -> Int {
        let first = Civil.number(year: 2008, month: 1, day: 1)
        let last = Civil.number(year: 2025, month: 6, day: 1)
        let changes = LocalCalendar(timezone: timezone).periods.dropFirst()
            .map { Int(floorDivided($0.start, by: Instants.day)) }
            .filter { first <= $0 && $0 <= last }
        if !changes.isEmpty, random.chance(70) { return random.pick(changes) + 1 }
        if random.chance(40) { return Civil.number(year: 2024, month: 3, day: 1) }
        return random.int(in: first...last)
    }

    // MARK: - Definitions

    private func program() -> JSONValue {
        .object([
            ("name", .string(name)), ("timezone", .string(timezone)),
            ("currency", .string(currency)),
        ])
    }

    private func template(_ id: String, text: String) -> JSONValue {
        .object([
            ("id", .string(id)), ("subject", .string("News")), ("text", .string(text)),
        ])
    }

    private mutating func segment(_ id: String, live: [String]? = nil) -> JSONValue {
        let rank = segmentIDs.firstIndex(of: id) ?? 0
        let lower = segmentIDs[..<rank].filter { live?.contains($0) ?? true }
        var maker = RandomCondition(
            random: random.split(),
            kinds: kinds,
            dates: (firstDay - 3)...(firstDay + dayCount + 3),
            references: Array(lower),
            sources: workflowIDs + automationIDs
        )
        return .object([("id", .string(id)), ("match", maker.condition())])
    }

    private mutating func workflow(_ id: String, segments: [String]) -> JSONValue {
        let actions = actions()
        var members: [(key: String, value: JSONValue)] = [
            ("id", .string(id)), ("segment", .string(random.pick(segments))),
            ("do", .array(actions)),
        ]
        state(&members)
        if random.chance(30) {
            members.append(("repeat", .string(random.pick(["never", "on_reentry"]))))
        }
        if kinds.contains(.caps), random.chance(25) {
            members.append(("cap", .number(String(random.int(in: 1...3)))))
        }
        return .object(members)
    }

    private mutating func automation(_ id: String, segments: [String]) -> JSONValue {
        let trigger: (key: String, value: JSONValue)
        if kinds.contains(.tags), random.chance(45) {
            trigger = ("tag_assigned", .string(random.pick(Pool.tags)))
        } else {
            trigger = (
                random.pick(["segment_entered", "segment_entered", "segment_left"]),
                .string(random.pick(segments))
            )
        }
        var members: [(key: String, value: JSONValue)] = [
            ("id", .string(id)), ("on", .object([trigger])), ("do", .array(actions())),
        ]
        state(&members)
        if random.chance(40) {
            let length = random.pick(Pool.lengths)
            members.append(
                ("max_age", .object([(length.unit, .number(String(length.count)))]))
            )
        }
        return .object(members)
    }

    private mutating func state(_ members: inout [(key: String, value: JSONValue)]) {
        let state = random.pick([
            "active", "active", "active", "active", "active", "paused", "draft", "",
        ])
        if !state.isEmpty { members.append(("state", .string(state))) }
    }

    /// One to three actions; at most one adds a tag, so that chains grow no faster than they must.
    private mutating func actions() -> [JSONValue] {
        func one(_ key: String, _ value: JSONValue) -> JSONValue { .object([(key, value)]) }
        var keys = ["send_email", "send_email"]
        if kinds.contains(.derived) {
            if kinds.contains(.tags) { keys += ["add_tag", "remove_tag"] }
            if kinds.contains(.contracts) { keys.append("accept_application") }
        }
        var chosen = random.some(of: keys, most: 3)
        if !kinds.contains(.derived) { chosen = Array(chosen.prefix(2)) }
        return chosen.map { key in
            switch key {
            case "send_email": return one(key, .string(random.pick(templateIDs)))
            case "accept_application":
                guard random.chance(50) else { return .string(key) }
                let terms = random.some(of: Pool.terms, most: 2).map(JSONValue.string)
                return one(key, one("template_term", one("any_of", .array(terms))))
            default: return one(key, .string(random.pick(Pool.tags)))
            }
        }
    }
}
