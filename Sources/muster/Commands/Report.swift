import ArgumentParser
import Core
import Store

struct Report: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Count what was done and what became of the mail, by workflow, automation or run.",
        discussion: """
            acted_on counts how often something was decided for a partner: emails, tags or acceptances, all \
            of one moment as one. A row stands for each recorded run, blocked ones too. \
            Opened and clicked count each send once; opens and clicks count all. Rates are shares of \
            the delivered ones. An event that names a source and no send counts for the latest send of that \
            source to the partner before it.

              muster report
              muster report celebrate --since 2026-03-01 --format ndjson
            """)

    enum Division: String, ExpressibleByArgument, CaseIterable {
        case source, run
    }

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions
    @OptionGroup var list: ListOptions

    @Argument(help: "A workflow's or automation's id; none for all.")
    var source: String?

    @Option(help: "A row a source, or a row a run (default: by run where a source is named).")
    var by: Division?

    private static let columns = [
        "source", "kind", "at", "acted_on", "sends", "suppressed", "pending", "delivered", "failed",
        "expired",
        "unknown", "bounced", "complained", "unsubscribed", "opened", "clicked", "opens", "clicks",
        "open_rate", "click_rate",
    ]

    func run() throws {
        try Failure.translating {
            let store = try store.open(isReadOnly: true)
            var filter = DecisionFilter()
            filter.source = source.map { Name($0) }
            filter.since = list.since?.instant(store.zone)
            filter.until = list.until?.instant(store.zone)
            let division = by ?? (source == nil ? .source : .run)
            let reports = try store.deliveryReport(
                filter, by: division == .run ? .run : .source)
            var rows = Rows(Self.columns, format.format, optional: ["at"])
            for report in reports.prefix(list.limit ?? .max) {
                let counts = [
                    report.actedOn, report.sends, report.suppressed, report.pending,
                    report.delivered,
                    report.failed, report.expired, report.unknown, report.bounced,
                    report.complained, report.unsubscribed, report.opened, report.clicked,
                    report.opens, report.clicks,
                ]
                try rows.append(
                    [
                        Cell(report.source), Cell(report.kind.word),
                        report.at.map { .instant($0) } ?? .null,
                    ] + counts.map { .number($0) } + [
                        rate(report.opened, of: report.delivered),
                        rate(report.clicked, of: report.delivered),
                    ])
            }
            try rows.finish()
        }
    }

    /// A share with four decimals, a half rounded up; nothing where there is no whole.
    private func rate(_ part: Int, of whole: Int) -> Cell {
        guard whole > 0 else { return .null }
        let share = (part * 20_000 + whole) / (2 * whole)
        let decimals = String(share % 10_000)
        return .decimal(
            "\(share / 10_000)." + String(repeating: "0", count: 4 - decimals.count) + decimals)
    }
}
