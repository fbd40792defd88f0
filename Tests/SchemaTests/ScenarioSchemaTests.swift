import Definitions
import Foundation
import Testing
import Wire

extension SchemaTests {
    @Test("scenario files validate, and what came of them does")
    func scenarios() throws {
        let folder = Programs.path("Tools/example/scenarios")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        let files = names.map { "\(folder)/\($0)" }
        var documents = Data()
        for file in files { documents += try Self.json(ofYAML: file) }
        try expectValid("scenario", documents, atLeast: 10)
        let passed = try Programs.muster(["test", "--format", "ndjson"] + files)
        #expect(passed.status == 0, "\(passed.errors)")
        try expectValid("test", passed.output, atLeast: 15)

        // Expected rows that nothing matches, and found ones of every kind that nothing expected.
        let scratch = try Scratch()
        defer { scratch.remove() }
        var failing = Data()
        for file in files {
            let text = try String(contentsOfFile: file, encoding: .utf8)
                .replacing("definitions: [..", with: "definitions: [\(folder)/..")
                .replacing(/sends: \[[^\]]*\]/, with: "sends: [{ source: nobody, seq: 1 }]")
                .replacing(/runs: \[[^\]]*\]/, with: "runs: []")
                .replacing(/: \[p1/, with: ": [p9, p1")
            let copy = scratch.path(URL(fileURLWithPath: file).lastPathComponent)
            try Data(text.utf8).write(to: URL(fileURLWithPath: copy))
            failing += try Programs.muster(["test", "--format", "ndjson", copy]).output
        }
        try expectValid("test", failing, atLeast: 15)
        let text = String(decoding: failing, as: UTF8.self)
        for part in [#""passed":false"#, #""decided_at""#, #""blocked""#, #""condition":{"holds""#]
        {
            #expect(text.contains(part))
        }
    }

    @Test("numbers that events can't have are none in scenarios either")
    func counts() throws {
        func scenario(count: Int) -> Data {
            Data(
                #"""
                {"scenario":"s","definitions":{"segments":[{"id":"s","match":{"clicks":{"at_least":1}}}]},"steps":[{"at":"2026-03-01T12:00:00Z","events":[{"type":"click.recorded","partner":"p","count":\#(count)}]}]}

                """#.utf8)
        }
        try expectValid("scenario", scenario(count: 1_000_000_000_000_000), atLeast: 1)
        let refused = try Programs.validate(
            ["--none", "scenario"], scenario(count: 1_000_000_000_000_001))
        #expect(refused.status == 0, "\(refused.errors)")
    }

    @Test("none of nothing and all of nothing are conditions, any of nothing is none")
    func emptyLists() throws {
        func segment(_ key: String) -> Data {
            Data(#"{"segments":[{"id":"s","match":{"tag":{"\#(key)":[]}}}]}"#.utf8 + [10])
        }
        try expectValid("definitions", segment("none_of") + segment("all_of"), atLeast: 2)
        let refused = try Programs.validate(["--none", "definitions"], segment("any_of"))
        #expect(refused.status == 0, "\(refused.errors)")
    }

    @Test("ready programs validate, and so do their list and their scenarios")
    func readyPrograms() throws {
        let list = try Programs.muster(["templates", "--format", "ndjson"])
        try expectValid("templates", list.output, atLeast: 6)
        let scratch = try Scratch()
        defer { scratch.remove() }
        for line in try Programs.muster(["templates"]).lines {
            let name = String(line.prefix { $0 != "\t" })
            let shown = try Programs.muster(["templates", "show", name, "--to", scratch.path("")])
            #expect(shown.status == 0, "\(shown.errors)")
            for (schema, file) in [("definitions", name), ("scenario", "\(name).scenario")] {
                let document = try Self.json(ofYAML: scratch.path("\(file).yaml"))
                try expectValid(schema, document, atLeast: 1)
            }
        }
    }

    /// A YAML file as one line of JSON, as the definition reader understands it.
    private static func json(ofYAML file: String) throws -> Data {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
        let node = try readNode(DefinitionSource(file: file, bytes: bytes))
        return Data(canonicalJSON(node.json) + [10])
    }
}
