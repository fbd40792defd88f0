/// A random list of steps for a program: definitions first, then events, clock records and changes.
///
/// Instants are placed where boundaries matter: at local midnights and tops of the hour and a
/// microsecond to either side, in the nights of offset changes, exact days and exact rolling lengths
/// after earlier events, and several at the same instant.
public struct RandomHistory: Sendable {
    /// The steps in order.
    public let steps: [Step]

    /// - Parameters:
    ///   - seed: Chooses everything.
    ///   - program: Its definitions, zone, kinds and span are used.
    ///   - eventCount: About how many events there are.
    ///   - isAhead: Whether some events are from ahead of the clock, and do not move it.
    public init(
        seed: UInt64, program: RandomProgram, eventCount: Int = 60, isAhead: Bool = false
    ) {
        var maker = HistoryMaker(seed: seed, program: program)
        steps = maker.steps(eventCount: eventCount, isAhead: isAhead)
    }
}

private struct HistoryMaker {
    var random: SplitMix64
    var program: RandomProgram
    let kinds: Kinds
    let calendar: LocalCalendar
    let partners: [String]
    let start: Int64
    let end: Int64
    var clock: Int64
    var times: [Int64] = []
    var actions: [(partner: String, amount: String, time: Int64)] = []
    var lines: [String] = []
    var nextID = 1

    typealias Member = (key: String, value: JSONValue)

    init(seed: UInt64, program: RandomProgram) {
        random = SplitMix64(seed: seed &+ 0x0048_4953_544F_5259)
        self.program = program
        kinds = program.kinds
        calendar = LocalCalendar(timezone: program.timezone)
        partners = Array(random.shuffled(Pool.partners).prefix(random.int(in: 1...5)))
        start = calendar.firstInstant(of: program.firstDay)
        end = calendar.firstInstant(of: program.firstDay + program.dayCount)
        clock = start
    }

    mutating func steps(eventCount: Int, isAhead: Bool) -> [Step] {
        var steps: [Step] = [.apply(program.definitionsJSON, prune: false)]
        var isHistory = kinds.contains(.history) && random.chance(40)
        if random.chance(30) { steps.append(.advance(start)) }
        // Without addresses hardly anything is ever sent.
        for partner in partners where random.chance(75) {
            let fields: [Member] = [("email", .string("x0@example.com"))]
            let text = line("partner.updated", partner, at: start, fields)
            steps.append(.line(text, history: isHistory))
        }
        let pace = max(1, (end - start) / Int64(max(1, eventCount)))
        for _ in 0..<eventCount {
            if isHistory, random.chance(8) { isHistory = false }
            if !isHistory, kinds.contains(.history), random.chance(2) { isHistory = true }
            if isAhead, random.chance(20) {
                isHistory = false
                steps.append(.ahead(event(at: later(pace: pace * 3))))
                continue
            }
            switch random.int(in: 0...99) {
            case 0..<6:
                clock = later(pace: pace * 3)
                steps.append(.advance(clock))
            case 6..<10 where kinds.contains(.changes):
                steps.append(program.change(&random))
            case 10..<14 where kinds.contains(.duplicates) && !lines.isEmpty:
                steps.append(.line(random.pick(lines), history: isHistory))
            case 14..<28 where kinds.contains(.late) && !times.isEmpty:
                steps.append(.line(event(at: earlier()), history: isHistory))
            default:
                // Several events often share one instant.
                if !random.chance(25) { clock = later(pace: pace) }
                steps.append(.line(event(at: clock), history: isHistory))
            }
        }
        steps.append(.advance(max(clock, end) + random.pick([0, 1, 26, 80]) * Instants.hour))
        return steps
    }

    // MARK: - Instants

    /// An instant not before the clock.
    private mutating func later(pace: Int64) -> Int64 {
        let candidate = interesting(near: clock + random.int64(in: 0...(2 * pace)))
        return max(clock, min(candidate, end + Instants.day))
    }

