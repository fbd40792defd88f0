/// The quick way to read a line: one pass over the bytes of a flat object without escapes.
///
/// It understands what nearly every line looks like and gives up on everything else — escapes,
/// repeated fields, nesting beyond `attributes` and `properties`, any fault — which then goes through the parser. So it may
/// never accept what the parser would refuse, nor read anything differently.
struct LineScanner {
    private let words: WordTable
    private static let membersMax = 32

    init() {
        words = Field.words
    }

    /// Reads a line that begins at its `{`.
    ///
    /// - Returns: false where it gives up; `fields` is unusable then.
    func scan(_ bytes: Span<UInt8>, from start: Int, into fields: inout LineFields) -> Bool {
        var offset = start + 1
        var extras: [MemberToken] = []
        while true {
            skipBlanks(bytes, &offset)
            guard let key = string(bytes, &offset), colon(bytes, &offset) else { return false }
            if let number = words.find(bytes, Int(key.start), Int(key.end)),
                let field = Field(rawValue: number)
            {
                guard !fields.given.contains(FieldMask(field)),
                    let token = value(bytes, &offset, field, &fields)
                else { return false }
                fields[field] = token
            } else {
                guard let token = scalar(bytes, &offset),
                    insert(MemberToken(key: key, value: token), into: &extras, bytes)
                else { return false }
            }
            skipBlanks(bytes, &offset)
            guard offset < bytes.count else { return false }
            let next = bytes[offset]
            offset += 1
            if next == UInt8(ascii: ",") { continue }
            guard next == UInt8(ascii: "}") else { return false }
            skipBlanks(bytes, &offset)
            guard offset == bytes.count else { return false }
            if !extras.isEmpty { write(extras, bytes, to: &fields.extras) }
            return true
        }
    }

    /// Writes fields that mean nothing here as one canonical object, unless all of them are null.
    private func write(
        _ extras: [MemberToken],
        _ bytes: Span<UInt8>,
        to buffer: inout [UInt8]
    ) {
        for extra in extras where extra.value.kind != .null {
            buffer.append(buffer.isEmpty ? UInt8(ascii: "{") : UInt8(ascii: ","))
            buffer.append(jsonString: bytes.extracting(extra.key.range))
            buffer.append(UInt8(ascii: ":"))
            let text = bytes.extracting(extra.value.range)
            switch extra.value.kind {
            case .text: buffer.append(jsonString: text)
            case .yes: buffer.append(ascii: "true")
            case .no: buffer.append(ascii: "false")
            default: buffer.append(canonicalNumber: text)
            }
        }
        if !buffer.isEmpty { buffer.append(UInt8(ascii: "}")) }
    }

    @inline(__always)
    private func skipBlanks(_ bytes: Span<UInt8>, _ offset: inout Int) {
        while offset < bytes.count, isJSONBlank(bytes[offset]) { offset += 1 }
    }

