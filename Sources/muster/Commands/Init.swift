import ArgumentParser
import Core
import Store

struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a store for a program.",
        discussion: """
            The time zone's rules up to 2100 go into the log, so that a replay elsewhere gives the \
            same answers.

              muster init --timezone America/New_York --currency USD --name acme
            """)

    /// Characters that a program's name has at most (SPEC 5): definition files can't say a longer one.
    private static let nameMax = 50

    @OptionGroup var store: StoreOptions

    @Option(help: "The program's time zone, by its name in the tz database.")
    var timezone: String

    @Option(help: "The program's currency, such as USD.")
    var currency: String

    @Option(help: "The program's name.")
    var name = "program"

    func validate() throws {
        guard Currency.allows(currency) else {
            throw ValidationError(
                "--currency is '\(currency)': give \(Currency.rule).")
        }
        guard ProgramRecord.allowsName(name), name.unicodeScalars.count <= Self.nameMax else {
            throw ValidationError(
                "--name must have 1 to \(Self.nameMax) characters and no control characters.")
        }
    }

    func run() throws {
        try Failure.translating {
            let zone = try ZoneFiles.rules(timezone)
            try Store.create(
                directory: store.directory,
                program: ProgramRecord(name: Name(name), currency: Name(currency), zone: zone))
        }
        Output.error("made the store \(store.directory) for \(name), \(timezone), \(currency)")
    }
}
