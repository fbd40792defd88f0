import ArgumentParser
import Core
import Store

struct Members: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List who is or was in a segment.",
        discussion: """
            --at answers as the engine knew it then, which is what sends saw: after everything with \
            an engine time up to that instant. --since and --until go by when the membership began; \
            --known-at and --corrected leave that out, and take neither.

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
        if view.knownAt != nil || view.corrected, list.since != nil || list.until != nil {
            throw ValidationError(
                "--since and --until go by when a membership began, which --known-at and "
                    + "--corrected leave out.")
        }
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
                guard !count else { return try printCount(members.count) }
                var rows = Rows(["partner"], format.format)
                for member in members.prefix(list.limit ?? .max) {
                    try rows.append([Cell(member)])
                }
                try rows.finish()
                return
            }
            let moment: Moment =
                seq.map { .sequence($0) } ?? view.at.map { .time($0.instant(zone)) } ?? .now
            if count, list.since == nil, list.until == nil {
                try printCount(try store.memberCount(of: Name(segment), at: moment))
                return
            }
            try printMembers(store, at: moment)
        }
    }

    private func printMembers(_ store: Store, at moment: Moment) throws {
        // Each look at an option costs more than a member.
        let (isCounted, format) = (count, format.format)
        let interval = list.interval(store.zone)
        let limit = list.limit ?? .max
        var rows = Rows(format == .text ? ["partner"] : ["partner", "since"], format)
        var listed = 0
        try store.eachMember(of: Name(segment), at: moment) { id, since in
            guard interval.includes(since) else { return }
            listed += 1
            guard !isCounted, listed <= limit else { return }
            if format == .text {
                try rows.append(line: id)
            } else {
                try rows.append([Cell(id), .instant(since)])
            }
        }
        if isCounted {
            try printCount(listed)
        } else {
            try rows.finish()
        }
    }

    private func printCount(_ number: Int) throws {
        var rows = Rows(["count"], format.format)
        try rows.append([.number(number)])
        try rows.finish()
    }
}
