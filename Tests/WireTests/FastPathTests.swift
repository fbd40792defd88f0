import Core
import Testing
import Wire

/// Both ways to read a line agree.
///
/// Lines are generated from a seed, mostly sound and now and then damaged in one place. Every one must
/// give the same outcome — event, bytes, reject and message — whether or not the quick scanner is
/// tried first; and an event read this way must survive being written out and read again.
struct FastPathTests {
    @Test("quick and careful reading agree", arguments: UInt64(0)..<60)
    func agree(seed: UInt64) throws {
        var lines = LineGenerator(random: SplitMix64(seed: seed))
        for _ in 0..<400 {
            let bytes = lines.next()
            let quick = read(bytes)
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(quick == read(bytes, carefully: true), "seed \(seed): \(text)")
            guard case .event(let id, let partner, let time, let content) = quick else { continue }
            var again: [UInt8] = []
            try appendEventJSON(
                id: Array(id.utf8).span,
                partner: Array(partner.utf8).span,
                time: time,
                content: content.span,
                to: &again
            )
            #expect(again.last == 0x0a)
            #expect(read(Array(again.dropLast())) == quick, "seed \(seed): \(text)")
            var texts = TextTable()
            let event = try decodeEvent(content: content.span, time: time, texts: &texts)
            #expect(event.time == time)
        }
    }

    @Test("most generated lines are accepted")
    func generatorIsUseful() {
        var lines = LineGenerator(random: SplitMix64(seed: 1))
        var accepted = 0
        for _ in 0..<2000 where read(lines.next()).content != nil { accepted += 1 }
        #expect(accepted > 800)
        #expect(accepted < 1900)
    }
}

struct LineGenerator {
    var random: SplitMix64

    mutating func next() -> [UInt8] {
        var members: [(String, String)] = [
            ("id", random.oneIn(30) ? string() : "\"e\(random.below(100))\""),
            ("type", type), ("partner", random.oneIn(10) ? string() : "\"p\(random.below(100))\""),
            ("time", time()),
        ]
        for _ in 0..<random.below(4) { members.append(extra()) }
        if members.count > 4, random.oneIn(40) { members.append(members[4]) }
        members += required(members[1].1)
        if random.oneIn(20) { members.remove(at: random.below(members.count)) }
        if random.oneIn(3) { shuffle(&members) }
        let blank = random.oneIn(4) ? " " : ""
        let body = members.map { "\"\($0.0)\"\(blank):\(blank)\($0.1)" }
            .joined(separator: "\(blank),")
        var bytes = Array("\(blank){\(body)}\(blank)".utf8)
        if random.oneIn(10) { damage(&bytes) }
        return bytes
    }

    private var type: String {
        mutating get {
            if random.oneIn(40) { return random.pick(["\"tag.assignee\"", "1", "null", "\"\""]) }
            return "\""
                + random.pick([
                    "partner.updated", "relationship.changed", "contract.changed",
                    "partner.joined", "application.submitted", "action.recorded",
                    "action.reversed", "click.recorded", "tag.assigned", "tag.removed",
                    "group.joined", "group.left", "email.delivered", "email.opened",
                    "email.clicked", "email.bounced", "email.complained", "email.unsubscribed",
                    "email.resubscribed", "custom.recorded",
                ]) + "\""
        }
    }

    private mutating func required(_ type: String) -> [(String, String)] {
        switch type {
        case "\"partner.updated\"":
            [
                ("name", string()), ("email", random.oneIn(4) ? string() : "\"a@b.c\""),
                ("attributes", object()),
            ]
        case "\"relationship.changed\"": [("stage", random.pick(["\"new\"", "\"outreach\""]))]
        case "\"contract.changed\"":
            [("stage", random.pick(["\"joined\"", "\"archived\"", "\"new\""]))]
        case "\"application.submitted\"": [("template_term", string())]
        case "\"action.recorded\"": [("amount", number())]
        case "\"action.reversed\"": [("amount", number()), ("original_time", time())]
        case "\"tag.assigned\"", "\"tag.removed\"": [("tag", string())]
        case "\"group.joined\"", "\"group.left\"": [("group", string())]
        case "\"custom.recorded\"": [("name", string()), ("properties", object())]
        case "\"email.bounced\"": [("kind", random.pick(["\"hard\"", "\"soft\"", "null", "\"\""]))]
        default: []
        }
    }

    private mutating func extra() -> (String, String) {
        let key = random.pick([
            "contract", "template_term", "currency", "source", "send", "count", "x", "x2", "zz",
            "kind", "\\u0078", "stage", "properties",
        ])
        switch random.below(8) {
        case 0: return (key, "null")
        case 1: return (key, number())
        case 2: return (key, object())
        case 3: return (key, random.pick(["true", "false", "[]", "[1,{\"a\":null}]"]))
        case 4 where key == "currency": return (key, "\"USD\"")
        default: return (key, string())
        }
    }

    private mutating func string() -> String {
        var text = "\""
        for _ in 0..<(1 + random.below(random.oneIn(40) ? 300 : 14)) {
            let plain = random.pick(["a", "b", "C", "9", " ", "-", "_", "."])
            let odd = random.pick([
                "é", "€", "😀", "\u{85}", "\u{a0}", "\u{7f}", "\\n", "\\u0041", "\\ud83d\\ude00",
                "\\\"", "@",
            ])
            text += random.oneIn(30) ? odd : plain
        }
        return text + "\""
    }

    private mutating func number() -> String {
        random.pick([
            "0", "1", "49.99", "100", "1e2", "1.50", "0.000001", "0.0000001", "-1", "-0", "1e12",
            "123456789012345678901234567890", "1e400", "1e2000000", "\"12.5\"",
            "\(random.below(1_000_000)).\(random.below(100))", "01", "1.",
        ])
    }

    private mutating func object() -> String {
        let count = random.below(random.oneIn(20) ? 40 : 4)
        let members = (0..<count).map { index in
            let key = random.oneIn(60) ? "k" : "k\(random.below(2) == 0 ? index : 1000 - index)"
            let value =
                switch random.below(8) {
                case 0: "null"
                case 1: "true"
                case 2: "false"
                case 3: random.oneIn(10) ? "[]" : "7"
                case 4: number()
                default: string()
                }
            return "\"\(key)\":\(value)"
        }
        return "{\(members.joined(separator: ","))}"
    }

    private mutating func time() -> String {
        let time = random.pick([
            "2026-03-01T15:00:00Z", "2026-03-01T15:00:00.5Z", "2026-03-01T15:00:00.123456789+01:00",
            "2026-02-01t15:00:00-05:30", "2026-03-01T15:00:00z",
        ])
        if random.oneIn(40) {
            return random.pick([
                "null", "1", "\"2026-02-30T00:00:00Z\"", "\"2098-01-01T00:00:00Z\"",
            ])
        }
        return "\"\(time)\""
    }

    private mutating func shuffle(_ members: inout [(String, String)]) {
        for index in members.indices { members.swapAt(index, random.below(members.count)) }
    }

    private mutating func damage(_ bytes: inout [UInt8]) {
        let place = random.below(bytes.count)
        switch random.below(4) {
        case 0: bytes.remove(at: place)
        case 1: bytes[place] = UInt8(random.below(256))
        case 2: bytes.insert(UInt8(random.below(128)), at: place)
        default: bytes.removeLast(bytes.count - place)
        }
    }
}
