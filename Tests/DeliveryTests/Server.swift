import Foundation
import Glibc

/// A Python server at work for one test, with what it took.
final class Server {
    /// Whether the mail server can run here.
    static let hasMailServer = Python.says("import aiosmtpd")
    /// Whether Python is there at all.
    static let hasPython = Python.says("")

    let port: Int
    let directory: TemporaryDirectory
    private let process = Process()
    private let file: String

    /// Starts a server and waits until it listens.
    init(_ script: String, _ arguments: [String] = [], in directory: TemporaryDirectory) throws {
        self.directory = directory
        file = directory.path("taken-\(UUID().uuidString)")
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments =
            [folder.appendingPathComponent("Servers/\(script)").path, file] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let line = output.fileHandleForReading.availableData
        let text = String(decoding: line, as: UTF8.self).trimmingCharacters(in: .newlines)
        guard let port = Int(text) else { throw ServerFailed(script: script, said: text) }
        self.port = port
    }

    deinit {
        // Its other signals are blocked, as they are on the threads of tests.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// What the server took, in order.
    func taken() throws -> [[String: Any]] {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return [] }
        return try text.split(separator: "\n").map { line in
            let row = try JSONSerialization.jsonObject(with: Data(line.utf8))
            return row as? [String: Any] ?? [:]
        }
    }
}

struct ServerFailed: Error {
    let script: String
    let said: String
}

enum Python {
    /// Whether Python runs a text without an error.
    static func says(_ text: String) -> Bool {
        (try? run(["-c", text], input: "")) != nil
    }

    /// Runs Python; nil where it fails.
    static func run(_ arguments: [String], input: String) throws -> String? {
        try execute("/usr/bin/python3", arguments, input: input)
    }
}

/// Runs a program to its end.
///
/// - Returns: Its standard output; nil where its status is not 0.
func execute(_ program: String, _ arguments: [String], input: String = "") throws -> String? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    let (inside, outside) = (Pipe(), Pipe())
    process.standardInput = inside
    process.standardOutput = outside
    process.standardError = FileHandle.nullDevice
    try process.run()
    inside.fileHandleForWriting.write(Data(input.utf8))
    try inside.fileHandleForWriting.close()
    let output = outside.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return process.terminationStatus == 0 ? String(decoding: output, as: UTF8.self) : nil
}

/// A directory that goes when the test does.
final class TemporaryDirectory {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "muster-delivery-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func path(_ name: String) -> String { path + "/" + name }

    func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path(folder)).sorted()
    }

    func text(of name: String) throws -> String {
        try String(contentsOfFile: path(name), encoding: .utf8)
    }
}
