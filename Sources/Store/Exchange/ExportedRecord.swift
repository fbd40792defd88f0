import Core
import Definitions
import Wire

/// Why a line of an export can't be taken in.
public struct ImportError: Error, Sendable, Equatable {
    /// What is wrong, and what would be right.
    public let message: String
    /// What to do where the lines are another thing than an export; nil where they are one.
    public let fix: String?

    init(_ message: String, fix: String? = nil) {
        self.message = message
        self.fix = fix
    }
}

/// A record from outside as a line of an export has it.
enum ExportedRecord {
    case program(ProgramRecord)
    case definitions([CanonicalChange])
    case clock(Instant, isHistory: Bool)
    /// An event as a line of input, the engine time at which it was applied, and its mark.
    case event([UInt8], at: Instant, isHistory: Bool)
    case timezone(ZoneRules)
    case restore(sends: UInt64)

    /// What a line may hold: more than any line that `export` makes of what `ingest` and `apply` take in.
    ///
    /// An event can be longer there than its line of input was, and a level deeper: numbers are written
    /// out, and what an envelope held stands under its name. A record of definitions is one line, however
    /// many there are, and has three levels of its own around each of them.
    static let limits = LineLimits(bytes: 1 << 28, depth: Node.depthMax + 4)

    /// Reads a line without its line feed.
    init(_ line: Span<UInt8>) throws(ImportError) {
        guard line.count <= Self.limits.bytes else {
            throw ImportError("the line has more than \(Self.limits.bytes) bytes")
        }
        let node: JSONNode
        do {
            node = try parseJSON(line, depthMax: Self.limits.depth)
        } catch {
            throw ImportError("the line is not JSON: \(error)")
        }
        if let other = OtherLines(node) { throw other.error }
        var fields = try ExportFields(node, of: "a line")
        let kind = try fields.text("record").description
        switch kind {
        case "program":
            self = .program(try Self.program(&fields))
        case "definitions":
            self = .definitions(
                try fields.list("changes").map { node throws(ImportError) in
                    try Self.change(node)
                })
        case "clock":
            self = .clock(
                try fields.instant("at"), isHistory: try fields.flag("history") ?? false)
        case "event":
            self = .event(
                canonicalJSON(try fields.node("event")), at: try fields.instant("at"),
                isHistory: try fields.flag("history") ?? false)
        case "timezone": self = .timezone(try Self.zone(&fields))
        case "restore":
            self = .restore(sends: UInt64(try fields.number("sends", in: 0...(1 << 62))))
        default:
            throw ImportError(
                "\"record\" is \"\(kind)\": it has to be program, definitions, clock, event, "
                    + "timezone or restore")
        }
        try fields.finish()
    }

    private static func program(
        _ fields: inout ExportFields
    ) throws(ImportError) -> ProgramRecord {
        let name = try fields.text("name")
        guard ProgramRecord.allowsName(name.description) else {
            throw ImportError("\"name\" has to have \(ProgramRecord.nameRule)")
        }
        let currency = try fields.text("currency")
        guard Currency.allows(currency.description) else {
            throw ImportError(
                "\"currency\" is \"\(currency)\": it has to be \(Currency.rule)")
        }
        let zone = try zone(&fields)
        guard ProgramRecord.allowsZoneName(zone.name) else {
            throw ImportError(
                "\"timezone\" is \"\(zone.name)\": it has to be \(ProgramRecord.zoneNameRule)")
        }
        return ProgramRecord(name: name, currency: currency, zone: zone)
    }

