import ArgumentParser
import Core
import Definitions
import Scenarios
import Store

struct TestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Run scenario files: rules tested like code, in memory, without a store.",
        discussion: """
            A scenario names definitions, lets things happen at chosen instants, and says who must \
            be in which segment then and which sends there must have been. What came out otherwise \
            goes to standard error, expected beside found. The status is 1 if any failed.

              muster test scenarios/*.yaml
            """)

    @OptionGroup var format: FormatOptions

    @Option(
        help: "Only scenarios with this text in their name; where there is none, the status is 64.")
    var filter: String?

    @Argument(help: "Scenario files, YAML or JSON; - is standard input.")
    var files: [String]

    func run() throws {
        var report = ScenarioReport(format.format)
        var broken: ExitStatus?
        for file in files {
            do {
                let source = DefinitionSource(file: file, bytes: try Files.read(file))
                for scenario in try readScenarios(source, .system) {
                    if let filter, !scenario.name.contains(filter) { continue }
                    try report.append(scenario, try scenario.run(.system))
                }
            } catch let errors as DefinitionErrors {
                Failure(errors, ending: "this file was not tested").report()
                broken = broken ?? .dataError
            } catch let failure as Failure {
                failure.report()
                broken = broken ?? failure.status
            }
        }
        try report.finish()
        // What a file that can't be read holds may be what was meant.
        if let filter, report.isEmpty, broken == nil {
            throw Failure(
                .usage, "no scenario has \(quoted(filter)) in its name",
                fix: "upper and lower case count; without --filter all names are shown")
        }
        let status = broken ?? (report.failedCount > 0 ? .no : .done)
        if status != .done { throw ExitCode(status.rawValue) }
    }
}

extension Surroundings {
    /// The system's files and time zones.
    fileprivate static var system: Surroundings {
        Surroundings(
            read: { path, place, way in
                do {
                    return try Files.read(path)
                } catch let error as Failure {
                    throw Failure(
                        error.status, "\(place): \(way): \(error.message)",
                        fix: "name a file as seen from the scenario file's directory")
                }
            },
            zone: { name in
                do {
                    return try ZoneFiles.rules(name)
                } catch let failure as Failure where failure.status == .usage {
                    return nil
                }
            },
            sendID: { program, kind, source, partner, ordinal in
                Name(
                    bytes: SendID.make(
                        program: program, kind: kind, source: source, partner: partner,
                        ordinal: ordinal))
            },
            templateErrors: { TemplateCheck.errors($0, $1, settings: $2) })
    }
}
