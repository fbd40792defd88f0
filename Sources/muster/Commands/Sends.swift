import ArgumentParser
import Core
import Engine
import Store

struct Sends: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List decided emails: to whom, by what, when, and what became of them.",
        discussion: """
              muster sends --source celebrate --since 2026-03-01 --format ndjson
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions
    @OptionGroup var list: ListOptions

    @Option(help: "Only those of this workflow or automation.")
    var source: String?

    @Option(help: "Only those to this partner.")
    var partner: String?

    @Option(help: "Only those with this status.")
    var status: SendStatus?

    func run() throws {
        try Failure.translating {
            let store = try store.open(isReadOnly: true)
            var rows = SendRows(format.format)
            var filter = DecisionFilter()
            filter.source = source.map { Name($0) }
            filter.partner = partner.map { Name($0) }
            try warnOfUnknown(filter, in: store)
            filter.since = list.since?.instant(store.zone)
            filter.until = list.until?.instant(store.zone)
            filter.status = status
            var left = list.limit ?? .max
            if left > 0 {
                try store.eachSend(filter) { send in
                    try rows.append(send)
                    left -= 1
                    return left > 0
                }
            }
            try rows.finish()
        }
    }
}

/// Says where a list asks for what the log has never named: a slip of the pen would look like silence.
func warnOfUnknown(_ filter: DecisionFilter, in store: Store) throws {
    if let source = filter.source {
        let catalog = try store.catalog()
        let kinds: [DefinitionKind] = [.workflow, .automation]
        if kinds.allSatisfy({ catalog.versions($0, source).isEmpty }) {
            Output.error("warning: there is no workflow or automation \(source)".withoutControls)
        }
    }
}

extension SendStatus: ExpressibleByArgument {}

/// Sends as rows (SPEC 5, "Send").
struct SendRows {
    private var rows: Rows

    init(_ format: Format, needsReader: Bool = false) {
        rows = Rows(
            Self.columns, format, optional: ["reason"], needsReader: needsReader)
    }

    static let columns = [
        "send", "source", "kind", "partner", "to", "template", "template_version", "decided_at",
        "seq", "status", "reason",
    ]

    /// A send's values in the order of the columns.
    static func cells(_ send: SendRow) -> [Cell] {
        [
            .text(send.id), Cell(send.source), Cell(send.kind.word), Cell(send.partner),
            send.to.map { Cell($0) } ?? .null, Cell(send.template),
            .number(Int(send.templateVersion)), .instant(send.decidedAt),
            .number(Int(send.sequence)),
            Cell(send.status.rawValue), send.reason.map { Cell($0) } ?? .null,
        ]
    }

    mutating func append(_ send: SendRow) throws {
        try rows.append(Self.cells(send))
    }

    mutating func finish() throws {
        try rows.finish()
    }
}
