import Core
import Definitions
import Testing
import Wire

/// Damages good files at random and checks what holds for any input: nothing stops the process,
/// every error has a place inside the file, and what is read round-trips through its bytes.
struct DamageTests {
    struct SplitMix64 {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
            return mixed ^ (mixed >> 31)
        }

        mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
    }

    static let seeds: [String] = {
        let json = #"""
            {"segments": [{"id": "a", "match": {"not": {"email": {"activity": "sent", "at_least": 1.50}}}},
            {"id": "b", "match": {"contract_with": {"stage": {"any_of": ["joined"]}}}}]}
            """#
        let cases = [ConditionTests.lists, ConditionTests.dates, ConditionTests.attributes]
            .flatMap { $0 }
        let all = cases.enumerated().map { "- {id: s\($0), match: \($1.text)}\n" }.joined()
        return [DefinitionTests.example, json, "segments:\n" + all]
    }()

    @Test("damaged files are refused with places, or read as something sound", arguments: 0..<20)
    func damaged(seed: Int) throws {
        var random = SplitMix64(state: UInt64(seed))
        let pieces = [
            "{", "}", "[", "]", ":", ",", "-", "\"", "'", "\n", " ", "  ", "&a ", "*a", "!!str ",
            "null", "~", "0", "-1", "1e9", "99999999999999999999", "é", "\u{0}", "#", "|", ">", "%",
            "?", "<<: ", "true", "id", "\t", "\r",
        ]
        for _ in 0..<100 {
            var bytes = Array(Self.seeds[random.below(Self.seeds.count)].utf8)
            for _ in 0...random.below(3) {
                let start = random.below(bytes.count)
                let end = min(bytes.count, start + random.below(6))
                bytes.replaceSubrange(
                    start..<end, with: Array(pieces[random.below(pieces.count)].utf8))
            }
            let lineCount = bytes.count { $0 == 0x0A || $0 == 0x0D } + 2
            do {
                let source = DefinitionSource(file: "f", bytes: bytes)
                for definition in try readDefinitions([source]).definitions {
                    let again = try decodeDefinition(
                        kind: definition.definition.kind, bytes: definition.bytes)
                    #expect(again == definition)
                }
            } catch {
                #expect(!error.errors.isEmpty)
                for error in error.errors {
                    #expect((1...lineCount).contains(error.line))
                    #expect(error.column >= 1)
                    #expect(!error.message.isEmpty && !error.fix.isEmpty)
                }
            }
        }
    }

    @Test("a tree means JSON where nothing else decides")
    func json() throws {
        let text = "a: [1, 1.50, x, \"1\", true, 'true', ~, 017]\n\"on\": {d: 2026-03-01}\n"
        let node = try readNode(DefinitionSource(file: "f", bytes: Array(text.utf8)))
        #expect(
            String(decoding: canonicalJSON(node.json), as: UTF8.self)
                == #"{"a":[1,1.5,"x","1",true,"true",null,"017"],"on":{"d":"2026-03-01"}}"#)
    }
}
