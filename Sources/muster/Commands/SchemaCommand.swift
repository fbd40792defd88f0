import ArgumentParser
import Schemas
import Wire

struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the JSON Schema of a format that goes in or comes out.",
        discussion: """
            Without a name, list the schemas there are. They are JSON Schema 2020-12.

              muster schema events > events.schema.json
            """)

    @OptionGroup var format: FormatOptions

    @Argument(help: "The schema's name; none lists them.")
    var name: String?

    func run() throws {
        let schemas = EmbeddedSchema.all
        guard let name else {
            var rows = Rows(["schema", "title"], format.format)
            for schema in schemas { try rows.append([Cell(schema.name), Cell(schema.title)]) }
            try rows.finish()
            return
        }
        guard let schema = schemas.first(where: { $0.name == name }) else {
            throw Failure(
                .usage, "there is no schema \(name)",
                fix: "give one of \(schemas.map(\.name).joined(separator: ", "))")
        }
        var output = Output()
        try output.write { $0.append(contentsOf: schema.bytes) }
        try output.flush()
    }
}

/// A schema file inside the binary.
private struct EmbeddedSchema {
    let name: String
    let bytes: [UInt8]

    /// All of them, by name.
    static var all: [EmbeddedSchema] {
        var schemas: [EmbeddedSchema] = []
        while let schema = muster_schema_at(schemas.count)?.pointee {
            let bytes = UnsafeBufferPointer(start: schema.bytes, count: schema.count)
            schemas.append(
                EmbeddedSchema(name: String(cString: schema.name), bytes: Array(bytes)))
        }
        return schemas
    }

    /// What the schema says it is.
    var title: String {
        guard case .object(let members)? = try? parseJSON(bytes.span, depthMax: 64).value,
            let title = members.first(where: { $0.key == Array("title".utf8) }),
            case .string(let text) = title.value.value
        else { return "" }
        return String(decoding: text, as: UTF8.self)
    }
}
