import Core
import Delivery
import Foundation
import Testing

struct TargetTests {
    private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    struct Refusal: CustomTestStringConvertible, Sendable {
        let name: String
        var options = TargetOptions()
        let says: String
        var testDescription: String { name }
    }

    @Test(
        "says what is wrong with a target, and how to mend it",
        arguments: [
            Refusal(name: "", says: "no target"),
            Refusal(name: "mail.example.com", says: "http://"),
            Refusal(name: "ftp://example.com", says: "ftp://"),
            Refusal(name: "smtp://a\r\nb", says: "no target"),
            Refusal(name: "maildir:", says: "names no directory"),
            Refusal(name: "maildir:/proc/nowhere", says: "could not be made"),
            Refusal(name: "smtp://user:hunter2@example.com", says: "holds a password"),
            Refusal(name: "smtp://user@example.com", says: "no password for \"user\""),
            Refusal(
                name: "smtp://example.com", options: TargetOptions(password: "x"), says: "no user"),
            Refusal(name: "https://example.com/hook", says: "no secret"),
            Refusal(
                name: "https://user@example.com/hook",
                options: TargetOptions(webhookSecrets: [secret]), says: "takes no user"),
            Refusal(
                name: "https://example.com/hook",
                options: TargetOptions(
                    webhookSecrets: [secret], allowedHosts: ["hooks.example.com"]),
                says: "not among those allowed"),
        ])
    func refuses(_ refusal: Refusal) {
        let error = #expect(throws: TargetError.self) {
            try makeTarget(refusal.name, options: refusal.options).close()
        }
        let words = "\(error?.message ?? "") \(error?.fix ?? "")"
        if refusal.name == "mail.example.com" {
            // libcurl takes it for a web address; then the missing secret is the fault.
            #expect(error != nil)
        } else {
            #expect(words.contains(refusal.says), "\(words)")
        }
        #expect(!words.contains("hunter2"))
        #expect(error?.fix.isEmpty == false)
    }

    @Test func maildirHoldsEachSendOnce() throws {
        let directory = try TemporaryDirectory()
        let target = try makeTarget("maildir:\(directory.path("box"))", options: TargetOptions())
        var mail = mail()
        let id = mail.send
        #expect(try target.handOver(mail) == .delivered(detail: "new/\(id)"))
        mail.origin.attempt = 2
        #expect(try target.handOver(mail) == .delivered(detail: "new/\(id)"))
        #expect(try directory.names(in: "box/new") == [id])
        #expect(try directory.names(in: "box/tmp").isEmpty)
        let expected = String(decoding: try MIMEMessage(mail).bytes, as: UTF8.self)
        #expect(
            try directory.text(of: "box/new/\(id)")
                == expected.replacingOccurrences(of: "\r\n", with: "\n"))
        // Once it was read, it is in `cur` with its flags.
        try FileManager.default.moveItem(
            atPath: directory.path("box/new/\(id)"), toPath: directory.path("box/cur/\(id):2,S"))
        #expect(try target.handOver(mail) == .delivered(detail: "cur/\(id):2,S"))
        #expect(try directory.names(in: "box/new").isEmpty)
    }

    @Test func aMaildirThatIsGoneIsAnErrorOfTheTarget() throws {
        let directory = try TemporaryDirectory()
        let target = try makeTarget("maildir:\(directory.path("box"))", options: TargetOptions())
        try FileManager.default.removeItem(atPath: directory.path("box/tmp"))
        #expect(throws: TargetError.self) { try target.start(mail(), token: 1) }
        #expect(target.wait(milliseconds: 0).isEmpty)
    }

    @Test func standardOutputGetsALineAMail() throws {
        let pipe = Pipe()
        let target = StandardOutputTarget(file: pipe.fileHandleForWriting.fileDescriptor)
        var first = mail()
        first.subject = "Line\r\nBcc: x@example.com"
        first.to.name = "Ann \"A\" O'Neil"
        first.unsubscribeURL = "https://example.com/u/1"
        #expect(try target.handOver(first) == .delivered(detail: "standard output"))
        #expect(try target.handOver(mail(2)) == .delivered(detail: "standard output"))
        try pipe.fileHandleForWriting.close()
        let text = String(
            decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let lines = text.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(
            lines.first.map(String.init)
                == #"{"send":"snd_00000000000000000000000001","source":"celebrate","kind":"workflow","#
                + #""partner":"p1","to":"p1@example.org","name":"Ann \"A\" O'Neil","#
                + #""template":"first-sale","template_version":2,"decided_at":"2026-03-01T15:00:00Z","#
                + #""attempt":1,"from":"team@example.com","#
                + #""message_id":"<snd_00000000000000000000000001@example.com>","#
                + #""unsubscribe_url":"https://example.com/u/1","subject":"Line  Bcc: x@example.com","#
                + #""text":"Hello\n","html":null}"#)
    }

    @Test func aMailThatCannotBeSentIsRefusedForGood() throws {
        let target = StandardOutputTarget(file: -1)
        for (to, from, isRecipient) in [
            ("a@b@c", "team@example.com", true), ("p1@example.org", "nobody", false),
        ] {
            guard
                case .refused(permanent: true, let concerns, code: nil, _) =
                    try target.handOver(mail(to: to, from: from))
            else {
                Issue.record("\(to) was not refused")
                continue
            }
            #expect(concerns == isRecipient)
        }
    }

    @Test func waitsGrowToAnEnd() {
        let send = mail().send
        let waits = (1...12).map { Backoff.seconds(afterAttempt: $0, send: send) }
        for (index, wait) in waits.enumerated() {
            let base = min(60 << index, 14_400)
            #expect(wait >= base && wait < base + base / 4 + 1)
        }
        #expect(Backoff.seconds(afterAttempt: .max, send: send) < 18_001)
        let others = (1...50).map { Backoff.seconds(afterAttempt: 5, send: mail($0).send) }
        #expect(Set(others).count > 10)
        let schedule = (1...10).map { Backoff.webhookSeconds(afterAttempt: $0, send: send) }
        #expect(schedule[9] == nil)
        for (wait, base) in zip(schedule, Backoff.webhookSchedule) {
            #expect((base...(base + base / 4)).contains(wait ?? 0))
        }
    }
}
