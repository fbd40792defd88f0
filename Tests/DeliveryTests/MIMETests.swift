import Core
import Delivery
import Foundation
import TestSupport
import Testing

struct MIMETests {
    private static func text(_ mail: OutgoingMail) throws -> String {
        String(decoding: try MIMEMessage(mail).bytes, as: UTF8.self)
    }

    @Test func aMailWithTwoParts() throws {
        var mail = mail(to: "ann@example.org")
        mail.from.name = "Acme, Inc."
        mail.to.name = "Änn"
        mail.subject = "Gut gemacht, Änn"
        mail.text = "Hallo Änn,\nschön =\n"
        mail.html = "<p>Hallo &amp; mehr</p>"
        mail.unsubscribeURL = "https://example.com/u/1"
        let expected = """
            From: "Acme, Inc." <team@example.com>
            To: =?UTF-8?B?w4Rubg==?= <ann@example.org>
            Subject: =?UTF-8?B?R3V0IGdlbWFjaHQsIMOEbm4=?=
            Date: Sun, 01 Mar 2026 15:00:00 +0000
            Message-ID: <snd_00000000000000000000000001@example.com>
            X-Muster-Send: snd_00000000000000000000000001
            List-Unsubscribe: <https://example.com/u/1>
            List-Unsubscribe-Post: List-Unsubscribe=One-Click
            MIME-Version: 1.0
            Content-Type: multipart/alternative;
             boundary="=_snd_00000000000000000000000001"

            --=_snd_00000000000000000000000001
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: base64

            SGFsbG8gw4RubiwNCnNjaMO2biA9DQo=
            --=_snd_00000000000000000000000001
            Content-Type: text/html; charset=utf-8
            Content-Transfer-Encoding: quoted-printable

            <p>Hallo &amp; mehr</p>
            --=_snd_00000000000000000000000001--

            """
        #expect(try Self.text(mail) == expected.replacingOccurrences(of: "\n", with: "\r\n"))
    }

    @Test func whatIsTooLongForALineIsFolded() throws {
        var mail = mail()
        let domain = String(repeating: "d", count: 33)
        let link = "https://example.com/" + String(repeating: "u", count: 60)
        let name = String(repeating: "n", count: 60)
        mail.to.name = name
        mail.messageDomain = domain
        mail.unsubscribeURL = link
        let text = try Self.text(mail)
        #expect(text.contains("\r\nTo: \(name)\r\n <\(mail.to.address)>\r\n"))
        #expect(text.contains("\r\nMessage-ID:\r\n <\(mail.send)@\(domain)>\r\n"))
        #expect(text.contains("\r\nList-Unsubscribe:\r\n <\(link)>\r\n"))
    }

    @Test func theIDIsTheSameAtEveryAttempt() throws {
        var later = mail()
        later.attemptedAt = Instant(microseconds: 1_772_400_000_000_000)
        later.origin.attempt = 9
        #expect(try MIMEMessage(later).bytes == MIMEMessage(mail()).bytes)
    }

    @Test func aDomainForTheIDMayBeGiven() throws {
        var mail = mail()
        mail.messageDomain = "id.example.net"
        #expect(try Self.text(mail).contains("<\(mail.send)@id.example.net>"))
        mail.messageDomain = "x> <y"
        #expect(throws: MailError.self) { try MIMEMessage(mail) }
    }

