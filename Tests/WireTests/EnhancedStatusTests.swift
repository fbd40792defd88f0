import Testing
import Wire

struct EnhancedStatusTests {
    @Test(
        "RFC 3463 says whose fault it is",
        arguments: [
            ("5.1.1", true), ("5.1.2", true), ("5.1.6", true), ("5.1.10", true), ("5.1.7", false),
            ("5.1.8", false), ("5.2.0", true), ("5.2.1", true), ("5.2.2", false), ("5.2.3", false),
            ("5.2.4", false), ("5.3.4", false), ("5.4.4", true), ("5.4.7", false),
            ("5.6.0", false), ("5.7.1", false), ("5.0.0", nil), ("4.2.2", false),
        ] as [(String, Bool?)])
    func fault(_ text: String, _ expected: Bool?) throws {
        #expect(try #require(EnhancedStatus(text)).faultsRecipient == expected)
    }

    @Test(
        "other texts are no codes",
        arguments: ["", "5", "5.1", "5.1.1.1", "3.1.1", "5.+1.1", "5.1.1000", "5..1"])
    func none(_ text: String) {
        #expect(EnhancedStatus(text) == nil)
    }
}