    /// An instant not after the clock, so that an event there is late or just in time.
    private mutating func earlier() -> Int64 {
        let span = random.pick([Instants.hour, Instants.day, 3 * Instants.day, 40 * Instants.day])
        let candidate = interesting(near: clock - random.int64(in: 0...span))
        return max(0, min(clock, candidate))
    }

    private mutating func interesting(near instant: Int64) -> Int64 {
        switch random.int(in: 0...9) {
        case 0, 1: return jittered(calendar.midnight(after: instant))
        case 2: return jittered(calendar.topOfHour(after: instant))
        case 3: return jittered(nearChange(instant))
        case 4 where !times.isEmpty:
            let length = random.pick(Pool.lengths)
            let unit =
                switch length.unit {
                case "days": Instants.day
                case "hours": Instants.hour
                default: Instants.minute
                }
            return jittered(random.pick(times) + Int64(length.count) * unit)
        case 5 where !times.isEmpty:
            // The same time of day some days later, by the local calendar.
            let old = random.pick(times)
            let oldDate = calendar.date(of: old)
            let newDate = oldDate + random.pick(Pool.days)
            return calendar.firstInstant(of: newDate) + old - calendar.firstInstant(of: oldDate)
        case 6 where !times.isEmpty: return random.pick(times)
        case 7: return instant / Instants.second * Instants.second
        default: return instant
        }
    }

    private mutating func jittered(_ instant: Int64) -> Int64 {
        instant + random.pick([0, 0, 0, -1, 1, -Instants.second, Instants.second])
    }

    private mutating func nearChange(_ instant: Int64) -> Int64 {
        let near = calendar.periods.dropFirst().map(\.start)
            .filter { abs($0 - instant) < 10 * Instants.day }
        guard !near.isEmpty else { return instant }
        return random.pick(near) + random.pick([-1, 0, 1, 2]) * Instants.hour
    }

    // MARK: - Events

    private mutating func event(at instant: Int64) -> String {
        let partner = random.pick(partners)
        let (type, fields) = content(partner, instant)
        return line(type, partner, at: instant, fields)
    }

    private mutating func line(
        _ type: String,
        _ partner: String,
        at time: Int64,
        _ fields: [Member]
    ) -> String {
        times.append(time)
        let offset = random.pick([0, 0, 0, 0, 60, -300, 345, 780])
        let members: [Member] = [
            ("id", .string("e\(nextID)")), ("type", .string(type)), ("partner", .string(partner)),
            ("time", .string(Instants.text(time, offsetMinutes: offset))),
        ]
        nextID += 1
        let line = JSONValue.object(members + fields).written
        lines.append(line)
        return line
    }

    private mutating func content(_ partner: String, _ time: Int64) -> (String, [Member]) {
        var types = [
            "partner.updated", "partner.updated", "relationship.changed", "relationship.changed",
            "partner.joined",
        ]
        if kinds.contains(.contracts) {
            types += ["contract.changed", "application.submitted", "application.submitted"]
        }
        if kinds.contains(.money) {
            types += ["action.recorded", "action.recorded", "action.recorded"]
        }
        if kinds.contains(.money), kinds.contains(.reversals) { types.append("action.reversed") }
        if kinds.contains(.clicks) { types.append("click.recorded") }
        if kinds.contains(.tags) { types += ["tag.assigned", "tag.assigned", "tag.removed"] }
        if kinds.contains(.groups) { types += ["group.joined", "group.left"] }
        if kinds.contains(.email) { types += ["email.delivered", "email.opened", "email.clicked"] }
        if kinds.contains(.suppression) {
            types += [
                "email.bounced", "email.complained", "email.unsubscribed", "email.resubscribed",
            ]
        }
        if kinds.contains(.custom) { types += ["custom.recorded", "custom.recorded"] }
        let type = random.pick(types)
        return (type, fields(of: type, partner, time))
    }

