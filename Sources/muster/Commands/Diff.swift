import ArgumentParser
import Core
import Definitions
import Store
import Wire

struct Diff: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what apply would do, members won and lost included.",
        discussion: """
            The files are checked as apply checks them, and nothing is written. First come the \
            definitions that would change, then who would enter or leave a segment by that alone.

              muster diff program.yaml campaigns/*.yaml --count
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions

    @Option(help: "At most so many members won and lost.")
    var limit: Int?

    @Flag(help: "As apply --prune: retire what is in force and the files no longer name.")
    var prune = false

    @Flag(help: "Print how many each segment would win and lose.")
    var count = false

    @Argument(help: "Definition files, YAML or JSON; - is standard input.")
    var files: [String]

    func validate() throws {
        if let limit, limit < 0 { throw ValidationError("--limit must not be negative.") }
    }

    func run() throws {
        let sources = try files.map { DefinitionSource(file: $0, bytes: try Files.read($0)) }
        try Failure.translating {
            let store = try store.open(isReadOnly: true)
            let diff = try store.diff { catalog in
                try DefinitionPlan.changes(sources, catalog, store.program, prune: prune)
            }
            if count {
                try printTotals(diff)
            } else if format.format == .text {
                try printText(diff)
            } else {
                try printRows(diff)
            }
            report(diff)
        }
    }

    private func printTotals(_ diff: DefinitionDiff) throws {
        var rows = Rows(["segment", "won", "lost", "members"], format.format)
        for total in diff.totals {
            try rows.append([
                Cell(total.segment), .number(total.won), .number(total.lost),
                .number(total.members),
            ])
        }
        try rows.finish()
    }

    private func printRows(_ diff: DefinitionDiff) throws {
        let columns = ["change", "kind", "id", "version", "segment", "partner"]
        var rows = Rows(columns, format.format, optional: Set(columns))
        for change in diff.changes {
            try rows.append([
                Cell(change.effect.word), Cell(change.kind.word), Cell(change.id),
                .number(Int(change.version)), .null, .null,
            ])
        }
        for movement in diff.movements.prefix(limit ?? .max) {
            try rows.append([
                Cell(movement.isWon ? "won" : "lost"), .null, .null, .null,
                Cell(movement.segment), Cell(movement.partner),
            ])
        }
        try rows.finish()
    }

    /// The rows as lines, with the values in which a changed definition differs below it.
    private func printText(_ diff: DefinitionDiff) throws {
        var output = Output()
        func line(_ values: [String]) throws {
            try output.write { buffer in
                let text = values.map(\.withoutControls).joined(separator: "\t")
                buffer.append(contentsOf: (text + "\n").utf8)
            }
        }
        func text(_ json: [UInt8]?) -> String {
            json.map { String(decoding: $0, as: UTF8.self) } ?? "nothing"
        }
        for change in diff.changes {
            let id = change.kind == .program ? "settings" : change.id.description
            try line([
                change.effect.word, change.kind.word, id, "version \(change.version)",
            ])
            for value in change.values {
                try line(["", value.path, "\(text(value.old)) → \(text(value.new))"])
            }
        }
        for movement in diff.movements.prefix(limit ?? .max) {
            try line([
                movement.isWon ? "won" : "lost", movement.segment.description,
                movement.partner.description,
            ])
        }
        try output.flush()
    }

    private func report(_ diff: DefinitionDiff) {
        if diff.changes.isEmpty { Output.error("nothing to change") }
        for total in diff.totals {
            Output.error(
                "\(total.segment): \(total.won) won, \(total.lost) lost, "
                    + "\(total.members) \(total.members == 1 ? "member" : "members")")
        }
    }
}
