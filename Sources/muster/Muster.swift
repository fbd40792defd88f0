import ArgumentParser
import Glibc

/// The command line (SPEC 7): one file a command.
@main
struct Muster: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "muster",
        abstract: "An event-sourced rules engine for partner programs.",
        discussion: """
            Pipe what happens to partners in; ask who is in which segment, now or at any past \
            moment, and who must get which email and when.

              muster init --timezone America/New_York --currency USD --name acme
              muster apply program.yaml
              muster ingest < events.ndjson
              muster members first-sale-30
              muster sends --format ndjson

            The store is the directory given by --store or MUSTER_STORE, else ./muster-store.

            Exit statuses:
            \(ExitStatus.table)
            """,
        version: "muster 0.1.0",
        subcommands: [
            Init.self, Apply.self, Diff.self, Ingest.self, Advance.self, Members.self,
            Segments.self, PreviewCommand.self, Forecast.self, PartnerCommand.self, Explain.self,
            Sends.self, Runs.self, Simulate.self, TestCommand.self, TemplatesCommand.self,
            Deliver.self, Report.self, SendTest.self, Stats.self,
            AuditCommand.self, DigestCommand.self, Backup.self, Restore.self, Export.self,
            Import.self, TimeZoneCommand.self,
            SchemaCommand.self,
        ])

    static func main() {
        StandardDescriptors.occupy()
        // Both then come as errors of the write, which end in a message and a status.
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        DamageSignals.watch()
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let failure as Failure {
            failure.report()
            Glibc.exit(failure.status.rawValue)
        } catch {
            exit(withError: error)
        }
    }
}
