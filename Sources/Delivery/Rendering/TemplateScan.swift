/// A tag that looks something up.
struct TemplateTag: Equatable {
    enum Kind {
        case variable(isEscaped: Bool), section, inverted
    }

    let kind: Kind
    /// The names between the dots; empty for `{{.}}`.
    let path: [String]
    /// The index of the innermost section around it.
    let parent: Int?
    let line: Int
    let column: Int
    /// The bytes between a section's two tags.
    var bodySize = 0

    /// The name as it was written.
    var name: String { path.isEmpty ? "." : path.joined(separator: ".") }

    static func == (left: TemplateTag, right: TemplateTag) -> Bool {
        left.name == right.name && left.line == right.line && left.column == right.column
    }
}

/// The tags of a template's part, in the order of the text.
///
/// Mustache's variables, sections, inverted sections and comments; what could read other templates, call
/// something or change how tags look is refused, and so are names that no field can have. It reads
/// characters as swift-mustache does, so that both see the same tags.
struct TemplateScan {
    /// Sections within sections, at most.
    static let depthMax = 16

    private(set) var tags: [TemplateTag] = []
    private let part: TemplatePart
    private let text: [Character]
    private var position = 0
    private var line = 1
    private var lineStart = 0
    /// The sections that are open, with the byte at which their bodies begin.
    private var open: [(tag: Int, bodyStart: Int)] = []

    /// Reads all tags.
    ///
    /// - Throws: The first ``TemplateProblem`` of the text.
    init(_ template: String, part: TemplatePart) throws(TemplateProblem) {
        self.part = part
        text = Array(template)
        while position < text.count {
            if text[position] == "{", position + 1 < text.count, text[position + 1] == "{" {
                try readTag()
            } else {
                advance()
            }
        }
        if let unclosed = open.last {
            let tag = tags[unclosed.tag]
            throw problem(
                at: (tag.line, tag.column), "the section \(tag.name) is never closed",
                fix: "write {{/\(tag.name)}} where it ends")
        }
    }

    private mutating func advance() {
        if text[position].isNewline {
            line += 1
            lineStart = position + 1
        }
        position += 1
    }

    private mutating func readTag() throws(TemplateProblem) {
        let start = position
        let place = (line: line, column: position - lineStart + 1)
        position += 2
        let sign = position < text.count ? text[position] : " "
        switch sign {
        case "!":
            _ = try content(endingIn: "}}", place)
        case "#", "^", "&":
            position += 1
            let path = try path(endingIn: "}}", place)
            if sign == "&" {
                add(.variable(isEscaped: false), path, place)
            } else {
                try openSection(sign == "#" ? .section : .inverted, path, place)
            }
        case "/":
            position += 1
            try closeSection(try path(endingIn: "}}", place), place, tagStart: start)
        case "{":
            position += 1
            add(.variable(isEscaped: false), try path(endingIn: "}}}", place), place)
        case ">", "<", "$":
            throw problem(
                at: place, "a template cannot take in another one", fix: "write the text itself")
        case "=", "%":
            throw problem(
                at: place, "{{\(sign) cannot be used here", fix: "write tags as {{name}}")
        default:
            add(.variable(isEscaped: true), try path(endingIn: "}}", place), place)
        }
    }

    /// The characters up to the end of a tag, which is passed over.
    private mutating func content(
        endingIn end: String, _ place: (line: Int, column: Int)
    ) throws(TemplateProblem) -> ArraySlice<Character> {
        let start = position
        while position < text.count {
            if text[position...].starts(with: end) {
                defer { position += end.count }
                return text[start..<position]
            }
            advance()
        }
        throw problem(at: place, "the tag is never closed", fix: "write \(end) where it ends")
    }

    private mutating func path(
        endingIn end: String, _ place: (line: Int, column: Int)
    ) throws(TemplateProblem) -> [String] {
        let content = try content(endingIn: end, place)
        let name = String(
            content.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
        if name == "." { return [] }
        let path = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard path.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(Self.isNameByte) }) else {
            throw problem(
                at: place, "\(shown(name)) is no name of a field",
                fix: "write names of letters, digits, _ and -, with dots between them")
        }
        return path
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    private mutating func add(
        _ kind: TemplateTag.Kind, _ path: [String], _ place: (line: Int, column: Int)
    ) {
        tags.append(
            TemplateTag(
                kind: kind, path: path, parent: open.last?.tag, line: place.line,
                column: place.column))
    }

    private mutating func openSection(
        _ kind: TemplateTag.Kind, _ path: [String], _ place: (line: Int, column: Int)
    ) throws(TemplateProblem) {
        guard open.count < Self.depthMax else {
            throw problem(
                at: place, "sections are nested more than \(Self.depthMax) deep",
                fix: "close some of them first")
        }
        add(kind, path, place)
        open.append((tags.count - 1, position))
    }

    private mutating func closeSection(
        _ path: [String], _ place: (line: Int, column: Int), tagStart: Int
    ) throws(TemplateProblem) {
        let name = path.joined(separator: ".")
        guard let (tag, bodyStart) = open.popLast() else {
            throw problem(
                at: place, "{{/\(name)}} closes no section",
                fix: "take it out, or write {{#\(name)}} before")
        }
        guard tags[tag].path == path else {
            throw problem(
                at: place, "{{/\(name)}} stands where \(tags[tag].name) must be closed",
                fix: "write {{/\(tags[tag].name)}} first")
        }
        tags[tag].bodySize = text[bodyStart..<tagStart].reduce(0) { $0 + $1.utf8.count }
    }

    private func problem(
        at place: (line: Int, column: Int), _ message: String, fix: String
    ) -> TemplateProblem {
        TemplateProblem(
            part: part, line: place.line, column: place.column, message: message, fix: fix)
    }
}
