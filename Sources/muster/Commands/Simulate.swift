import ArgumentParser
import Core
import Definitions
import Engine
import Store
import Wire

struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show which emails other definitions would have added or spared.",
        discussion: """
            The log is replayed under the definitions of the files, in the place of those with the \
            same ids, from the start or from an instant on. Each send that this adds, or that is gone, \
            comes with the reason why the other side did not decide it. Nothing is written, and \
            nothing is mailed.

              muster simulate --definitions draft.yaml --from 2026-01-01 --format ndjson

            Reasons: workflow_not_defined, workflow_not_active, automation_not_defined, \
            automation_not_active, no_such_action, other_status, fewer_times, run_blocked, \
            not_member, already_acted, entered_after_run, too_deep, not_assigned, already_member, \
            still_member; what belongs to them follows after a colon.
            """)

    /// What the differences are added up by.
    enum Grouping: String, ExpressibleByArgument, CaseIterable {
        case source, partner
    }

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions
    @OptionGroup var list: ListOptions

    @Option(parsing: .upToNextOption, help: "Definition files, YAML or JSON; - is standard input.")
    var definitions: [String]

    @Option(
        help: """
            From when on they are in force, an instant or a date; what is decided at it is decided \
            under them (default: from the start).
            """, transform: MomentArgument.init(_:))
    var from: MomentArgument?

    @Option(
        help: "Up to when to look, an instant or a date (default: the log's end).",
        transform: MomentArgument.init(_:))
    var to: MomentArgument?

    @Flag(help: "As if applied with --prune: nothing else is in force from then on.")
    var prune = false

    @Option(help: "Print totals by source or partner in the place of sends.")
    var by: Grouping?

    func run() throws {
        let sources = try definitions.map {
            DefinitionSource(file: $0, bytes: try Files.read($0))
        }
        try Failure.translating {
            let store = try store.open(isReadOnly: true)
            let zone = store.zone
            let request = SimulationRequest(
                definitions: try DefinitionPlan.definitions(
                    sources, store.catalog(), store.program, prune: prune),
                prune: prune, from: from?.instant(zone), to: to?.instant(zone))
            if let from = request.from, let to = request.to, to < from {
                throw Failure(
                    .usage, "--to \(timestampText(to)) is before --from \(timestampText(from))",
                    fix: "give a later --to")
            }
            try run(request, store)
        }
    }

    private func run(_ request: SimulationRequest, _ store: Store) throws {
        var rows = Rows(
            ["change"] + SendRows.columns + ["because"], format.format,
            optional: ["reason"])
        var totals = SimulationTotals()
        let interval = list.interval(store.zone)
        var left = by == nil ? list.limit ?? .max : 0
        var progress: Progress?
        let summary = try store.simulate(request) { done, total in
            if progress == nil { progress = Progress(total: Int(total)) }
            progress?.show(done: Int(done), events: Int(done))
        } _: { difference in
            let send = difference.send
            guard interval.includes(send.decidedAt) else { return }
            totals.add(difference)
            guard left > 0 else { return }
            left -= 1
            try rows.append(
                [Cell(difference.change == .added ? "added" : "gone")] + SendRows.cells(send)
                    + [Cell(difference.because.text)])
        }
        progress?.finish()
        if let by {
            try totals.print(by: by, format.format, limit: list.limit ?? .max)
        } else {
            try rows.finish()
        }
        report(summary, totals)
    }

    private func report(_ summary: SimulationSummary, _ totals: SimulationTotals) {
        totals.report()
        for (workflow, count) in summary.blocked.sorted(by: { $0.key < $1.key }) {
            Output.error(
                "\(workflow): \(counted(count.added, "more run")) blocked, \(count.gone) fewer")
        }
        for key in summary.withheld {
            Output.error(
                "\(key.kind.word) \(key.id) had to wait at first: what it names was not in force")
        }
    }
}
