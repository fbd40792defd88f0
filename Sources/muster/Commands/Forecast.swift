import ArgumentParser
import Core
import Store

struct Forecast: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show who enters and leaves a segment by the passing of time alone.",
        discussion: """
            The answer is what would happen if the clock advanced and no event came: midnights, \
            rolling windows, and what workflows and automations then do. Nothing is written.

              muster forecast dormant --to 2026-04-01
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions
    @OptionGroup var list: ListOptions

    @Argument(help: "The segment's id.")
    var segment: String

    @Option(
        help: "The instant up to which time passes, or a date for its first instant.",
        transform: MomentArgument.init(_:))
    var to: MomentArgument

    @Flag(help: "Print how often partners enter and leave.")
    var count = false

    func run() throws {
        try Failure.translating {
            let store = try store.open(isReadOnly: true)
            let zone = store.zone
            let interval = list.interval(zone)
            let forecast = try store.forecast(Name(segment), to: to.instant(zone)).filter {
                interval.includes($0.at)
            }
            if count {
                var rows = Rows(["enters", "leaves"], format.format)
                let enters = forecast.count(where: \.enters)
                try rows.append([.number(enters), .number(forecast.count - enters)])
                try rows.finish()
                return
            }
            var rows = Rows(["partner", "change", "at"], format.format)
            for row in forecast.prefix(list.limit ?? .max) {
                try rows.append([
                    Cell(row.partner), Cell(row.enters ? "enters" : "leaves"), .instant(row.at),
                ])
            }
            try rows.finish()
        }
    }
}
