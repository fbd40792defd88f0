import ArgumentParser
import Core
import Store

struct Backup: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Copy the store while it is in use, and audit the copy.",
        discussion: """
            The copy is the store after some whole batch. Where the audit finds a difference, it is \
            shown, nothing is left of the copy, and the status is 1.

              muster backup /backups/2026-03-01
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions

    @Argument(help: "The copy's directory, which must not exist or be empty.")
    var directory: String

    func run() throws {
        let started = WallClock.monotonicSeconds
        try AuditRow.showingDivergence(format.format) {
            var report: AuditReport?
            do {
                try store.open(isReadOnly: true).backUp(to: directory) { copy in
                    report = try copy.auditShowingProgress()
                }
            } catch StoreError.storeExists(let taken) {
                throw Failure(
                    .cannotCreate, "\(taken) holds a store already",
                    fix: "name another directory for the copy; nothing was changed")
            }
            Output.error("copied to \(directory)")
            if let report {
                Output.error(report.words(seconds: WallClock.monotonicSeconds - started))
            }
        }
    }
}
