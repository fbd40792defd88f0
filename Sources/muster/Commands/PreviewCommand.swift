import ArgumentParser
import Core
import Definitions
import Engine
import Store

struct PreviewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preview",
        abstract: "Show who would be in a segment now, also before it is applied.",
        discussion: """
            Members go to standard output; how many have an address, are suppressed, were emailed, \
            and how far the caps are, to standard error. Nothing is written. --since and --until go by \
            when the membership began, which is now for whom the files bring in; the counts are of all.

              muster preview vip --definitions draft.yaml
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions

    @OptionGroup var list: ListOptions

    @Argument(help: "The segment's id.")
    var segment: String

    @Option(help: "Definition files to preview as if they were applied.")
    var definitions: [String] = []

    func run() throws {
        try Failure.translating {
            let sources = try definitions.map {
                DefinitionSource(file: $0, bytes: try Files.read($0))
            }
            let store = try store.open(isReadOnly: true)
            let preview = try store.preview(Name(segment)) { catalog in
                try DefinitionPlan.changes(sources, catalog, store.program, prune: false)
            }
            var rows = Rows(["partner", "to", "suppressed", "emailed_by"], format.format)
            let interval = list.interval(store.zone)
            let listed = preview.members.lazy.filter { interval.includes($0.since) }
            for row in listed.prefix(list.limit ?? .max) {
                try rows.append([
                    Cell(row.partner), row.address.map { Cell($0) } ?? .null,
                    row.suppression.map { Cell(SendSuppression($0).word) } ?? .null,
                    .list(row.emailedBy),
                ])
            }
            try rows.finish()
            report(preview)
        }
    }

    private func report(_ preview: Preview) {
        Output.error(
            "\(preview.members.count) \(preview.members.count == 1 ? "member" : "members"), "
                + "\(preview.withAddress) with an address, "
                + "\(preview.suppressed) suppressed")
        for (workflow, count) in preview.emailed {
            Output.error("\(count) already emailed by \(workflow)")
        }
        for (workflow, cap) in preview.caps {
            let room = cap - preview.withAddress
            Output.error(
                room >= 0
                    ? "\(workflow): \(room) below its cap of \(cap)"
                    : "\(workflow): blocked, \(-room) above its cap of \(cap)")
        }
    }
}
