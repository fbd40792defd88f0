import ArgumentParser
import Core
import Store

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Replay the log from nothing and compare everything with what is stored.",
        discussion: """
            Compared are every transition, run, send and derived event, the chain of hashes over the \
            records, and all else that follows from the log. A difference ends with status 1 and \
            the first one: its record, instant and partner, what the replay leads to and what was \
            found. Nothing is changed, and a writer may go on meanwhile: the log is compared up to \
            where it ended when the audit began.

              muster audit
              muster audit --format ndjson
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions

    func run() throws {
        let started = WallClock.monotonicSeconds
        try AuditRow.showingDivergence(format.format) {
            // It says itself what is wrong, and of which record.
            let report = try store.open(isReadOnly: true, comparesChecksums: false)
                .auditShowingProgress()
            try AuditRow(format.format).append(report)
            Output.error(report.words(seconds: WallClock.monotonicSeconds - started))
        }
    }
}

extension Store {
    /// Audits the store with a progress bar.
    func auditShowingProgress() throws -> AuditReport {
        var progress: Progress?
        var isBegun = false
        defer { progress?.finish() }
        return try audit { sequence, last in
            if !isBegun { progress = Progress(total: Int(last)) }
            isBegun = true
            progress?.show(done: Int(sequence), events: Int(sequence))
        }
    }
}

extension AuditReport {
    /// What was compared, in a line.
    func words(seconds: Double) -> String {
        let tenths = Int(seconds * 10)
        let counts = [
            counted(sequence, "record"), counted(transitions, "transition"), counted(sends, "send"),
            counted(runs, "run"), counted(halts, "halt"),
        ]
        return "all agrees: \(counts.joined(separator: ", ")); \(tenths / 10).\(tenths % 10) s"
    }
}

/// What an audit came to, as one row; as text a difference is a line for each part of it.
struct AuditRow {
    private let format: Format

    init(_ format: Format) {
        self.format = format
    }

    /// Runs a body; a difference that it throws is shown, and ends the command with status 1.
    static func showingDivergence(_ format: Format, _ body: () throws -> Void) throws {
        do {
            try Failure.translating(passingDivergence: true, body)
        } catch let divergence as Divergence {
            try AuditRow(format).append(divergence)
            throw ExitCode(ExitStatus.no.rawValue)
        }
    }

    func append(_ report: AuditReport) throws {
        guard format != .text else { return }
        try append(
            agrees: true,
            [
                .number(Int(report.sequence)), report.now.map { .instant($0) } ?? .null, .null,
                .null, .null, .null, .number(report.transitions), .number(report.sends),
                .number(report.runs), .number(report.halts),
            ])
    }

    func append(_ divergence: Divergence) throws {
        let cells: [Cell] = [
            .number(Int(divergence.sequence)), divergence.instant.map { .instant($0) } ?? .null,
            divergence.partner.map { Cell($0) } ?? .null, Cell(divergence.subject.rawValue),
            Cell(divergence.expected), Cell(divergence.found),
        ]
        guard format == .text else {
            return try append(agrees: false, cells + [.null, .null, .null, .null])
        }
        var rows = Rows(["part", "value"], .text)
        let parts = ["seq", "at", "partner", "what", "expected", "found"]
        for (part, cell) in zip(parts, cells) {
            if case .null = cell { continue }
            try rows.append([Cell(part), cell])
        }
        try rows.finish()
    }

    private func append(agrees: Bool, _ cells: [Cell]) throws {
        let columns = [
            "agrees", "seq", "at", "partner", "what", "expected", "found", "transitions", "sends",
            "runs", "halts",
        ]
        var rows = Rows(columns, format, optional: Set(columns.dropFirst(2)))
        try rows.append([.flag(agrees)] + cells)
        try rows.finish()
    }
}
