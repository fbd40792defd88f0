import Core
import Foundation
import Testing
import Wire

/// `json-cases.txt`, cases after JSONTestSuite, through the JSON reader and inside event lines.
///
/// `Tools/torture input` feeds the same cases to the program. What is JSON and gives a key twice is
/// refused by a rule of our own (SPEC 2.1), under its own name.
struct JSONCaseTests {
    struct Case: Sendable {
        var isJSON: Bool?
        var name: String
        var text: [UInt8]
    }

    static let cases: [Case] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "json-cases.txt")
        guard let bytes = try? Data(contentsOf: file) else { return [] }
        return bytes.split(separator: 10).filter { $0.first != UInt8(ascii: "#") }.map { line in
            let parts = line.split(separator: 32, maxSplits: 2, omittingEmptySubsequences: false)
            return Case(
                isJSON: parts[0].first == UInt8(ascii: "i")
                    ? nil : parts[0].first == UInt8(ascii: "y"),
                name: String(decoding: parts[1], as: UTF8.self), text: unescaped(Array(parts[2])))
        }
    }()

    /// `\xNN`, `\\` and `\{N|TEXT}`.
    private static func unescaped(_ text: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = text[...]
        while let first = rest.popFirst() {
            guard first == UInt8(ascii: "\\") else {
                bytes.append(first)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "x"):
                bytes.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
                rest = rest.dropFirst(2)
            case UInt8(ascii: "{"):
                let inside = rest.prefix { $0 != UInt8(ascii: "}") }
                let parts = inside.split(separator: UInt8(ascii: "|"))
                let count = Int(String(decoding: parts[0], as: UTF8.self)) ?? 0
                for _ in 0..<count { bytes += parts[1] }
                rest = rest.dropFirst(inside.count + 1)
            default: bytes.append(UInt8(ascii: "\\"))
            }
        }
        return bytes
    }

    @Test func allAreThere() {
        let kinds = Self.cases.map(\.isJSON)
        #expect(kinds.count { $0 == true } == 95)
        #expect(kinds.count { $0 == false } == 188)
        #expect(kinds.count { $0 == nil } == 35)
        #expect(Set(Self.cases.map(\.name)).count == Self.cases.count)
    }

    @Test("JSON is taken, and nothing else")
    func reading() {
        for c in Self.cases {
            var isJSON = true
            do {
                let node = try parseJSON(c.text.span)
                let written = canonicalJSON(node)
                let again = try? parseJSON(written.span)
                #expect(again.map { canonicalJSON($0) } == written, "\(c.name)")
            } catch {
                if case .duplicateKey = error.reason { continue }
                isJSON = false
            }
            if let expected = c.isJSON { #expect(isJSON == expected, "\(c.name)") }
        }
    }

    @Test("An event is taken or refused as the value in it is, the same by both ways of reading")
    func insideEvents() {
        let reader = EventReader(envelope: .plain, currency: "USD")
        let before =
            #"{"id":"1","type":"click.recorded","partner":"p","time":"2026-03-01T00:00:00Z","extra":"#
        for c in Self.cases where !c.text.contains(10) {
            let line = Array(before.utf8) + c.text + [UInt8(ascii: "}")]
            var quick: [UInt8] = []
            var careful: [UInt8] = []
            let wallTime = Instant(microseconds: 1_800_000_000 * .second)
            let outcome = reader.read(line.span, number: 1, wallTime: wallTime, into: &quick)
            let other = reader.readCarefully(
                line.span, number: 1, wallTime: wallTime, into: &careful)
            #expect(outcome == other && quick == careful, "\(c.name)")
            switch outcome {
            case .event: #expect(c.isJSON != false, "\(c.name)")
            case .rejected(let reject):
                #expect(c.isJSON != true || reject.code == .duplicateKey, "\(c.name)")
                #expect(!reject.message.isEmpty)
            case .blank: Issue.record("\(c.name)")
            }
        }
    }
}
