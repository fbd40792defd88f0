import ArgumentParser
import Core
import ReadyTemplates

struct TemplatesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "templates",
        abstract: "List ready programs, or write one out: rules, copy and a scenario that passes.",
        discussion: """
            A ready program is a file of your own once it is written: read it, change the copy, try \
            it with muster test, and apply it.

              muster templates
              muster templates show partner-reactivation --intervals 7,21 --to .
            """,
        subcommands: [List.self, Show.self], defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the ready programs and what can be chosen in them.",
            discussion: """
                  muster templates list --format ndjson
                """)

        @OptionGroup var format: FormatOptions

        @Option(help: "At most so many rows.")
        var limit: Int?

        func validate() throws {
            if let limit, limit < 0 { throw ValidationError("--limit must not be negative.") }
        }

        func run() throws {
            var rows = Rows(["template", "title", "does", "options"], format.format)
            for template in ReadyTemplate.all.prefix(limit ?? .max) {
                try rows.append([
                    Cell(template.name), Cell(template.title), Cell(template.summary),
                    .list(
                        template.choices.map { Name("\($0.parameter.option) \($0.standard)") }),
                ])
            }
            try rows.finish()
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a ready program out.",
            discussion: """
                Without --to the program file goes to standard output, with --scenario its scenario. \
                With --to both are written, and nothing is overwritten.

                  muster templates show celebrate-top-performers --amounts 500,5000 > top.yaml

                What can be chosen:
                \(choices)
                """)

        @Argument(help: "The name, as muster templates lists it.")
        var name: String

        @Flag(help: "Print the scenario file instead.")
        var scenario = false

        @Option(help: "The folder to write NAME.yaml and NAME.scenario.yaml to.")
        var to: String?

        @Option(help: "Days, with commas between them.")
        var intervals: String?

        @Option(help: "Amounts in the program's currency, with commas between them.")
        var amounts: String?

        @Option(help: "The template term of applications that are accepted.")
        var term: String?

        @Option(help: "The tag that marks partners.")
        var tag: String?

        @Option(help: "The address of a page, for the copy.")
        var link: String?

        func validate() throws {
            if scenario, to != nil { throw ValidationError("Give either --scenario or --to.") }
        }

        func run() throws {
            guard let template = ReadyTemplate.all.first(where: { $0.name == name }) else {
                throw Failure(
                    .usage, "there is no ready program \(name)",
                    fix: "give one of \(ReadyTemplate.all.map(\.name).joined(separator: ", "))")
            }
            var given: [Parameter: String] = [:]
            given[.intervals] = intervals
            given[.amounts] = amounts
            given[.term] = term
            given[.tag] = tag
            given[.link] = link
            let files: ReadyTemplate.Files
            do {
                files = try template.files(given)
            } catch {
                throw Failure(.usage, error.message, fix: error.fix)
            }
            if let to {
                let folder = to.hasSuffix("/") ? to : to + "/"
                try Files.create([
                    (folder + "\(name).yaml", Array(files.program.utf8)),
                    (folder + "\(name).scenario.yaml", Array(files.scenario.utf8)),
                ])
                Output.error("wrote \(folder)\(name).yaml and \(folder)\(name).scenario.yaml")
                return
            }
            var output = Output()
            try output.write { buffer in
                buffer.append(contentsOf: (scenario ? files.scenario : files.program).utf8)
            }
            try output.flush()
        }

        /// What can be chosen in each ready program, a line each.
        private static var choices: String {
            ReadyTemplate.all.flatMap { template in
                ["  \(template.name)"]
                    + template.choices.map {
                        "    \($0.parameter.option) \($0.standard)  \($0.meaning)"
                    }
            }.joined(separator: "\n")
        }
    }
}
