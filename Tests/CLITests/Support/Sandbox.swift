import Foundation
import Glibc

/// What a command printed and ended with.
struct Outcome: Equatable {
    var status: Int32
    var out: String
    var err: String

    /// The lines of standard output, without their ends.
    var lines: [String] { out.split(separator: "\n").map(String.init) }
}

/// A temporary directory in which the real binary runs; it is removed with the value.
final class Sandbox {
    let directory: String

    /// Makes an empty directory.
    init() throws {
        // A closed pipe to a killed command must not end the tests.
        signal(SIGPIPE, SIG_IGN)
        directory =
            FileManager.default.temporaryDirectory.path + "/muster-cli-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: directory,
            withIntermediateDirectories: true
        )
    }

    /// Makes a directory with a store in it, and definitions in force.
    convenience init(_ definitions: String, timezone: String = "UTC") throws {
        try self.init()
        try must("init", "--timezone", timezone, "--currency", "USD", "--name", "acme")
        try write(definitions, to: "program.yaml")
        try must("apply", "program.yaml")
    }

    deinit {
        try? FileManager.default.removeItem(atPath: directory)
    }

    // MARK: Files

    func path(_ name: String) -> String { "\(directory)/\(name)" }

    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        try write(Array(text.utf8), to: name)
    }

    @discardableResult
    func write(_ bytes: [UInt8], to name: String) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
        return name
    }

    func read(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: path(name))), as: UTF8.self)
    }

    func bytes(_ name: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: path(name)))
    }

    // MARK: Commands

    /// Runs a command to its end, standard input being a file.
    func run(
        _ arguments: [String],
        input: String = "",
        environment: [String: String] = [:]
    ) throws -> Outcome {
        let name = "input-\(UUID().uuidString)"
        try write(input, to: name)
        defer { unlink(path(name)) }
        let file = Descriptor(open(path(name), O_RDONLY | O_CLOEXEC))
        let running = try Running(self, arguments, input: file, environment: environment)
        return try running.wait()
    }

    /// Runs a command to its end.
    @discardableResult
    func muster(_ arguments: String..., input: String = "") throws -> Outcome {
        try run(arguments, input: input)
    }

    /// Runs a command that has to end with status 0, and gives its standard output.
    @discardableResult
    func must(_ arguments: String..., input: String = "") throws -> String {
        let outcome = try run(arguments, input: input)
        guard outcome.status == 0 else { throw CommandFailed(arguments, outcome) }
        return outcome.out
    }

    /// Starts a command whose standard input is a pipe that stays open.
    func start(_ arguments: String...) throws -> Running {
        try Running(self, arguments, input: nil)
    }

    /// Everything that can be asked of a store, as one text: equal for equal logs.
    func answers(store: String = "muster-store") throws -> String {
        var text = try must("sends", "--store", store, "--format", "ndjson")
        text += try must("runs", "--store", store, "--format", "ndjson")
        text += try must("segments", "--store", store, "--format", "ndjson")
        for segment in try must("segments", "--store", store).split(separator: "\n") {
            let id = String(segment.prefix { $0 != "\t" })
            text += try must("members", id, "--store", store, "--format", "ndjson")
        }
        return text
    }
}

/// A command that should have ended with status 0.
struct CommandFailed: Error, CustomStringConvertible {
    var description: String

    init(_ arguments: [String], _ outcome: Outcome) {
        description = "muster \(arguments.joined(separator: " ")) ended with \(outcome)"
    }
}

/// Something that should have come in time.
struct TookTooLong: Error, CustomStringConvertible {
    var description: String
}

/// Asks again and again until the answer is yes.
func eventually(
    _ what: String,
    within seconds: Double = 20,
    _ condition: () throws -> Bool
) throws {
    let deadline = Date().addingTimeInterval(seconds)
    while try !condition() {
        guard Date() < deadline else { throw TookTooLong(description: what) }
        usleep(10_000)
    }
}
