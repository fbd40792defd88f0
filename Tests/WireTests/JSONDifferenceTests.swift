import Testing
import Wire

/// Where two JSON values differ, worked out by hand.
struct JSONDifferenceTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var old: String
        var new: String
        /// Path, old and new value of each difference.
        var expected: [String]

        var testDescription: String { "\(old) to \(new)" }
    }

    static let cases = [
        Case(old: #"{"a":1,"b":[2]}"#, new: #"{ "b": [2.0], "a": 1 }"#, expected: []),
        Case(old: #"{"a":1}"#, new: #"{"a":2}"#, expected: ["a 1 2"]),
        Case(old: #"{"a":1}"#, new: #"{"b":1}"#, expected: ["a 1 -", "b - 1"]),
        Case(
            old: #"{"match":{"all":[{"tag":{"any_of":["x","y"]}},{"not":1}]}}"#,
            new: #"{"match":{"all":[{"tag":{"any_of":["x","z","y"]}}]}}"#,
            expected: [
                #"match.all[0].tag.any_of[1] "y" "z""#, #"match.all[0].tag.any_of[2] - "y""#,
                #"match.all[1] {"not":1} -"#,
            ]),
        Case(old: #"{"a":[1]}"#, new: #"{"a":{"b":1}}"#, expected: [#"a [1] {"b":1}"#]),
        Case(old: #"{"a":null}"#, new: #"{}"#, expected: ["a null -"]),
        Case(old: "1", new: "2", expected: [" 1 2"]),
    ]

    @Test("the deepest places at which two values differ", arguments: cases)
    func differences(_ c: Case) throws {
        func text(_ json: [UInt8]?) -> String {
            json.map { String(decoding: $0, as: UTF8.self) } ?? "-"
        }
        let old = try parseJSON(Array(c.old.utf8).span)
        let new = try parseJSON(Array(c.new.utf8).span)
        #expect(
            jsonDifferences(old, new).map { "\($0.path) \(text($0.old)) \(text($0.new))" }
                == c.expected)
        // The other way round, old and new change places.
        #expect(
            jsonDifferences(new, old)
                == jsonDifferences(old, new).map {
                    JSONDifference(path: $0.path, old: $0.new, new: $0.old)
                })
    }
}
