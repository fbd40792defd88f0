import ArgumentParser
import Core
import Engine
import Store
import Wire

struct Advance: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Move the engine clock forward.",
        discussion: """
            Every boundary on the way is processed at its own instant: midnights, tops of the hour, \
            rolling windows.

              muster advance --to 2026-03-11T16:00:00Z
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var wait: WaitOptions

    @Option(
        help: "The instant, or a date for its first instant.", transform: MomentArgument.init(_:))
    var to: MomentArgument

    @Flag(help: "Also beyond the wall clock; this can't be undone.")
    var force = false

    func run() throws {
        try Failure.translating {
            let writer = try Writer(store.open(isReadOnly: false), ingests: false)
            let instant = to.instant(writer.engine.zone)
            let limit = WallClock.now.advanced(byMicroseconds: EventReader.aheadMax)
            guard force || instant <= limit else {
                throw Failure(
                    .usage,
                    "\(timestampText(instant)) is more than 5 minutes beyond the wall clock, and "
                        + "the engine clock never goes back",
                    fix: "give an earlier instant, or --force if you mean it")
            }
            try writer.begin(waitSeconds: wait.seconds)
            guard instant > writer.engine.now else {
                writer.abandon()
                Output.error(
                    "the engine clock stands at \(timestampText(writer.engine.now)) already; "
                        + "nothing was done")
                return
            }
            // A date east of UTC can begin in 1969.
            guard instant >= .earliest else {
                writer.abandon()
                throw Failure(
                    .usage,
                    "the date begins at \(timestampText(instant)) in \(writer.engine.zone.name), and "
                        + "the log holds no instant before 1970",
                    fix: "give --to \(timestampText(.earliest)) or a later instant")
            }
            // What the mail came to until now is known before the clock moves on.
            try writer.takeResults()
            _ = try writer.advance(to: instant, isHistory: false)
            let commit = try writer.commit(flushingState: true)
            Output.error(
                "the engine clock stands at \(timestampText(instant)); sends decided: "
                    + "\(commit.pendingSends)")
        }
    }
}
