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

    @OptionGroup var store: StoreOptions

    @Option(help: "The program's time zone, by its name in the tz database.")
    var timezone: String

    @Option(help: "The program's currency, such as USD.")
    var currency: String

    @Option(help: "The program's name.")
    var name = "program"

    func validate() throws {
        let isCode = currency.utf8.count == 3 && currency.utf8.allSatisfy { (65...90).contains($0) }
        guard isCode else {
            throw ValidationError(
                "--currency is '\(currency)': give a code of three capitals, such as USD.")
        }
        guard (1...255).contains(name.utf8.count),
            !name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        else {
            throw ValidationError("--name must have 1 to 255 bytes and no control characters.")
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
