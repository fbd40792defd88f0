public import Core

/// A template's version, compiled, that can be rendered for many partners (SPEC 10).
public struct Renderer {
    private let subject: CompiledPart
    private let text: CompiledPart?
    private let html: CompiledPart?

    /// What a mail says to one partner.
    public struct Rendered: Sendable, Equatable {
        /// The subject, with the line ends that fields may hold: `HeaderText` makes blanks of them.
        public let subject: String
        /// The text part; nil where the template has none.
        public let text: String?
        /// The HTML part, fields in it escaped; nil where the template has none.
        public let html: String?
    }

    /// Compiles a template.
    ///
    /// - Throws: ``TemplateProblem``, the first where a part is not Mustache as it can be used here.
    public init(_ template: Template) throws(TemplateProblem) {
        subject = try CompiledPart(template.subject, part: .subject)
        text = try Self.compile(template.text, .text)
        html = try Self.compile(template.html, .html)
    }

    private static func compile(
        _ text: String?, _ part: TemplatePart
    ) throws(TemplateProblem) -> CompiledPart? {
        guard let text else { return nil }
        return try CompiledPart(text, part: part)
    }

    /// Renders all parts for one partner.
    ///
    /// - Throws: ``RenderingError`` for the first field that is missing, in the order subject, text, HTML.
    public func render(_ context: MailContext) throws(RenderingError) -> Rendered {
        let root = context.root
        return Rendered(
            subject: try subject.render(root), text: try text?.render(root),
            html: try html?.render(root))
    }

    /// Everything in a template that is wrong for every partner: bad tags, and names that no partner has.
    ///
    /// A name that some partners have is none: `attributes.*` may be anything.
    ///
    /// - Parameters:
    ///   - template: The template.
    ///   - settings: The program's settings, whose `constants` and `unsubscribe_base` it may use; nil where they
    ///     are not known, and then it may use any.
    /// - Returns: The first bad tag of each part, or else its unknown names in the order of the text.
    public static func problems(
        in template: Template, settings: ProgramSettings?
    ) -> [TemplateProblem] {
        var problems: [TemplateProblem] = []
        let parts =
            [(template.subject, .subject), (template.text, .text), (template.html, .html)]
            as [(String?, TemplatePart)]
        for (text, part) in parts {
            guard let text else { continue }
            do throws(TemplateProblem) {
                let compiled = try CompiledPart(text, part: part)
                problems += NameCheck(compiled, settings).problems
            } catch {
                problems.append(error)
            }
        }
        return problems
    }
}