    @Test(
        "no text adds a header or a recipient",
        arguments: [
            "x\r\nBcc: evil@example.com", "x\nBcc: evil@example.com", "x\rBcc: evil@example.com",
            "x\r\n\r\nbody", "x\u{2028}Bcc: evil@example.com", "x\u{85}Bcc: evil@example.com",
            "x\u{0}Bcc: evil@example.com", "a, evil@example.com", "a\" <evil@example.com>",
            "\\\" <evil@example.com>, \\\"", "=?UTF-8?B?eA==?= <evil@example.com>",
            "=?UTF-8?Q?x=0D=0ABcc:_evil@example.com?=", "(comment) <evil@example.com>;",
            "a: evil@example.com;", "  ", "\t\r\n", String(repeating: "very long ", count: 400),
            String(repeating: "🏳️‍🌈", count: 300), String(repeating: "x", count: 5000),
        ])
    func hostile(_ text: String) throws {
        var mail = mail()
        mail.subject = text
        mail.to.name = text
        mail.from.name = text
        let message = try Self.text(mail)
        let head = message.components(separatedBy: "\r\n\r\n")[0]
        let names = head.components(separatedBy: "\r\n").filter { !$0.hasPrefix(" ") }
            .map { $0.prefix { $0 != ":" } }
        #expect(
            names == [
                "From", "To", "Subject", "Date", "Message-ID", "X-Muster-Send", "MIME-Version",
                "Content-Type",
                "Content-Transfer-Encoding",
            ])
        #expect(!head.replacingOccurrences(of: "\r\n", with: "").contains { $0.isNewline })
        #expect(head.components(separatedBy: "\r\n").allSatisfy { $0.utf8.count <= 78 })
    }

    @Test(
        "an address that is not one address is refused",
        arguments: [
            "", "@", "a@", "@b", "a b@c.de", "a@b@c.de", "a@b c.de", "a@b\r\nRCPT TO:<x@y.z>",
            "a\r\n@b.de", "a@b.de>", "a@<b.de>", "a@b,c.de", "a@b..de", "a@.de", "a@[1.2.3",
            "a@b(c)",
            "a@b.de;x", "a\u{0}@b.de", "\"a@b\"@c.de,d",
            String(repeating: "a", count: 250) + "@b.de",
        ])
    func badAddress(_ address: String) {
        #expect(throws: MailError.badAddress(address)) { try MIMEMessage(mail(to: address)) }
    }

    @Test(
        "what may stand before the @ only in quotes is quoted",
        arguments: [
            ("a@b.de", "a@b.de"), ("a+b.c_d@b.de", "a+b.c_d@b.de"), ("a,b@c.de", "\"a,b\"@c.de"),
            ("a>b@c.de", "\"a>b\"@c.de"), ("a..b@c.de", "\"a..b\"@c.de"),
            ("a\"b\\@c.de", "\"a\\\"b\\\\\"@c.de"), ("\"a,b\"@c.de", "\"a,b\"@c.de"),
            ("a@[192.0.2.1]", "a@[192.0.2.1]"), ("jörg@exämple.de", "jörg@exämple.de"),
        ])
    func address(_ given: String, _ written: String) throws {
        #expect(try MIMEMessage(mail(to: given)).to.text == written)
    }

    @Test(
        "an unsubscribe link that would leave its header is refused",
        arguments: ["https://a/\r\nBcc: x", "https://a/> <b", "https://a/ä", "https://a/ b"])
    func badLink(_ link: String) {
        var mail = mail()
        mail.unsubscribeURL = link
        #expect(throws: MailError.badHeader(name: "List-Unsubscribe", value: link)) {
            try MIMEMessage(mail)
        }
    }

    @Test("one click is promised over HTTPS alone", arguments: ["http", "https", "HTTPS"])
    func oneClick(_ scheme: String) throws {
        var mail = mail()
        mail.unsubscribeURL = "\(scheme)://example.com/u/1"
        let text = try Self.text(mail)
        #expect(text.contains("\r\nList-Unsubscribe: <\(scheme)://example.com/u/1>\r\n"))
        #expect(text.contains("One-Click") == (scheme != "http"))
    }

    @Test("each encoded word holds whole characters, as some readers decode one at a time")
    func encodedWords() throws {
        var mail = mail()
        mail.subject = String(repeating: "€ä🎉x", count: 40)
        let words = try Self.text(mail).matches(of: /=\?UTF-8\?B\?([A-Za-z0-9+\/=]+)\?=/)
        #expect(words.count > 5)
        for word in words {
            let bytes = try #require(Data(base64Encoded: String(word.1)))
            #expect(String(data: bytes, encoding: .utf8) != nil, "\(word.1)")
        }
    }

    @Test("no line begins with what servers and mailboxes would take for their own")
    func lineStarts() throws {
        var mail = mail()
        mail.text = ".\n.hidden\nFrom here\n"
        mail.html = nil
        #expect(try Self.text(mail).contains("\r\n=2E\r\n=2Ehidden\r\n=46rom here\r\n"))
    }

    @Test("no line is too long, whatever the text", arguments: UInt64(0)..<40)
    func lines(seed: UInt64) throws {
        let bytes = try MIMEMessage(Self.random(seed)).bytes
        var isInBody = false
        for line in bytes.split(separator: 10, omittingEmptySubsequences: false).dropLast() {
            #expect(line.last == 13)
            // Encoded lines have 76 characters at most (RFC 2045 section 6.7), others 78 (RFC 5322).
            #expect(line.count <= (isInBody ? 77 : 79))
            if line.count == 1 { isInBody = true }
            #expect(!line.dropLast().contains(13))
        }
        #expect(bytes.allSatisfy { $0 < 0x80 })
    }

    private static func random(_ seed: UInt64) -> OutgoingMail {
        var random = SplitMix64(seed: seed)
        let alphabet: [String] = [
            "a", "B", " ", " ", "=", ".", "\n", "\r\n", "\t", "ä", "€", "🎉", "é", "From ", "<",
            "\"",
            "?", "_", "0123456789", "\u{0}", "\u{7f}", "--", "=_",
        ]
        func text(_ count: Int) -> String {
            (0..<count).map { _ in alphabet[random.int(in: 0...(alphabet.count - 1))] }.joined()
        }
        var mail = mail()
        mail.subject = text(random.int(in: 0...80))
        mail.to.name = text(random.int(in: 0...80))
        mail.text = text(random.int(in: 0...400))
        mail.html = random.chance(50) ? text(random.int(in: 0...400)) : nil
        return mail
    }

    /// Python's parser reads back what was written: a second reader that shares nothing with the writer.
    @Test(
        .enabled(if: Server.hasPython, "python3 is missing: run Tools/setup"),
        arguments: UInt64(0)..<40)
    func pythonReadsItBack(seed: UInt64) throws {
        let mail = Self.random(seed)
        let program = """
            import sys, json, email, email.policy, email.utils
            from email.header import decode_header, make_header
            data = sys.stdin.buffer.read()
            m = email.message_from_bytes(data, policy=email.policy.default)
            # The newer policy puts blanks between a name's encoded words.
            to = email.utils.parseaddr(email.message_from_bytes(data)["to"].replace("\\r\\n", ""))
            parts = [p.get_content() for p in m.walk() if not p.is_multipart()]
            print(json.dumps({"subject": m["subject"], "parts": parts, "defects": len(m.defects),
                "count": len(m["to"].addresses), "to": [str(make_header(decode_header(to[0]))), to[1]]}))
            """
        let output = try #require(try Python.run(["-c", program], input: try Self.text(mail)))
        let read = try #require(
            try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
        #expect(read["defects"] as? Int == 0)
        #expect(Self.blanks(read["subject"] as? String) == Self.blanks(mail.subject))
        let to = try #require(read["to"] as? [String])
        #expect(read["count"] as? Int == 1)
        #expect(to[1] == mail.to.address)
        #expect(Self.blanks(to[0]) == Self.blanks(mail.to.name))
        let parts = try #require(read["parts"] as? [String])
        let written = [mail.text, mail.html].compactMap(\.self)
        #expect(parts.map(Self.lines) == written.map(Self.lines))
    }

    /// A header's text as all agree on: controls are blanks, and blanks at the ends do not count.
    private static func blanks(_ text: String?) -> [Substring] {
        let cleaned = (text ?? "").unicodeScalars.map {
            $0.value < 0x20 || $0.value == 0x7f ? " " : String($0)
        }
        return cleaned.joined().split(separator: " ")
    }

    private static func lines(_ text: String) -> String {
        var normal = text.replacingOccurrences(of: "\r\n", with: "\n")
        while normal.hasSuffix("\n") { normal.removeLast() }
        return normal
    }
}
