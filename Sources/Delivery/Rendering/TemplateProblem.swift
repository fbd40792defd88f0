/// A part of a template.
public enum TemplatePart: String, CaseIterable, Sendable {
    case subject, text, html
}

/// Something in a template that can be known to be wrong before anything is sent.
public struct TemplateProblem: Error, Sendable, Equatable {
    /// The part it is in.
    public let part: TemplatePart
    /// The line within the part, from 1.
    public let line: Int
    /// The character within the line, from 1.
    public let column: Int
    /// What is wrong.
    public let message: String
    /// What would be right.
    public let fix: String
}

/// Why a mail cannot be rendered for one partner.
public enum RenderingError: Error, Sendable, Equatable {
    /// The partner has no such field, and no section asks first whether it has.
    case missing(field: String, part: TemplatePart, line: Int)
    /// The field is a list or a group, which has no text of its own.
    case notText(field: String, part: TemplatePart, line: Int)
    /// The result would have more bytes than a mail's part may.
    case tooLarge(part: TemplatePart, bytesMax: Int)
}
