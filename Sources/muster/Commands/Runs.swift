import ArgumentParser
import Core
import Store

struct Runs: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List workflow runs that acted on somebody or were blocked.",
        discussion: """
              muster runs --source celebrate --limit 10
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions
    @OptionGroup var list: ListOptions

    @Option(name: [.long, .customLong("workflow")], help: "Only those of this workflow.")
    var source: String?

    func run() throws {
        try Failure.translating {
            let store = try store.open(isReadOnly: true)
            var rows = Rows(
                ["workflow", "at", "members", "with_address", "sent", "blocked"], format.format)
            var filter = DecisionFilter()
            filter.source = source.map { Name($0) }
            try warnOfUnknown(filter, in: store)
            filter.since = list.since?.instant(store.zone)
            filter.until = list.until?.instant(store.zone)
            var left = list.limit ?? .max
            if left > 0 {
                try store.eachRun(filter) { run in
                    try rows.append([
                        Cell(run.workflow), .instant(run.at), .number(run.members),
                        .number(run.withAddress), .number(run.sent), .flag(run.isBlocked),
                    ])
                    left -= 1
                    return left > 0
                }
            }
            try rows.finish()
        }
    }
}
