import ArgumentParser
import Core
import Store

struct Segments: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the segments in force, and how many are in each now.",
        discussion: """
              muster segments --format ndjson
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions
    @OptionGroup var list: ListOptions

    func run() throws {
        try Failure.translating {
            let store = try store.open(isReadOnly: true)
            var rows = Rows(
                ["segment", "name", "members", "version", "changed_at"], format.format)
            let interval = list.interval(store.zone)
            let segments = try store.segments().filter { segment in
                segment.changedAt.map { interval.includes($0) } ?? (interval.since == nil)
            }
            for segment in segments.prefix(list.limit ?? .max) {
                try rows.append([
                    Cell(segment.id), Cell(segment.name), .number(segment.members),
                    .number(Int(segment.version)),
                    segment.changedAt.map { .instant($0) } ?? .null,
                ])
            }
            try rows.finish()
        }
    }
}
