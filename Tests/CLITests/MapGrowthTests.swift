import Dispatch
import Foundation
import LMDB
import Synchronization
import Testing

/// Threads of a process whose map another process makes too small.
struct MapGrowthTests {
    /// A new store's map has 64 MiB; so many lines of nearly 1 MiB are more.
    private static let input = (1...80).map { number in
        #"{"id":"\#(number)","type":"custom.recorded","partner":"p1","time":"2026-03-01T10:00:00Z","#
            + #""name":"note","properties":{"text":""# + String(repeating: "x", count: 900_000)
            + "\"}}\n"
    }.joined()

    @Test("Threads that all find the map enlarged by another process go on reading")
    func enlargedByAnother() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        let environment = try Environment(
            directory: sandbox.path("muster-store"), tablesMax: 1, isReadOnly: true)
        let threads = DispatchGroup()
        let ended = Mutex<[String]>([])
        // While this read lasts the map stays, and the threads meet in front of moving it.
        try environment.read { _ in
            try sandbox.must("ingest", input: Self.input)
            for _ in 0..<4 {
                DispatchQueue.global().async(group: threads) {
                    let result = Result { try environment.read { _ in } }
                    ended.withLock { $0.append("\(result)") }
                }
            }
            Thread.sleep(forTimeInterval: 0.3)
            #expect(ended.withLock { $0 } == [], "the map is not enlarged")
        }
        threads.wait()
        #expect(ended.withLock { $0 } == Array(repeating: "success()", count: 4))
    }

    @Test("A copy is whole where another process has enlarged the map since this one opened")
    func copied() throws {
        let sandbox = try Sandbox(Campaign.definitions)
        let environment = try Environment(
            directory: sandbox.path("muster-store"), tablesMax: 1, isReadOnly: true)
        try sandbox.must("ingest", input: Self.input)
        try FileManager.default.createDirectory(
            atPath: sandbox.path("copy"), withIntermediateDirectories: true)
        try environment.copy(to: sandbox.path("copy"))
        #expect(
            try sandbox.must("digest", "--store", "copy") == sandbox.must("digest"))
    }
}
