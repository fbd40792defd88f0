import Foundation
import Testing

/// Whose mail it is (SPEC 10, `--from`), and copies for oneself.
struct SenderTests {
    private func program() throws -> Sandbox {
        let sandbox = try Sandbox(DeliverTests.definitions)
        try sandbox.must(
            "ingest",
            input: address("1", "ada", at: "2026-03-01T12:00:00Z")
                + tag("2", "ada", "now", at: "2026-03-01T12:10:00Z"))
        return sandbox
    }

    private func mail(in sandbox: Sandbox) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: sandbox.path("box/new"))
            .map { try sandbox.read("box/new/\($0)") }
    }

    @Test(
        "A sender that fits no header uses no send up",
        arguments: [
            "h@ächme.example", "h@\(String(repeating: "a", count: 220)).example", "h@a..example",
            "A <h@x.example>, B <i@x.example>", "h@x.example, B <i@x.example>",
            "A <h@x.example> B", "\"A <h@x.example>",
        ])
    func refused(sender: String) throws {
        let sandbox = try program()
        for target in ["maildir:box", "stdout"] {
            let outcome = try sandbox.muster(
                "deliver", "--to", target, "--from", sender, "--max-age", "100000d")
            #expect(outcome.status == 64 && !outcome.err.isEmpty, "\(outcome)")
        }
        let copy = try sandbox.muster(
            "send-test", "hello", "--partner", "ada", "--to", "me@x.example", "--from", sender)
        #expect(copy.status == 64 && copy.out.isEmpty, "\(copy)")
        #expect(try sandbox.must("sends").contains("\tpending"))
        let mailed = try sandbox.muster("deliver", "--to", "stdout", "--max-age", "100000d")
        #expect(mailed.err == "1 delivered\n", "\(mailed)")
    }

    @Test(
        "A name loses the quotes it was given in, and gets those it needs",
        arguments: [
            (#""Acme, Inc" <h@acme.example>"#, #"From: "Acme, Inc""#),
            (#"Acme, Inc <h@acme.example>"#, #"From: "Acme, Inc""#),
            (#""Acme" <h@acme.example>"#, "From: Acme"),
            (#""A \"b\" \\c" <h@acme.example>"#, #"From: "A \"b\" \\c""#),
            (#""A <a@b>" <h@acme.example>"#, #"From: "A <a@b>""#),
            ("Acme <h@acme.example>", "From: Acme"), ("<h@acme.example>", "From: h@acme.example"),
        ])
    func names(sender: String, header: String) throws {
        let sandbox = try program()
        let outcome = try sandbox.muster(
            "deliver", "--to", "maildir:box", "--from", sender, "--max-age", "100000d")
        #expect(outcome.status == 0, "\(outcome)")
        let mail = try #require(try mail(in: sandbox).first)
        let address = header.hasSuffix("@acme.example") ? "" : " <h@acme.example>"
        #expect(mail.split(separator: "\n").first.map(String.init) == header + address)
    }

    @Test("Each copy of a template is a mail of its own")
    func copies() throws {
        let sandbox = try program()
        for _ in 0..<2 {
            try sandbox.must(
                "send-test", "hello", "--partner", "ada", "--to", "me@x.example", "--via",
                "maildir:box", "--from", "h@acme.example")
        }
        let ids = try mail(in: sandbox).compactMap { mail in
            mail.split(separator: "\n").first { $0.hasPrefix("Message-ID: <snd_") }
        }
        #expect(Set(ids).count == 2)
    }
}
