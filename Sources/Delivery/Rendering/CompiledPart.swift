import Mustache

/// One part of a template, ready to be rendered for many partners.
///
/// swift-mustache renders; what it would let pass is checked here first: names that a partner lacks, which it
/// leaves out silently, and the size of the result.
struct CompiledPart {
    /// What is read of one part at most: no mail program shows as much, and parsing is not linear.
    static let templateBytesMax = 256 << 10
    /// What one part may become at most.
    static let renderedBytesMax = 1 << 20

    let part: TemplatePart
    let tags: [TemplateTag]
    private let size: Int
    private let template: MustacheTemplate

    /// Compiles a part.
    ///
    /// - Throws: ``TemplateProblem``.
    init(_ text: String, part: TemplatePart) throws(TemplateProblem) {
        self.part = part
        size = text.utf8.count
        guard size <= Self.templateBytesMax else {
            throw TemplateProblem(
                part: part, line: 1, column: 1,
                message: "the \(part.rawValue) has \(size) bytes", fix: "write at most 256 KiB")
        }
        tags = try TemplateScan(text, part: part).tags
        do {
            // On a line of its own the setting leaves no trace in the result.
            let setting = part == .html ? "" : "{{% CONTENT_TYPE:TEXT}}\n"
            template = try MustacheTemplate(string: setting + Self.holdingTagsTogether(text))
        } catch let error as MustacheTemplate.ParserError {
            let line = error.context.lineNumber - (part == .html ? 0 : 1)
            throw TemplateProblem(
                part: part, line: max(line, 1), column: max(error.context.columnNumber, 1),
                message: "this is no Mustache: \(error.error)", fix: "mend the tag")
        } catch {
            throw TemplateProblem(
                part: part, line: 1, column: 1, message: "this is no Mustache: \(error)",
                fix: "mend the tags")
        }
    }

    /// The text with a blank behind each `{{` that a line ends on: swift-mustache would take the tag for text.
    private static func holdingTagsTogether(_ text: String) -> String {
        var held = ""
        held.reserveCapacity(text.utf8.count)
        var braces = 0
        for character in text {
            if braces >= 2, character.isNewline { held.append(" ") }
            braces = character == "{" ? braces + 1 : 0
            held.append(character)
        }
        return held
    }

    /// The part's text for one partner.
    ///
    /// - Throws: ``RenderingError``; nothing is rendered then.
    func render(_ root: Field) throws(RenderingError) -> String {
        guard try renderedSize(root) <= Self.renderedBytesMax else {
            throw .tooLarge(part: part, bytesMax: Self.renderedBytesMax)
        }
        return template.render(root.content)
    }

    /// At least the size of the result in bytes; every variable that is reached is looked up.
    private func renderedSize(_ root: Field) throws(RenderingError) -> Int {
        var size = size
        /// For each tag: how often it is reached, and for sections what it is about.
        var reached: [(times: Int, scope: Field?)] = []
        for tag in tags {
            let times = tag.parent.map { reached[$0].times } ?? 1
            let value = times > 0 ? lookUp(tag, root, reached) : nil
            switch tag.kind {
            case .variable(let isEscaped):
                reached.append((0, nil))
                guard times > 0 else { continue }
                let bytes = try textSize(of: value, tag, isEscaped: isEscaped && part == .html)
                size = sum(size, product(bytes, times))
            case .section:
                var inside = value?.holds == true ? times : 0
                if inside > 0, case .list(let items) = value {
                    inside = product(times, items.count)
                    size = sum(size, product(tag.bodySize, inside))
                }
                reached.append((inside, value))
            case .inverted:
                reached.append((value?.holds == true ? 0 : times, nil))
            }
        }
        return size
    }

    private func textSize(
        of value: Field?, _ tag: TemplateTag, isEscaped: Bool
    ) throws(RenderingError) -> Int {
        switch value {
        case .text(let text):
            isEscaped
                ? text.utf8.reduce(0) { $0 + ("&<>\"'".utf8.contains($1) ? 6 : 1) }
                : text.utf8.count
        case .flag: 5
        case .list, .group: throw .notText(field: tag.name, part: part, line: tag.line)
        case nil: throw .missing(field: tag.name, part: part, line: tag.line)
        }
    }

    /// What a tag stands for, as Mustache finds it: in the sections around it from the inside out, then at the top.
    private func lookUp(
        _ tag: TemplateTag, _ root: Field, _ reached: [(times: Int, scope: Field?)]
    ) -> Field? {
        var scope = tag.parent
        while let index = scope {
            scope = tags[index].parent
            switch reached[index].scope {
            // A flag's section leaves things as they are.
            case nil, .flag: continue
            case .list(let items) where tag.path.isEmpty:
                // For the size the longest item will do.
                return items.max { $0.utf8.count < $1.utf8.count }.map(Field.text)
            case let value? where tag.path.isEmpty: return value
            case let value?:
                guard value[tag.path[0]] != nil else { continue }
                return tag.path.reduce(value) { $0?[$1] }
            }
        }
        return tag.path.reduce(root) { $0?[$1] }
    }
}

/// A sum that stops at the largest number.
private func sum(_ left: Int, _ right: Int) -> Int {
    let (result, overflows) = left.addingReportingOverflow(right)
    return overflows ? .max : result
}

/// A product that stops at the largest number.
private func product(_ left: Int, _ right: Int) -> Int {
    let (result, overflows) = left.multipliedReportingOverflow(by: right)
    return overflows ? .max : result
}

/// An empty text: nothing where it is written, and no where it is asked for.
private struct EmptyText: MustacheCustomRenderable {
    let renderText = ""
    let isNull = true
}

extension Field {
    /// The field as swift-mustache takes it: dictionaries, arrays, strings and flags alone, for it
    /// would look into any other value by reflection.
    fileprivate var content: Any {
        switch self {
        case .text(let text): text.isEmpty ? EmptyText() : text
        case .flag(let flag): flag
        case .list(let items): items
        case .group(let fields): fields.mapValues(\.content)
        }
    }
}
