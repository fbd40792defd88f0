/// The header fields of a mail or of one of its parts (RFC 5322, section 2.2).
///
/// Read leniently, as mail is written: lines end in CR LF or LF, folded lines are joined, lines that are
/// no field are passed over, and only so much is read as any honest header takes.
struct MailHeaders {
    private var fields: [(name: String, value: String)] = []

    /// How much of a header block is read.
    private static let bytesMax = 256 << 10

    var isEmpty: Bool { fields.isEmpty }

    /// Reads a block of fields up to a blank line.
    ///
    /// - Parameter bytes: Begins with the block; afterwards, with what stands behind the blank line.
    init(from bytes: inout ArraySlice<UInt8>) {
        var lines = MailLines(bytes)
        var used = 0
        while let line = lines.next(), !line.isEmpty {
            used += line.count
            guard used <= Self.bytesMax else { continue }
            if let first = line.first, first == 0x20 || first == 0x09 {
                guard !fields.isEmpty else { continue }
                fields[fields.count - 1].value += String(decoding: line, as: UTF8.self)
            } else if let field = Self.field(line) {
                fields.append(field)
            }
        }
        bytes = lines.rest
    }

    private static func field(_ line: ArraySlice<UInt8>) -> (name: String, value: String)? {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        var name = line[..<colon]
        while let last = name.last, last == 0x20 || last == 0x09 { name.removeLast() }
        guard !name.isEmpty, name.allSatisfy({ (0x21...0x7e).contains($0) }) else { return nil }
        return (
            String(decoding: name, as: UTF8.self).lowercased(),
            String(decoding: line[(colon + 1)...], as: UTF8.self)
        )
    }

    /// The value of the first field of a name, without blanks around it; nil where there is none, or
    /// it is empty.
    ///
    /// - Parameter name: In small letters.
    subscript(name: String) -> String? {
        guard let value = fields.first(where: { $0.name == name })?.value.trimmed, !value.isEmpty
        else { return nil }
        return value
    }
}

/// Lines of mail, ended by LF or CR LF, given out without their ends.
struct MailLines {
    /// What has not been given out.
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    /// The next line; nil at the end.
    mutating func next() -> ArraySlice<UInt8>? {
        guard !rest.isEmpty else { return nil }
        let end = rest.firstIndex(of: 0x0a) ?? rest.endIndex
        var line = rest[rest.startIndex..<end]
        rest = rest[min(end + 1, rest.endIndex)...]
        if line.last == 0x0d { line.removeLast() }
        return line
    }
}

extension String {
    /// Without blanks at both ends.
    var trimmed: String {
        var text = self[...]
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}
