import Core
import Definitions
import Foundation
import Testing

/// The bundled example is what it says it is: made by the generator, and complete.
struct ExampleTests {
    private static let allTypes = 20

    @Test("the generator still makes the example's bytes")
    func generatorIsDeterministic() throws {
        let made = try Programs.run(
            Programs.path("Tools/generate"), ["@Tools/example/events.args"])
        let kept = try Data(
            contentsOf: URL(fileURLWithPath: Programs.path("Tools/example/events.ndjson")))
        #expect(made.status == 0, "\(made.errors)")
        #expect(made.output == kept)
    }

    @Test("random ids, late events, duplicates and refused lines come out as asked for")
    func generatorOptions() throws {
        let arguments = [
            "--partners=500", "--days=30", "--events=5000", "--seed=9", "--late=0.2",
            "--duplicates=0.1", "--rejects=0.05", "--random-ids", "--start=2025-06-01",
        ]
        let made = try Programs.run(Programs.path("Tools/generate"), arguments)
        #expect(made.status == 0, "\(made.errors)")
        #expect(made.lines.count == 5000)
        let scratch = try Scratch()
        defer { scratch.remove() }
        _ = try Programs.muster(
            ["init", "--store", scratch.path("store"), "--timezone", "UTC", "--currency", "USD"])
        let taken = try Programs.muster(
            [
                "ingest", "--store", scratch.path("store"), "--summary-json", "--rejects",
                "/dev/null",
            ], input: made.output)
        #expect(taken.status == 65)
        let counts = try #require(
            try JSONSerialization.jsonObject(with: taken.output) as? [String: Any])
        let duplicates = try #require(counts["duplicates"] as? Int)
        let rejected = try #require(counts["rejected"] as? Int)
        #expect((400...600).contains(duplicates))
        #expect((150...350).contains(rejected))
    }

    @Test("every type of event occurs, and refused lines do")
    func everyType() throws {
        let example = try ExampleStore()
        defer { example.scratch.remove() }
        #expect(example.summary.status == 65)
        let text = try String(
            contentsOfFile: Programs.path("Tools/example/events.ndjson"), encoding: .utf8)
        let types = text.split(separator: "\n").compactMap { line in
            line.firstMatch(of: #/^\{"id":"e[0-9]+","type":"([a-z.]+)"/#).map { String($0.1) }
        }
        #expect(Set(types).count == Self.allTypes)
        let codes = Set(
            example.rejects.split(separator: 10).compactMap { line in
                String(decoding: line, as: UTF8.self).firstMatch(of: #/"code":"([a-z_0-9]+)"/#)
                    .map { String($0.1) }
            })
        #expect(
            codes == [
                "bad_field", "bad_json", "duplicate_key", "future_time", "id_conflict",
                "missing_field", "unknown_type",
            ])
    }

    @Test(
        "the example program uses every key and word that definitions have",
        .enabled(if: Programs.hasJSONSchema, "python3-jsonschema is missing: run Tools/setup"))
    func programIsComplete() throws {
        let document = try Self.programAsJSON()
        for arguments in [["definitions"], ["--covers", "definitions"]] {
            let outcome = try Programs.validate(arguments, document)
            #expect(outcome.status == 0, "\(outcome.errors)")
        }
    }

    /// The example program as one JSON object, as the definition reader understands the YAML.
    private static func programAsJSON() throws -> Data {
        let file = Programs.path("Tools/example/program.yaml")
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
        let read = try readDefinitions([DefinitionSource(file: file, bytes: bytes)])
        func objects(_ kind: DefinitionKind) -> String {
            read.definitions.filter { $0.definition.kind == kind }
                .map { String(decoding: $0.bytes, as: UTF8.self) }.joined(separator: ",")
        }
        let kinds: [DefinitionKind] = [.template, .segment, .workflow, .automation]
        let sections = kinds.map { "\"\($0.word)s\":[\(objects($0))]" }.joined(separator: ",")
        return Data("{\"program\":\(objects(.program)),\(sections)}".utf8)
    }
}
