import Core

/// A parsed line whose fields have been found, whatever its envelope.
struct MappedLine {
    /// The fields, with ranges in `text`.
    var fields = LineFields()
    /// The unescaped texts and numbers of the fields.
    var text: [UInt8] = []
    /// The type, or what is wrong with it.
    var type: TypeOutcome = .fault(.missing("type", ""))
    /// A fault of the envelope itself, which counts after those of the common fields.
    var fault: Fault?
    /// What the event keeps although nothing looks at it.
    private var extras: [JSONMember] = []

    /// Maps a line in Muster's own form (SPEC 2).
    init(plain members: [JSONMember]) {
        for member in members {
            guard let field = Self.field(member.key), FieldMask.common.contains(FieldMask(field))
            else { continue }
            set(field, member.value)
        }
        type = plainType(fields[.type], text.span)
        guard case .known(let type) = type else { return }
        takeFields(of: type, from: members, reserved: nil)
        finishExtras()
    }

    /// An empty line, for the envelopes to fill in.
    init() {}

    private static func field(_ key: [UInt8]) -> Field? {
        Field.words.find(key.span, 0, key.count).flatMap(Field.init(rawValue:))
    }

    /// Notes a field's value.
    mutating func set(_ field: Field, _ node: JSONNode) {
        fields[field] = token(node)
        guard FieldMask(field).isSubset(of: [.attributes, .properties]),
            case .object(let members) = node.value
        else { return }
        setMembers(members)
    }

    /// Notes the members of `attributes` or `properties`.
    mutating func setMembers(_ members: [JSONMember]) {
        let sorted = members.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        fields.members = []
        for member in sorted {
            let key = append(member.key, .text)
            fields.members.append(MemberToken(key: key, value: token(member.value)))
        }
    }

    private mutating func token(_ node: JSONNode) -> Token {
        switch node.value {
        case .object: Token(kind: .object)
        case .array: Token(kind: .array)
        case .string(let bytes): append(bytes, .text)
        case .number(_, let bytes): append(bytes, .number)
        case .bool(let flag): Token(kind: flag ? .yes : .no)
        case .null: Token(kind: .null)
        }
    }

    private mutating func append(_ bytes: [UInt8], _ kind: TokenKind) -> Token {
        let start = text.count
        text.append(contentsOf: bytes)
        return Token(kind: kind, start: Int32(start), end: Int32(text.count))
    }

    /// Takes a type's fields out of an object; what it does not know becomes an extra.
    ///
    /// - Parameter reserved: The name under which the envelope keeps its own extras. Members whose
    ///   names mean something else in the plain form are given back for it; nil for the plain form.
    @discardableResult
    mutating func takeFields(
        of type: EventType, from members: [JSONMember], reserved: String?
    ) -> [JSONMember] {
        var clashing: [JSONMember] = []
        for member in members {
            let field = Self.field(member.key)
            if let field, FieldMask.common.contains(FieldMask(field)) {
                if reserved != nil { clashing.append(member) }
            } else if let field, type.fields.contains(FieldMask(field)) {
                set(field, member.value)
            } else if let reserved, member.key.elementsEqual(reserved.utf8) {
                clashing.append(member)
            } else {
                extras.append(member)
            }
        }
        return clashing
    }

    /// Keeps members of the envelope under its name.
    mutating func keep(_ members: [JSONMember], under name: String) {
        let given = members.filter { !$0.value.isNull }
        guard !given.isEmpty else { return }
        extras.append(
            JSONMember(
                key: Array(name.utf8), keyOffset: 0,
                value: JSONNode(offset: 0, value: .object(given))))
    }

    /// Writes the extras down canonically; null is as absent.
    mutating func finishExtras() {
        let given = extras.filter { !$0.value.isNull }
        if !given.isEmpty { fields.extras.append(canonicalJSON: .object(given)) }
    }
}
