import ArgumentParser
import Core
import Store

struct Stats: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show how much the store holds.",
        discussion: """
              muster stats --format ndjson
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions

    func run() throws {
        try Failure.translating {
            let statistics = try store.open(isReadOnly: true).statistics()
            var values: [(String, Cell)] = [
                ("seq", .number(Int(statistics.sequence))),
                ("now", statistics.now.map { .instant($0) } ?? .null),
                ("partners", .number(Int(statistics.partners))),
                ("sends", .number(Int(statistics.sends))),
                ("runs", .number(Int(statistics.runs))),
                ("halts", .number(Int(statistics.halts))),
            ]
            values += statistics.inForce.map { ("\($0.kind.word)s", .number($0.count)) }
            values.append(("bytes", .number(statistics.bytes)))
            if format.format == .text {
                var rows = Rows(["what", "value"], .text)
                for (name, value) in values { try rows.append([Cell(name), value]) }
                try rows.finish()
            } else {
                var rows = Rows(values.map(\.0), format.format)
                try rows.append(values.map(\.1))
                try rows.finish()
            }
        }
    }
}
