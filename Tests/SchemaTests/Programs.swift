import Foundation

/// What a program wrote and how it ended.
struct Outcome {
    var status: Int32
    var output: Data
    var errors: String

    var text: String { String(decoding: output, as: UTF8.self) }

    var lines: [String] { text.split(separator: "\n").map(String.init) }
}

/// The programs that the tests run, and where things are.
enum Programs {
    /// The top of the package.
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The directory of the build that this test belongs to.
    static let build = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent()

    /// Whether Python can check schemas; `Tools/setup` installs what it needs.
    static let hasJSONSchema =
        (try? run("/usr/bin/python3", ["-c", "import jsonschema"]).status) == 0

    static func path(_ name: String) -> String { root.appendingPathComponent(name).path }

    /// Runs a program to its end.
    static func run(
        _ program: String, _ arguments: [String], input: Data = Data(), in directory: URL? = nil
    ) throws -> Outcome {
        let scratch = try Scratch()
        defer { scratch.remove() }
        for name in ["input", "output", "errors"] {
            try (name == "input" ? input : Data()).write(to: scratch.url(name))
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.currentDirectoryURL = directory ?? root
        var environment = ProcessInfo.processInfo.environment
        environment["PATH"] = build.path + ":" + (environment["PATH"] ?? "/usr/bin:/bin")
        environment["MUSTER_STORE"] = nil
        process.environment = environment
        process.standardInput = try FileHandle(forReadingFrom: scratch.url("input"))
        process.standardOutput = try FileHandle(forWritingTo: scratch.url("output"))
        process.standardError = try FileHandle(forWritingTo: scratch.url("errors"))
        try process.run()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus, output: try Data(contentsOf: scratch.url("output")),
            errors: String(decoding: try Data(contentsOf: scratch.url("errors")), as: UTF8.self))
    }

    static func muster(_ arguments: [String], input: Data = Data()) throws -> Outcome {
        try run(build.appendingPathComponent("muster").path, arguments, input: input)
    }

    /// Checks JSON lines with `Tools/validate`.
    static func validate(_ arguments: [String], _ lines: Data = Data()) throws -> Outcome {
        try run("/usr/bin/python3", [path("Tools/validate")] + arguments, input: lines)
    }
}

/// A directory for one test.
struct Scratch {
    let directory: URL

    init() throws {
        directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("muster-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    func url(_ name: String) -> URL { directory.appendingPathComponent(name) }

    func path(_ name: String) -> String { url(name).path }

    func remove() {
        try? FileManager.default.removeItem(at: directory)
    }
}

/// A store that the example was fed to, and what was said about it.
struct ExampleStore {
    let scratch: Scratch
    /// The summary that `ingest` printed.
    let summary: Outcome
    let rejects: Data

    var store: String { scratch.path("store") }

    init() throws {
        scratch = try Scratch()
        let events = Programs.path("Tools/example/events.ndjson")
        let program = Programs.path("Tools/example/program.yaml")
        let made = try Programs.muster(
            [
                "init", "--store", scratch.path("store"), "--timezone", "America/New_York",
                "--currency", "USD", "--name", "acme",
            ])
        let applied = try Programs.muster(["apply", "--store", scratch.path("store"), program])
        guard made.status == 0, applied.status == 0 else {
            throw ExampleError(message: made.errors + applied.errors)
        }
        summary = try Programs.muster(
            [
                "ingest", "--store", scratch.path("store"), "--summary-json",
                "--rejects", scratch.path("rejects"), events,
            ])
        rejects = try Data(contentsOf: scratch.url("rejects"))
    }

    /// Asks the store for something as NDJSON.
    func ask(_ arguments: [String]) throws -> Outcome {
        try print(arguments + ["--format", "ndjson"])
    }

    /// Runs a command that has no choice of formats.
    func print(_ arguments: [String]) throws -> Outcome {
        try Programs.muster(arguments + ["--store", store])
    }
}

struct ExampleError: Error {
    var message: String
}
