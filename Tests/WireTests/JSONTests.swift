import Core
import Testing
import Wire

struct JSONTests {
    static let accepted: [String] = [
        "{}", "[]", " [ ] ", "\t{\n\r}", "0", "-0", "1", "-1.5", "1e5", "1E+5", "1e-5", "0e0",
        "0.0", "123456789012345678901234567890", "1e1000000000000", "1e-99999999999999999999",
        "true", "false", "null", "\"\"", "\"a\"", #""\"\\\/\b\f\n\r\t""#, #""\u0041\u00e9""#,
        #""\ud83d\ude00""#, #""\uD83D\uDE00""#, #""\u0000""#, "\"é€😀\"", "\"\u{7f}\"",
        "[1,2,[3,{}]]", #"{"a":1,"b":{"a":1}}"#, #"{"":0}"#, #"[{"a":1},{"a":1}]"#,
        "\"\u{2028}\"", "\"\u{feff}\"", "[null , true]", #"{"a" : [ ] }"#,
    ]

    @Test("accepts", arguments: accepted)
    func accepts(text: String) throws {
        _ = try parseJSON(Array(text.utf8).span)
    }

    static let refused: [String] = [
        "", " ", "{", "}", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1,,2]", "{,}",
        #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{"a":1"#, #"{"a":1 "b":2}"#, "{a:1}", "{'a':1}",
        "{1:1}", #"{"a"::1}"#, #"{null:1}"#, "01", "-01", "+1", ".5", "1.", "1.e1", "1e", "1e+",
        "-", "--1", "0x1", "1_0", "NaN", "Infinity", "-Infinity", "1a", "1 2", "tru", "True",
        "nul", "falsee", "nullx", "\"", "\"a", "\"a\nb\"", "\"\t\"", "\"\u{0}\"", #""\"#,
        #""\x""#, #""\u12""#, #""\u12G4""#, #""\u""#, #""\ud800""#, #""\ud800x""#,
        #""\ud800\n""#, #""\ud800\ud800""#, #""\udc00""#, #""\ud83d\u0041""#, #""\ude00\ud83d""#,
        "[1]x", "{}{}", "[1]]", "// c\n1", "/* c */1", "\u{feff}{}", "\u{a0}1", "\u{b}1",
        "[\"a\",\n4\n,1,", "\"a\\", "'a'", "undefined", "[1}", #"{"a":1]"#, "\u{0}", "1\u{0}",
    ]

    @Test("refuses as malformed", arguments: refused)
    func refuses(text: String) {
        let error = #expect(throws: JSONError.self) { try parseJSON(Array(text.utf8).span) }
        guard case .malformed = error?.reason else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    static let badUTF8: [[UInt8]] = [
        [0x80], [0xbf], [0xc0, 0x80], [0xc1, 0xbf], [0xc2], [0xc2, 0x20], [0xe0, 0x80, 0x80],
        [0xe0, 0x9f, 0xbf], [0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf], [0xe2, 0x82],
        [0xf0, 0x80, 0x80, 0x80], [0xf0, 0x8f, 0xbf, 0xbf], [0xf4, 0x90, 0x80, 0x80],
        [0xf5, 0x80, 0x80, 0x80], [0xff], [0xfe], [0xf0, 0x9f, 0x98], [0xe2, 0x28, 0xa1],
    ]

    @Test("malformed UTF-8 comes first, wherever it is", arguments: badUTF8)
    func refusesUTF8(bytes: [UInt8]) {
        for (before, after) in [("\"", "\""), ("\"12345678", "12345678\""), ("{bad ", " ")] {
            let text = Array(before.utf8) + bytes + Array(after.utf8)
            let error = #expect(throws: JSONError.self) { try parseJSON(text.span) }
            #expect(error == JSONError(.badUTF8, offset: before.utf8.count))
        }
    }

    @Test func levels() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array(
                (String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8
            )
        }
        _ = try parseJSON(nested(32).span)
        #expect(throws: JSONError(.tooDeep, offset: 32)) { try parseJSON(nested(33).span) }
        #expect(throws: JSONError(.tooDeep, offset: 32)) { try parseJSON(nested(400_000).span) }
        _ = try parseJSON(nested(40).span, depthMax: 40)
    }

    @Test func duplicateKeys() {
        func reason(_ text: String) -> JSONError? {
            #expect(throws: JSONError.self) { try parseJSON(Array(text.utf8).span) }
        }
        #expect(reason(#"{"a":1,"a":1}"#) == JSONError(.duplicateKey([0x61]), offset: 7))
        #expect(reason(#"{"a":1,"\u0061":1}"#) == JSONError(.duplicateKey([0x61]), offset: 7))
        #expect(reason(#"[{"x":{"b":1,"b":2}}]"#) == JSONError(.duplicateKey([0x62]), offset: 13))
        #expect(
            reason(#"{"x":{"b":1,"b":2},"x":1}"#) == JSONError(.duplicateKey([0x62]), offset: 12)
        )
        let many = (0..<100).map { "\"k\($0)\":1" }.joined(separator: ",")
        #expect(reason("{\(many),\"k7\":2}")?.reason == .duplicateKey(Array("k7".utf8)))
        guard case .malformed = reason(#"{"a":1,"a":1"#)?.reason else {
            Issue.record("malformed text counts before a key given twice")
            return
        }
    }

    @Test func offsets() throws {
        let node = try parseJSON(Array(#" {"a": [1, "x"]}"#.utf8).span)
        #expect(node.offset == 1)
        guard case .object(let members) = node.value,
            case .array(let nodes) = members[0].value.value
        else {
            Issue.record("no object with an array")
            return
        }
        #expect(members[0].keyOffset == 2)
        #expect(nodes.map(\.offset) == [8, 11])
        #expect(node.member("a")?.offset == 7)
        #expect(node.member("b") == nil)
    }

    static let canonical: [(String, String)] = [
        (#"{ "b":1, "a":[1.0, 1e2 ,-0] }"#, #"{"a":[1,100,0],"b":1}"#),
        (#""\u0041\/\u00e9\n\u0001\"\\""#, "\"A/é\\n\\u0001\\\"\\\\\""),
        ("0.10", "0.1"), ("-1.50e1", "-15"), ("10e2000000", "1e2000001"),
        ("1.0e2000001", "1e2000001"), ("0e99999999999999999999", "0"),
        ("[true,false,null]", "[true,false,null]"),
        (#"{"é":1,"z":2,"":3}"#, #"{"":3,"z":2,"é":1}"#),
    ]

    @Test("canonical form", arguments: canonical)
    func canonicalForm(text: String, expected: String) throws {
        let node = try parseJSON(Array(text.utf8).span)
        #expect(String(decoding: canonicalJSON(node), as: UTF8.self) == expected)
    }

    @Test func hugeNumbersAreMarked() throws {
        func isRepresented(_ text: String) throws -> Bool {
            guard case .number(let decimal, _) = try parseJSON(Array(text.utf8).span).value else {
                return false
            }
            return decimal != nil
        }
        #expect(try isRepresented("1e999999"))
        #expect(try isRepresented("1e-1000000"))
        #expect(try !isRepresented("1e1000001"))
        #expect(try !isRepresented("1e-100000000000000000000000"))
        #expect(try isRepresented("0e100000000000000000000000"))
    }

    @Test func writing() {
        var bytes: [UInt8] = Array("{".utf8)
        bytes.append(jsonKey: "a")
        bytes.append(decimal: Int64.min)
        bytes.append(jsonKey: "b")
        bytes.append(jsonInstant: Instant(microseconds: 1_500_000))
        bytes.append(jsonKey: "c")
        bytes.append(millionths: Int64(-12_500_000))
        bytes.append(jsonKey: "d")
        bytes.append(decimal: UInt64.max)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"a":-9223372036854775808,"b":"1970-01-01T00:00:01.5Z","c":-12.5,"d":18446744073709551615"#
        )
    }
}