    @inline(__always)
    private func colon(_ bytes: Span<UInt8>, _ offset: inout Int) -> Bool {
        skipBlanks(bytes, &offset)
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: ":") else { return false }
        offset += 1
        skipBlanks(bytes, &offset)
        return true
    }

    private func value(
        _ bytes: Span<UInt8>,
        _ offset: inout Int,
        _ field: Field,
        _ fields: inout LineFields
    ) -> Token? {
        guard offset < bytes.count else { return nil }
        guard bytes[offset] == UInt8(ascii: "{") else { return scalar(bytes, &offset) }
        guard field == .attributes || field == .properties, fields.members.isEmpty,
            members(bytes, &offset, &fields.members)
        else { return nil }
        return Token(kind: .object)
    }

    /// A string, number, boolean or null.
    @inline(__always)
    private func scalar(_ bytes: Span<UInt8>, _ offset: inout Int) -> Token? {
        guard offset < bytes.count else { return nil }
        switch bytes[offset] {
        case UInt8(ascii: "\""): return string(bytes, &offset)
        case UInt8(ascii: "t"): return word("true", .yes, bytes, &offset)
        case UInt8(ascii: "f"): return word("false", .no, bytes, &offset)
        case UInt8(ascii: "n"): return word("null", .null, bytes, &offset)
        default:
            let start = offset
            let scan = scanNumber(bytes, from: start)
            guard scan.isValid else { return nil }
            offset = scan.end
            return Token(kind: .number, start: Int32(start), end: Int32(scan.end))
        }
    }

    private func word(
        _ word: String,
        _ kind: TokenKind,
        _ bytes: Span<UInt8>,
        _ offset: inout Int
    ) -> Token? {
        for byte in word.utf8 {
            guard offset < bytes.count, bytes[offset] == byte else { return nil }
            offset += 1
        }
        return Token(kind: kind)
    }

    /// A string without escapes; well-formed UTF-8 is checked on the way.
    @inline(__always)
    private func string(_ bytes: Span<UInt8>, _ offset: inout Int) -> Token? {
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") else { return nil }
        var token = Token(kind: .text, isPlain: true)
        offset += 1
        token.start = Int32(truncatingIfNeeded: offset)
        while offset < bytes.count {
            if bytes.count - offset >= 8 {
                let special = specialBytes(wordAt(offset, bytes))
                if special == 0 {
                    offset += 8
                    continue
                }
                offset += special.trailingZeroBitCount >> 3
            }
            let byte = bytes[offset]
            switch byte {
            case UInt8(ascii: "\""):
                token.end = Int32(truncatingIfNeeded: offset)
                offset += 1
                return token
            case 0x80...:
                let length = scalarLength(at: offset, bytes)
                guard length > 0 else { return nil }
                token.isPlain = false
                offset += length
            case 0x7f:
                token.isPlain = false
                offset += 1
            case 0..<0x20, UInt8(ascii: "\\"): return nil
            default: offset += 1
            }
        }
        return nil
    }

    /// Marks the first byte that is a quote, backslash, control character or not ASCII.
    ///
    /// Only the lowest mark is exact: a borrow can spread upwards from a hit, never from below one.
    @inline(__always)
    private func specialBytes(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = word ^ (ones &* 0x22)
        let backslashes = word ^ (ones &* 0x5c)
        let deletes = word ^ (ones &* 0x7f)
        let marks =
            ((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes)
            | ((deletes &- ones) & ~deletes) | ((word &- (ones &* 0x20)) & ~word) | word
        return marks & (ones &* 0x80)
    }

    /// The members of a flat object, put in the order of their names.
    private func members(
        _ bytes: Span<UInt8>,
        _ offset: inout Int,
        _ members: inout [MemberToken]
    ) -> Bool {
        offset += 1
        skipBlanks(bytes, &offset)
        if offset < bytes.count, bytes[offset] == UInt8(ascii: "}") {
            offset += 1
            return true
        }
        while true {
            skipBlanks(bytes, &offset)
            guard let key = string(bytes, &offset), colon(bytes, &offset),
                let value = scalar(bytes, &offset),
                insert(MemberToken(key: key, value: value), into: &members, bytes)
            else { return false }
            skipBlanks(bytes, &offset)
            guard offset < bytes.count else { return false }
            let next = bytes[offset]
            offset += 1
            if next == UInt8(ascii: "}") { return true }
            guard next == UInt8(ascii: ",") else { return false }
        }
    }

    /// Puts a member in the order of names; false where the name is taken or there are too many.
    private func insert(
        _ member: MemberToken,
        into members: inout [MemberToken],
        _ bytes: Span<UInt8>
    ) -> Bool {
        guard members.count < Self.membersMax else { return false }
        var place = members.count
        while place > 0 {
            let order = compare(bytes, members[place - 1].key.range, member.key.range)
            if order == 0 { return false }
            if order < 0 { break }
            place -= 1
        }
        members.insert(member, at: place)
        return true
    }

    private func compare(_ bytes: Span<UInt8>, _ left: Range<Int>, _ right: Range<Int>) -> Int {
        for index in 0..<min(left.count, right.count) {
            let difference =
                Int(bytes[left.lowerBound + index]) - Int(bytes[right.lowerBound + index])
            if difference != 0 { return difference }
        }
        return left.count - right.count
    }
}
