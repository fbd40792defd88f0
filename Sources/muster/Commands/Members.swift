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
              muster members dormant --at 2026-03-01 --corrected
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions
    @OptionGroup var list: ListOptions

    @Argument(help: "The segment's id.")
    var segment: String

    @OptionGroup var view: ViewpointOptions

    @Option(help: "An exact position: after this record of the log.")
    var seq: UInt64?

    @Flag(help: "Print how many there are.")
    var count = false

    func validate() throws {
        guard seq != nil else { return }
        if view.at != nil { throw ValidationError("Give --at or --seq, not both.") }
        if view.knownAt != nil || view.corrected {
            throw ValidationError("--known-at and --corrected go with --at, not with --seq.")
        }
    }

    func run() throws {
        try Failure.translating {
            let store = try store.open(isReadOnly: true)
            let zone = store.zone
            if let hindsight = view.hindsight(zone) {
                let members = try store.members(
                    of: Name(segment), at: view.at?.instant(zone), in: hindsight)
                try printRows(members.map { ($0, nil) }, hasSince: false)
                return
            }
            let moment: Moment =
                seq.map { .sequence($0) } ?? view.at.map { .time($0.instant(zone)) } ?? .now
            let members = try store.members(of: Name(segment), at: moment).filter {
                list.includes($0.since, zone: zone)
            }
            try printRows(members.map { ($0.partner, $0.since) }, hasSince: true)
        }
    }

    /// Prints members or their number; in hindsight they have no since.
    private func printRows(
        _ members: [(partner: Name, since: Instant?)], hasSince: Bool
    ) throws {
        if count {
            var rows = Rows(["count"], format.format)
            try rows.append([.number(members.count)])
            try rows.finish()
            return
        }
        let hasSince = format.format != .text && hasSince
        var rows = Rows(hasSince ? ["partner", "since"] : ["partner"], format.format)
        for member in members.prefix(list.limit ?? .max) {
            let since = member.since.map { Cell.instant($0) } ?? .null
            try rows.append([Cell(member.partner)] + (hasSince ? [since] : []))
        }
        try rows.finish()
    }
}