    private mutating func fields(of type: String, _ partner: String, _ time: Int64) -> [Member] {
        func text(_ key: String, _ value: String) -> Member { (key, .string(value)) }
        var result: [Member] = []
        switch type {
        case "partner.updated":
            if random.chance(70) {
                result.append(
                    random.chance(12)
                        ? ("email", .null)
                        : text("email", "x\(random.int(in: 1...3))@example.com")
                )
            }
            guard kinds.contains(.attributes) else { return result }
            if random.chance(50) {
                result.append(
                    random.chance(10) ? ("name", .null) : text("name", random.pick(Pool.names))
                )
            }
            if random.chance(60) {
                result.append(("attributes", values(Pool.attributeNames, time)))
            }
        case "relationship.changed":
            result.append(text("stage", random.pick(Pool.stages)))
        case "contract.changed":
            let stages =
                ["joined", "awaiting_advertiser_approval", "expired"] + Pool.contractStages
            result.append(text("stage", random.pick(stages)))
            result += contract(termChance: 40)
        case "partner.joined":
            result += contract(termChance: 40)
        case "application.submitted":
            result += contract(termChance: 100)
        case "action.recorded":
            let amount = random.pick(Pool.amounts)
            actions.append((partner, amount, time))
            result.append(self.amount(amount))
            if random.chance(20) { result.append(text("currency", program.currency)) }
        case "action.reversed":
            let known = actions.filter { $0.partner == partner && $0.time <= time }
            if known.isEmpty {
                result.append(amount(random.pick(Pool.amounts)))
            } else {
                let action = random.pick(known)
                result.append(amount(action.amount))
                if random.chance(80) {
                    result.append(text("original_time", Instants.text(action.time)))
                }
            }
        case "click.recorded":
            if random.chance(50) {
                result.append(("count", .number(String(random.int(in: 1...3)))))
            }
        case "tag.assigned", "tag.removed":
            result.append(text("tag", random.pick(Pool.tags)))
            if random.chance(30) { result.append(text("source", random.pick(["manual", "bulk"]))) }
        case "group.joined", "group.left":
            result.append(text("group", random.pick(Pool.groups)))
        case "custom.recorded":
            result.append(text("name", random.pick(Pool.customNames)))
            if random.chance(75) {
                result.append(("properties", values(Pool.propertyNames, time)))
            }
        default:
            if random.chance(40) { result.append(text("source", random.pick(["w1", "w2", "a1"]))) }
            if random.chance(40) { result.append(text("send", random.pick(["s1", "s2"]))) }
            if type == "email.bounced", random.chance(60) {
                result.append(text("kind", random.pick(["hard", "soft"])))
            }
        }
        return result
    }

    private mutating func contract(termChance: Int) -> [Member] {
        var result: [Member] = []
        if random.chance(50) { result.append(("contract", .string(random.pick(Pool.contracts)))) }
        if random.chance(termChance) {
            result.append(("template_term", .string(random.pick(Pool.terms))))
        }
        return result
    }

    private mutating func amount(_ text: String) -> Member {
        ("amount", random.chance(50) ? .number(text) : .string(text))
    }

    /// A flat object; strings are sometimes dates near the clock, and nulls remove.
    private mutating func values(_ names: [String], _ time: Int64) -> JSONValue {
        var members: [Member] = []
        for name in random.some(of: names, most: 2) {
            let value: JSONValue =
                switch random.int(in: 0...8) {
                case 0: .null
                case 1, 2: .number(random.pick(Pool.amounts))
                case 3: .bool(random.chance(50))
                case 4, 5: .string(random.pick(Pool.attributeTexts))
                case 6, 7: .string(Civil.text(calendar.date(of: time) + random.int(in: -9...9)))
                default:
                    .string(Instants.text(time + Int64(random.int(in: -50...50)) * Instants.hour))
                }
            members.append((name, value))
        }
        return .object(members)
    }
}
