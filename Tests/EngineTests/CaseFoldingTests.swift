import Engine
import Foundation
import TestSupport
import Testing

/// Upper and lower case are one, for every letter that Unicode has.
@Suite struct CaseFoldingTests {
    private static let scalars = (UInt32(0)...0x10FFFF).compactMap { Unicode.Scalar($0) }

    private func fold(_ text: String) -> String {
        String(decoding: CaseFolding.fold(Array(text.utf8)), as: UTF8.self)
    }

    @Test(
        "texts that differ in case alone fold to one",
        arguments: [
            ("ΠΑΠΑΔΟΠΟΥΛΟΣ", "Παπαδοπουλος"), ("ΣΊΣΥΦΟΣ", "σίσυφος"), ("µ", "μ"), ("ſ", "S"),
            ("straße", "STRASSE"), ("STRAẞE", "strasse"), ("Zoë", "ZOË"), ("ǅ", "ǆ"), ("ﬁn", "FIN"),
            ("\u{212A}", "k"),
        ])
    func pairs(one: String, other: String) {
        #expect(fold(one) == fold(other))
    }

    @Test("other letters stay apart", arguments: [("ı", "i"), ("e", "é"), ("σ", "s"), ("И", "Й")])
    func others(one: String, other: String) {
        #expect(fold(one) != fold(other))
    }

    @Test("agrees with the model on every letter, and folding twice is folding once")
    func model() {
        for scalar in Self.scalars {
            let text = String(scalar)
            let folded = CaseFolding.fold(Array(text.utf8))
            guard folded == caseFolded(text), CaseFolding.fold(folded) == folded else {
                Issue.record("U+\(String(scalar.value, radix: 16))")
                return
            }
        }
    }

    @Test("makes the same letters one as Python's casefold, which reads Unicode's own table")
    func python() throws {
        var table = ""
        for scalar in Self.scalars {
            let folded = fold(String(scalar)).unicodeScalars
            guard folded.count != 1 || folded.first != scalar else { continue }
            let words = ([scalar] + folded).map { String($0.value, radix: 16) }
            table += words.joined(separator: " ") + "\n"
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", Self.script]
        let (input, output) = (Pipe(), Pipe())
        (process.standardInput, process.standardOutput) = (input, output)
        try process.run()
        input.fileHandleForWriting.write(Data(table.utf8))
        try input.fileHandleForWriting.close()
        let text = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(text == "agreed\n")
    }

    /// Letters that Python's release of Unicode has not got yet are left out.
    private static let script = """
        import sys, unicodedata
        table = {}
        for line in sys.stdin:
            letter, *folded = [chr(int(word, 16)) for word in line.split()]
            table[letter] = "".join(folded)
        fold = lambda text: "".join(table.get(letter, letter) for letter in text)
        for code in range(0x110000):
            letter = chr(code)
            if unicodedata.category(letter) in ("Cn", "Cs"):
                continue
            one = fold(letter) == fold(letter.casefold())
            if not one or fold(letter).casefold() != letter.casefold():
                sys.exit(f"U+{code:04X}")
        print("agreed")
        """
}
