import ArgumentParser
import Core
import Store
import Wire

struct Restore: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a store of a backup, and mark it as restored.",
        discussion: """
            The backup is audited first and left as it is; an existing store is never overwritten. A \
            restored store would decide again what was mailed after the backup was made. So its log \
            gets a restore mark, whose number is printed, and deliver holds what it might mail twice \
            until the missing input is fed and deliver --release names the mark.

              muster restore /backups/2026-03-01 --store muster-store
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions

    @Flag(name: .customLong("no-audit"), help: "Trust the backup: don't replay it first.")
    var skipsAudit = false

    @Argument(help: "The backup's directory.")
    var backup: String

    func run() throws {
        try AuditRow.showingDivergence(format.format) {
            let copied = try openBackup()
            let report = try copied.restore(to: store.directory) { copy in
                if !skipsAudit { _ = try copy.auditShowingProgress() }
            }
            if format.format == .text {
                var rows = Rows(["mark"], .text)
                try rows.append([.number(Int(report.mark))])
                try rows.finish()
            } else {
                var rows = Rows(["mark", "sends", "now"], format.format)
                try rows.append([
                    .number(Int(report.mark)), .number(Int(report.sends)),
                    report.now.map { .instant($0) } ?? .null,
                ])
                try rows.finish()
            }
            let clock = report.now.map { ", clock at \(timestampText($0))" } ?? ""
            Output.error(
                "restored to \(store.directory): \(counted(report.sends, "send"))\(clock); the restore mark is "
                    + "record \(report.mark)")
            Output.error(
                "feed what was taken in after the backup once more before anything is mailed")
        }
    }

    private func openBackup() throws -> Store {
        do {
            return try Store.open(directory: backup, isReadOnly: true)
        } catch StoreError.noStore {
            throw Failure(
                .noInput, "there is no backup in \(backup)",
                fix: "name the directory that muster backup made")
        }
    }
}
