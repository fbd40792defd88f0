import Foundation
import Glibc
import Testing

/// One of the servers that the tests of delivery bring along.
final class TestServer {
    /// Whether both can run here.
    static let canRun: Bool = {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = ["-c", "import aiosmtpd"]
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    let port: Int
    private let process = Process()

    /// Starts a server, which notes what it takes in the sandbox's file `taken`.
    init(_ script: String, _ arguments: [String], in sandbox: Sandbox) throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments =
            [
                folder.appendingPathComponent("../../DeliveryTests/Servers/\(script)").path,
                sandbox.path("taken"),
            ] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let said = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        port = try #require(Int(said.trimmingCharacters(in: .newlines)))
    }

    deinit {
        stop()
    }

    /// Ends the server, as a power cut would.
    func stop() {
        guard process.isRunning else { return }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
