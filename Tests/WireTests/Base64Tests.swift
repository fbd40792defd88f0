import Testing
import Wire

struct Base64Tests {
    /// RFC 4648, section 10, and the two digits that are no letters.
    static let vectors: [(bytes: String, text: String)] = [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"), ("~~~???", "fn5+Pz8/"),
    ]

    @Test("both ways, padded or not", arguments: vectors)
    func bothWays(bytes: String, text: String) {
        #expect(String(decoding: Base64.encode(bytes.utf8), as: UTF8.self) == text)
        #expect(Base64.decode(text.utf8) == Array(bytes.utf8))
        #expect(Base64.decode(text.filter { $0 != "=" }.utf8) == Array(bytes.utf8))
    }

    @Test(
        "what is not base 64 is nil",
        arguments: ["Z", "Zm9vY", "Zg===", "Zm 9v", "Zm9_", "=Zg="])
    func refused(_ text: String) {
        #expect(Base64.decode(text.utf8) == nil)
    }

    @Test("in a mail's body other characters are passed over, and padding ends it")
    func body() {
        let text = "Zm9v\r\n Ym*Fy\r\nZg==Zm9v"
        #expect(Base64.decodeBody(text.utf8) == Array("foobarf".utf8))
    }
}
