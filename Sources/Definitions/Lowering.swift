import Core
import Wire

/// Reads one file's tree, such as its definitions, collecting every fault on the way.
///
/// Each function takes an item and returns its meaning, or nil after it has recorded an error; so a
/// fault in one place hides nothing elsewhere. What each scalar turned out to be is remembered, and
/// with that the canonical JSON is the tree itself with its keys sorted.
package struct Lowering {
    /// A node and the way to it.
    package struct Item {
        package var node: Node
        package var path: String

        /// Makes an item.
        package init(node: Node, path: String) {
            self.node = node
            self.path = path
        }

        /// The item under a key of this one.
        package func under(_ key: String, _ node: Node) -> Item {
            Item(node: node, path: path.isEmpty ? key : "\(path).\(key)")
        }

        /// The items of a list.
        package func elements(_ nodes: [Node]) -> [Item] {
            nodes.enumerated().map { Item(node: $1, path: "\(path)[\($0)]") }
        }
    }

    /// A mapping whose keys are all known.
    package struct Fields {
        package var item: Item
        package var entries: [Node.Entry]

        /// The value of a key; nil where it is absent or null.
        package subscript(key: String) -> Item? {
            given(key).flatMap { $0.node.isNull ? nil : $0 }
        }

        /// The value of a key, null included; nil where it is absent.
        package func given(_ key: String) -> Item? {
            entries.first { $0.key == key }.map { item.under(key, $0.value) }
        }

        /// Those of some keys that are given, in the order of the file.
        func given(among keys: [String]) -> [(key: String, value: Item)] {
            entries.filter { keys.contains($0.key) }.map { ($0.key, item.under($0.key, $0.value)) }
        }
    }

    /// A definition that another one names.
    struct Reference {
        var kind: DefinitionKind
        var id: Name
        var item: Item
    }

    let file: String
    package private(set) var errors: [DefinitionError] = []
    var references: [Reference] = []
    /// What scalars turned out to be, by the node's number; the other ones are left out.
    private var meanings: [Int: JSONValue] = [:]

    /// Makes a reader of one file, of which it knows the name alone.
    package init(file: String) {
        self.file = file
    }

    // MARK: Errors

    package mutating func fail(_ item: Item, _ message: String, fix: String) {
        fail(line: item.node.line, column: item.node.column, path: item.path, message, fix: fix)
    }

    package mutating func fail(
        line: Int, column: Int, path: String, _ message: String, fix: String
    ) {
        errors.append(
            DefinitionError(
                file: file, line: line, column: column, path: path, message: message, fix: fix))
    }

    // MARK: Mappings and lists

    /// A mapping with no other keys than these.
    package mutating func fields(
        _ item: Item, known: [String], what: String, fix: String
    ) -> Fields? {
        guard case .map(let entries) = item.node.content else {
            fail(item, "\(what) must be a mapping, but here is \(item.node.kind)", fix: fix)
            return nil
        }
        var isSound = true
        for entry in entries where !known.contains(entry.key) {
            unknown(entry, in: item, known: known, what: what)
            isSound = false
        }
        let sound = entries.filter { known.contains($0.key) }
        return isSound || !sound.isEmpty ? Fields(item: item, entries: sound) : nil
    }

    /// Records an unknown key.
    mutating func unknown(_ entry: Node.Entry, in item: Item, known: [String], what: String) {
        let path = item.path.isEmpty ? entry.key : "\(item.path).\(entry.key)"
        let fix: String
        if entry.key == "<<" {
            fix = "write the keys out: merge keys are not supported"
        } else if let word = nearest(to: entry.key, among: known) {
            fix = "did you mean \(word)?"
        } else {
            fix = "use \(listed(known))"
        }
        fail(
            line: entry.line, column: entry.column, path: path,
            "unknown key \(quoted(entry.key)) in \(what)", fix: fix)
    }

    /// The one key of a mapping that may have only one of these.
    mutating func single(
        _ item: Item, known: [String], what: String, fix: String
    ) -> (key: String, value: Item)? {
        let before = errors.count
        guard let fields = fields(item, known: known, what: what, fix: fix) else { return nil }
        guard errors.count == before else { return nil }
        return exactlyOne(of: known, in: fields, what: what, fix: fix)
    }

    /// The one of some keys that a mapping has; the noun says what they are where it has others too.
    mutating func exactlyOne(
        of keys: [String], in fields: Fields, what: String, noun: String = "key", fix: String
    ) -> (key: String, value: Item)? {
        let given = fields.given(among: keys)
        if given.count == 1 { return given[0] }
        if given.isEmpty {
            // An unknown key, of which there is an error already, was meant to be it.
            guard errorFree(fields.item, fields) else { return nil }
            fail(fields.item, "\(what) needs one of \(listed(keys))", fix: fix)
        } else {
            let words = listed(given.map(\.key), "and")
            fail(given[1].value, "\(what) takes one \(noun), but here are \(words)", fix: fix)
        }
        return nil
    }

    /// A key that must be there.
    package mutating func required(
        _ key: String, in fields: Fields, what: String, fix: String
    ) -> Item? {
        if let item = fields[key] { return item }
        if case .map(let entries) = fields.item.node.content,
            entries.contains(where: { entry in
                !fields.entries.contains { $0.key == entry.key }
                    && nearest(to: entry.key, among: [key]) != nil
            })
        {
            return nil
        }
        fail(fields.given(key) ?? fields.item, "\(what) needs \(key)", fix: fix)
        return nil
    }

    /// A list that is not empty.
    package mutating func list(
        _ item: Item, what: String, mayBeEmpty: Bool = false, fix: String
    ) -> [Item]? {
        guard case .list(let nodes) = item.node.content else {
            fail(item, "\(what) must be a list, but here is \(item.node.kind)", fix: fix)
            return nil
        }
        guard mayBeEmpty || !nodes.isEmpty else {
            fail(item, "\(what) is empty", fix: fix)
            return nil
        }
        return item.elements(nodes)
    }

    // MARK: Scalars

    /// Any text; an unquoted YAML scalar is taken as it was written.
    package mutating func text(_ item: Item, what: String) -> String? {
        switch item.node.content {
        case .plain(let text), .text(let text):
            meanings[item.node.number] = .string(Array(text.utf8))
            return text
        case .number(let text):
            fail(
                item, "\(what) must be a text, but here is the number \(text.prefix(40))",
                fix: "put it in quotes: \"\(text.prefix(40))\"")
        case .flag(let flag):
            fail(
                item, "\(what) must be a text, but here is \(flag)",
                fix: "put it in quotes: \"\(flag)\"")
        case .null:
            fail(item, "\(what) has no value", fix: "write a text; the text null needs quotes")
        case .list, .map:
            fail(item, "\(what) must be a text, but here is \(item.node.kind)", fix: "write a text")
        }
        return nil
    }

    /// A text of at least one character, without control characters.
    package mutating func line(_ item: Item, what: String) -> String? {
        guard let text = text(item, what: what) else { return nil }
        guard !text.isEmpty else {
            fail(item, "\(what) is empty", fix: "write at least one character")
            return nil
        }
        if let control = text.unicodeScalars.first(where: isControl) {
            fail(
                item, "\(what) contains the control character \(codePoint(control.value))",
                fix: "leave it out, line breaks and tabs included")
            return nil
        }
        return text
    }

    /// A name or id of a definition: 1 to 50 characters (Unicode scalars).
    mutating func label(_ item: Item, what: String) -> String? {
        guard let text = line(item, what: what) else { return nil }
        let count = text.unicodeScalars.count
        guard count <= 50 else {
            fail(
                item, "\(what) has \(count) characters, at most 50 are allowed",
                fix: "shorten it; a description may be longer")
            return nil
        }
        return text
    }

    /// An id or name that events carry: 1 to 255 bytes.
    package mutating func name(_ item: Item, what: String) -> Name? {
        guard let text = line(item, what: what) else { return nil }
        guard text.utf8.count <= 255 else {
            fail(
                item, "\(what) has \(text.utf8.count) bytes, at most 255 are allowed",
                fix: "use the id that events carry")
            return nil
        }
        return Name(text)
    }

    /// A text to look for, at least one character.
    mutating func pattern(_ item: Item, what: String) -> Name? {
        guard let text = text(item, what: what) else { return nil }
        guard !text.isEmpty else {
            fail(item, "\(what) is empty", fix: "write at least one character")
            return nil
        }
        return Name(text)
    }

    /// One of a few words.
    package mutating func word(_ item: Item, among words: [String], what: String) -> String? {
        guard let text = text(item, what: what) else { return nil }
        guard words.contains(text) else {
            let near = nearest(to: text, among: words)
            fail(
                item, "unknown \(what) \(quoted(text))",
                fix: near.map { "did you mean \($0)?" } ?? "use \(listed(words))")
            return nil
        }
        return text
    }

    /// An exact number in JSON's grammar.
    mutating func number(_ item: Item, what: String) -> Decimal? {
        switch item.node.content {
        case .number(let text):
            if let decimal = parseDecimal(Array(text.utf8).span) { return remember(decimal, item) }
            fail(item, "\(what) is out of range", fix: "use a smaller exponent")
        case .plain(let text):
            if let decimal = parseDecimal(Array(text.utf8).span) { return remember(decimal, item) }
            fail(
                item, "\(what) must be a number, but here is \(quoted(text))",
                fix: "write digits, such as 1000 or 0.5: no separators, no leading zeros or +")
        case .text(let text):
            let bare = parseDecimal(Array(text.utf8).span) != nil
            fail(
                item, "\(what) must be a number, but here is the text \(quoted(text))",
                fix: bare ? "write \(text) without quotes" : "write digits, such as 1000 or 0.5")
        case .null: fail(item, "\(what) has no value", fix: "write a number")
        case .flag, .list, .map:
            fail(
                item, "\(what) must be a number, but here is \(item.node.kind)",
                fix: "write a number")
        }
        return nil
    }

    private mutating func remember(_ decimal: Decimal, _ item: Item) -> Decimal {
        meanings[item.node.number] = .number(decimal, text: [])
        return decimal
    }

    /// A whole number in a range.
    package mutating func wholeNumber(_ item: Item, in range: ClosedRange<Int>, what: String)
        -> Int?
    {
        guard let decimal = number(item, what: what) else { return nil }
        guard let millionths = decimal.millionths(limit: .max / 100), millionths % 1_000_000 == 0,
            case let whole = millionths / 1_000_000, whole >= range.lowerBound,
            whole <= range.upperBound
        else {
            fail(
                item,
                "\(what) must be a whole number from \(range.lowerBound) to \(range.upperBound), "
                    + "but here is \(item.node.kind)",
                fix: "write a whole number in that range")
            return nil
        }
        return Int(whole)
    }

    /// `true` or `false`; in messages only what may stand there.
    package mutating func flag(
        _ item: Item, what: String, mayBe words: String = "true or false",
        fix: String = "write true or false, without quotes"
    ) -> Bool? {
        let flag: Bool
        switch item.node.content {
        case .flag(let value): flag = value
        case .plain("true"): flag = true
        case .plain("false"): flag = false
        default:
            fail(
                item, "\(what) must be \(words), but here is \(item.node.kind)", fix: fix)
            return nil
        }
        meanings[item.node.number] = .bool(flag)
        return flag
    }

    /// A text, number or flag: unquoted numbers, `true` and `false` of YAML are no texts here, and
    /// what only some readers of YAML take for one of them is refused.
    mutating func value(_ item: Item, what: String) -> ConstantValue? {
        switch item.node.content {
        case .flag, .plain("true"), .plain("false"):
            return flag(item, what: what).map { .flag($0) }
        case .number: return number(item, what: what).map { .number($0) }
        case .plain(let text):
            if parseDecimal(Array(text.utf8).span) != nil {
                return number(item, what: what).map { .number($0) }
            }
            if ["True", "TRUE", "False", "FALSE", "Null", "NULL"].contains(text) {
                fail(
                    item, "\(what) is \(text), which can mean a text or not",
                    fix: "write \(text.lowercased()), or \"\(text)\" in quotes for the text")
                return nil
            }
            if isNumberInYAML(text) {
                fail(
                    item, "\(what) is \(text.prefix(40)), which can mean a text or a number",
                    fix: "write it in quotes for the text, or for the number in digits, such as "
                        + "1000 or 0.5")
                return nil
            }
            return self.text(item, what: what).map { .text(Name($0)) }
        case .text: return text(item, what: what).map { .text(Name($0)) }
        case .null:
            fail(
                item, "\(what) is null, and nothing equals null",
                fix: "write exists: false; the text null needs quotes")
            return nil
        case .list, .map:
            fail(
                item, "\(what) must be a text, number or flag, but here is \(item.node.kind)",
                fix: "write one value; any_of takes a list")
            return nil
        }
    }

    /// A calendar date.
    mutating func day(_ item: Item, what: String) -> Day? {
        guard let text = text(item, what: what) else { return nil }
        if let day = parseDay(text) { return day }
        let fix =
            parseDay(String(text.prefix(10))).map { _ in
                "write the date alone: \(text.prefix(10))"
            } ?? "write year, month and day of a date that exists, such as 2026-03-01"
        fail(item, "\(what) must be a date, but here is \(quoted(text))", fix: fix)
        return nil
    }

    // MARK: Canonical JSON

    /// Notes that a node means `true`, whatever was written.
    mutating func meansTrue(_ item: Item) {
        meanings[item.node.number] = .bool(true)
    }

    /// The canonical JSON of a node that was read without errors.
    func canonicalBytes(_ node: Node) -> [UInt8] {
        canonicalJSON(JSONNode(offset: 0, value: canonical(node) ?? .null))
    }

    /// Nothing where the node says nothing: `description: null` is as if it were absent.
    private func canonical(_ node: Node) -> JSONValue? {
        switch node.content {
        case .list(let nodes):
            .array(nodes.compactMap { canonical($0).map { JSONNode(offset: 0, value: $0) } })
        case .map(let entries):
            .object(
                entries.compactMap { entry in
                    canonical(entry.value).map {
                        JSONMember(
                            key: Array(entry.key.utf8), keyOffset: 0,
                            value: JSONNode(offset: 0, value: $0))
                    }
                })
        default: meanings[node.number]
        }
    }
}

/// The day of `YYYY-MM-DD`, from year 1.
func parseDay(_ text: String) -> Day? {
    let bytes = Array(text.utf8)
    guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-") else {
        return nil
    }
    func digits(_ range: Range<Int>) -> Int? {
        var value = 0
        for byte in bytes[range] {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return value
    }
    guard let year = digits(0..<4), let month = digits(5..<7), let day = digits(8..<10), year > 0
    else { return nil }
    return Day(year: year, month: month, day: day)
}
