import ArgumentParser
import Core
import Store

struct Members: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List who is or was in a segment.",
        discussion: """
            --at answers as the engine knew it then, which is what sends saw: after everything with \
            an engine time up to that instant.

              muster members dormant --at 2026-03-01T12:00:00Z --count
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions
    @OptionGroup var list: ListOptions

    @Argument(help: "The segment's id.")
    var segment: String

    @Option(help: "A past instant, or a date for its first instant.")
    var at: MomentArgument?

    @Option(help: "An exact position: after this record of the log.")
    var seq: UInt64?

    @Flag(help: "Print how many there are.")
    var count = false

    func validate() throws {
        if at != nil, seq != nil { throw ValidationError("Give --at or --seq, not both.") }
    }

    func run() throws {
        try Failure.translating {
            let store = try store.open(isReadOnly: true)
            let zone = store.program.zone
            let moment: Moment =
                seq.map { .sequence($0) } ?? at.map { .time($0.instant(zone)) } ?? .now
            let members = try store.members(of: Name(segment), at: moment).filter {
                list.includes($0.since, zone: zone)
            }
            if count {
                var rows = Rows(["count"], format.format)
                try rows.append([.number(members.count)])
                try rows.finish()
                return
            }
            let hasSince = format.format != .text
            var rows = Rows(hasSince ? ["partner", "since"] : ["partner"], format.format)
            for member in members.prefix(list.limit ?? .max) {
                let partner = Cell(member.partner)
                try rows.append(hasSince ? [partner, .instant(member.since)] : [partner])
            }
            try rows.finish()
        }
    }
}
