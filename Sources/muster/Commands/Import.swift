import ArgumentParser
import Core
import Glibc
import Store
import Wire

struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Make a new store of what export printed.",
        discussion: """
            The new store has the same log, and so the same digest. The directory must not exist, or \
            be empty; where a line is wrong nothing is left behind.

              muster import program.ndjson --store copy
              muster export | muster import - --store copy
            """)

    @OptionGroup var store: StoreOptions

    @Argument(help: "The exported lines; - is standard input.")
    var file: String

    func run() throws {
        let input = file == "-" ? 0 : open(file, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else {
            throw Failure(.noInput, "\(file): \(String(cString: strerror(errno)))")
        }
        defer { if input > 0 { close(input) } }
        var source = LineSource(
            file: input, name: file == "-" ? "standard input" : file,
            lineBytesMax: Importer.lineBytesMax)
        var line = 0
        do {
            let report = try Failure.translating {
                do {
                    let importer = try Importer(directory: store.directory)
                    try take(&source, &line, importer)
                    return try importer.finish()
                } catch StoreError.cannotWrite(let message) {
                    // Of a store that is not whole nothing is kept.
                    throw StoreError.cannotCreate(message)
                }
            }
            let clock = report.now.map { ", clock at \(timestampText($0))" } ?? ""
            Output.error(
                "made the store \(store.directory) of \(counted(line, "line")): "
                    + "\(counted(report.sends, "send")); log at "
                    + "\(report.sequence)\(clock)")
        } catch let error as ImportError {
            throw Failure(
                .dataError, "\(file), line \(max(line, 1)): \(error.message)",
                fix: (error.fix ?? "export the lines anew") + "; no store was made")
        }
    }

    private func take(
        _ source: inout LineSource, _ line: inout Int, _ importer: Importer
    ) throws {
        var progress = Progress(total: source.totalBytes)
        defer { progress?.finish() }
        while true {
            while try takeLine(&source, &line, importer) {}
            guard !source.isAtEnd else { return }
            _ = try source.read()
            progress?.show(done: source.bytesRead, events: line)
        }
    }

    private func takeLine(
        _ source: inout LineSource, _ line: inout Int, _ importer: Importer
    ) throws -> Bool {
        try source.nextLine { bytes -> Bool in
            line += 1
            try importer.take(bytes)
            return true
        } ?? false
    }
}
