import Feedback
import TestSupport
import Testing
import Wire

/// Damaged and hostile input: every report and provider's line cut off at each byte, with bytes flipped,
/// and what could make a parser slow or deep.
///
/// What comes out may be anything but a crash, and every event that comes out can be read as a line.
struct HostileTests {
    static let mails = MailReportTests.reports.map(\.mail)

    private func check(mail: [UInt8]) throws {
        for notice in try MailReport.read(mail, lookUp) { try check(notice) }
    }

    private func check(_ notice: Notice) throws {
        guard case .event(let line) = notice else { return }
        #expect(throws: Never.self) { try parseJSON(line.span) }
    }

    @Test("Reports cut off anywhere", arguments: mails)
    func truncatedMail(mail: String) throws {
        let bytes = Array(mail.utf8)
        for end in bytes.indices { try check(mail: Array(bytes[..<end])) }
    }

    @Test("Reports with bytes changed, lost and doubled", arguments: UInt64(0)..<40)
    func damagedMail(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for mail in Self.mails {
            for _ in 0..<25 {
                var bytes = Array(mail.utf8)
                for _ in 0...random.int(in: 0...7) {
                    let index = random.int(in: 0...(bytes.count - 1))
                    switch random.int(in: 0...3) {
                    case 0: bytes[index] = UInt8(random.int(in: 0...255))
                    case 1: bytes.remove(at: index)
                    case 2:
                        bytes.insert(Array("\r\n:;=\"(<- ".utf8)[random.int(in: 0...9)], at: index)
                    default:
                        let end = min(bytes.count, index + random.int(in: 0...59))
                        bytes.insert(
                            contentsOf: bytes[index..<end],
                            at: random.int(in: 0...(bytes.count - 1)))
                    }
                }
                try check(mail: bytes)
            }
        }
    }

    @Test("Lines of providers cut off, and with bytes changed", arguments: Provider.allCases)
    func damagedLines(provider: Provider) throws {
        var random = SplitMix64(seed: 7)
        let reader = ProviderReader(provider)
        let lines =
            provider == .ses
            ? SESTests.events.map { "{\($0.fields),\"mail\":{\"messageId\":\"\(knownSend)\"}}" }
            : SendGridTests.events.map {
                "[{\"sg_event_id\":\"1\",\"timestamp\":1,\"send\":\"\(knownSend)\",\($0.fields)}]"
            }
        for line in lines {
            let bytes = Array(line.utf8)
            for end in bytes.indices {
                for element in try reader.read(bytes.span.extracting(0..<end), lookUp) ?? [] {
                    try check(element.notice)
                }
                var other = bytes
                other[end] = UInt8(random.int(in: 0...255))
                for element in try reader.read(other.span, lookUp) ?? [] {
                    #expect(element.range.upperBound <= other.count)
                    try check(element.notice)
                }
            }
        }
    }

    @Test("Multiparts in multiparts without end, and as many parts and fields as fit, end soon")
    func bombs() throws {
        var deep = ""
        for level in 0..<2_000 {
            deep += "Content-Type: multipart/mixed; boundary=b\(level)\n\n--b\(level)\n"
        }
        try check(mail: Array(deep.utf8))
        let head = "Content-Type: multipart/report; boundary=b\n\n"
        try check(mail: Array((head + String(repeating: "--b\n\n", count: 200_000)).utf8))
        try check(mail: Array((head + String(repeating: "a: b\n", count: 200_000)).utf8))
        try check(mail: Array(String(repeating: "a: b\n c\n", count: 200_000).utf8))
        let status = "--b\nContent-Type: message/delivery-status\n\n"
        let groups = String(repeating: "Action: failed\n\n", count: 100_000)
        try check(mail: Array((head + status + groups).utf8))
        let word = String(repeating: "(", count: 100_000)
        try check(mail: Array("Content-Type: \(word)\n\n".utf8))
        try check(mail: Array(repeating: 0x0a, count: 1_000_000))
        try check(mail: Array(repeating: 0x00, count: 1_000_000))
    }

    @Test("What a server writes can add no field to an event")
    func injection() throws {
        let mail = MailReportTests.exim.replacing(
            "rfc822;ada@example.com", with: #"rfc822;a","partner":"p9","x":"\@b"#)
        let line = try #require(try read(mail: mail).first)
        #expect(line.contains(#""partner":"p1""#))
        #expect(!line.contains(#""partner":"p9""#))
        #expect(isAccepted(line))
    }
}