    private static func zone(_ fields: inout ExportFields) throws(ImportError) -> ZoneRules {
        let offsets: ClosedRange<Int64> = -604_800...604_800
        var changes: [ZoneRules.Change] = []
        for node in try fields.list("changes") {
            guard case .array(let pair) = node.value, pair.count == 2 else {
                throw ImportError("a change of a zone's offset is a pair of numbers")
            }
            let at = try ExportFields.number(
                pair[0], "a change's second", in: -(1 << 39)...(1 << 39))
            let offset = try ExportFields.number(pair[1], "a change's offset", in: offsets)
            guard at > changes.last?.at ?? .min else {
                throw ImportError("the changes of a zone's offset have to ascend")
            }
            changes.append(ZoneRules.Change(at: at, offset: Int32(offset)))
        }
        return ZoneRules(
            name: try fields.text("timezone").description,
            initialOffset: Int32(try fields.number("initial_offset", in: offsets)),
            changes: changes)
    }

    private static func change(_ node: JSONNode) throws(ImportError) -> CanonicalChange {
        var fields = try ExportFields(node, of: "a change")
        let word = try fields.text("kind").description
        guard let kind = DefinitionKind.allCases.first(where: { $0.word == word }) else {
            throw ImportError("\"kind\" is \"\(word)\", which is no kind of definition")
        }
        let definition = try fields.node("definition")
        let change = CanonicalChange(
            kind: kind, id: try fields.text("id"),
            version: UInt32(try fields.number("version", in: 1...Int64(UInt32.max))),
            canonical: definition.isNull ? nil : canonicalJSON(definition))
        try fields.finish()
        return change
    }
}

/// The members of an object, each asked for once.
private struct ExportFields {
    private var members: [JSONMember]
    private let title: String

    init(_ node: JSONNode, of title: String) throws(ImportError) {
        guard case .object(let members) = node.value else {
            throw ImportError("\(title) has to be an object, not \(node.value.kind)")
        }
        self.members = members
        self.title = title
    }

    private mutating func optional(_ key: String) -> JSONNode? {
        guard let index = members.firstIndex(where: { $0.key.elementsEqual(key.utf8) }) else {
            return nil
        }
        return members.remove(at: index).value
    }

    mutating func node(_ key: String) throws(ImportError) -> JSONNode {
        guard let node = optional(key) else { throw ImportError("\(title) lacks \"\(key)\"") }
        return node
    }

    mutating func text(_ key: String) throws(ImportError) -> Name {
        let node = try node(key)
        guard case .string(let text) = node.value else {
            throw ImportError("\"\(key)\" has to be a string, not \(node.value.kind)")
        }
        return Name(bytes: text)
    }

    mutating func instant(_ key: String) throws(ImportError) -> Instant {
        let text = try text(key)
        guard let instant = try? parseTimestamp(text.bytes.span) else {
            throw ImportError("\"\(key)\" is \"\(text)\": it has to be an instant")
        }
        return instant
    }

    mutating func flag(_ key: String) throws(ImportError) -> Bool? {
        guard let node = optional(key) else { return nil }
        guard case .bool(let flag) = node.value else {
            throw ImportError("\"\(key)\" has to be true or false, not \(node.value.kind)")
        }
        return flag
    }

    mutating func list(_ key: String) throws(ImportError) -> [JSONNode] {
        let node = try node(key)
        guard case .array(let list) = node.value else {
            throw ImportError("\"\(key)\" has to be an array, not \(node.value.kind)")
        }
        return list
    }

    mutating func number(
        _ key: String, in range: ClosedRange<Int64>
    ) throws(ImportError) -> Int64 {
        try Self.number(try node(key), "\"\(key)\"", in: range)
    }

    static func number(
        _ node: JSONNode, _ title: String, in range: ClosedRange<Int64>
    ) throws(ImportError) -> Int64 {
        guard case .number(_, let text) = node.value,
            let number = Int64(String(decoding: text, as: UTF8.self)), range.contains(number)
        else {
            throw ImportError(
                "\(title) has to be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func finish() throws(ImportError) {
        guard let member = members.first else { return }
        throw ImportError(
            "\(title) has a member \"\(String(decoding: member.key, as: UTF8.self))\", which is "
                + "none of an export's")
    }
}
