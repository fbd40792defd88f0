/// Something wrong in a definition file: where it is, what is wrong, and what would be right.
public struct DefinitionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file as the operator named it.
    public var file: String
    /// The line, from 1.
    public var line: Int
    /// The column in Unicode scalars, from 1.
    public var column: Int
    /// The way from the top of the file, such as `segments[3].match.all[0].revenue.over`; empty at
    /// the top and for faults of syntax, unless they leave the file readable.
    public var path: String
    /// What is wrong: the actual and the expected.
    public var message: String
    /// What would be right.
    public var fix: String

    /// Makes an error.
    public init(
        file: String, line: Int, column: Int, path: String, message: String, fix: String
    ) {
        self.file = file
        self.line = line
        self.column = column
        self.path = path
        self.message = message
        self.fix = fix
    }

    /// The place and the fault on one line, without the fix.
    public var description: String {
        let way = path.isEmpty ? "" : "\(path): "
        return "\(file):\(line):\(column): \(way)\(message)"
    }
}

/// All that is wrong in a set of definition files, in the order of the files; at least one error.
public struct DefinitionErrors: Error, Hashable, Sendable {
    /// The errors, ordered by file, line and column.
    public var errors: [DefinitionError]

    /// Makes a collection of errors.
    public init(errors: [DefinitionError]) {
        self.errors = errors
    }
}

/// A position in a file, lines and columns from 1.
public struct Place: Hashable, Sendable, CustomStringConvertible {
    /// The file as the operator named it.
    public var file: String
    /// The line, from 1.
    public var line: Int
    /// The column in Unicode scalars, from 1.
    public var column: Int

    /// Makes a place.
    public init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }

    /// The place as `file:line:column`.
    public var description: String { "\(file):\(line):\(column)" }
}
