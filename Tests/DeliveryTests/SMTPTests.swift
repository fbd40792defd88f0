import Delivery
import Testing

/// A real mail server that fails at every step of the dialogue, and what is made of it.
@Suite(
    .enabled(if: Server.hasMailServer, "python3-aiosmtpd is missing: run Tools/setup"), .serialized)
struct SMTPTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func target(
        _ server: Server, scheme: String = "smtp", user: String = "",
        options: TargetOptions = TargetOptions(
            timeouts: DeliveryTimeouts(connect: 5, reply: 2, whole: 10))
    ) throws -> any DeliveryTarget {
        try makeTarget("\(scheme)://\(user)127.0.0.1:\(server.port)", options: options)
    }

    @Test func mailsGoOverFewConnectionsAndArriveAsWritten() throws {
        let server = try Server("smtp_server.py", in: directory)
        let target = try target(server, options: TargetOptions(parallel: 3))
        var mails = (1...60).map { mail($0, to: "p\($0)@example.org") }
        mails[0].text = ".a dot\n..two\n"
        let outcomes = try target.handOver(mails)
        #expect(outcomes.count == 60)
        #expect(outcomes.values.allSatisfy { $0 == .delivered(detail: "250 2.0.0 taken") })
        let taken = try server.taken()
        let recipients = taken.compactMap { ($0["to"] as? [String])?.first }
        #expect(recipients.sorted() == mails.map(\.to.address).sorted())
        #expect(Set(taken.compactMap { $0["peer"] as? Int }).count <= 3)
        let first = try #require(taken.first { $0["to"] as? [String] == ["p1@example.org"] })
        let expected = try MIMEMessage(mails[0]).bytes
        #expect(first["data"] as? String == String(decoding: expected, as: UTF8.self))
        target.close()
    }

    struct Step: CustomTestStringConvertible, Sendable {
        var recipient = "p1@example.org"
        var sender = "team@example.com"
        let outcome: HandOver
        var testDescription: String { "\(sender) to \(recipient)" }
    }

    static func refused(
        _ code: Int, _ message: String, permanent: Bool, recipient: Bool
    ) -> HandOver {
        .refused(permanent: permanent, isRecipient: recipient, code: code, message: message)
    }

    static let refusals = [
        Step(
            sender: "mail-450@example.com",
            outcome: refused(450, "450 4.2.1 try again later", permanent: false, recipient: true)),
        Step(
            sender: "mail-553@example.com",
            outcome: .outOfService(message: "553 5.1.8 bad sender")),
        Step(
            recipient: "rcpt-421@example.org",
            outcome: .serviceEnded(message: "421 as you like it")),
        Step(
            recipient: "data-421@example.org",
            outcome: .serviceEnded(message: "421 as you like it")),
        Step(
            recipient: "dot-421@example.org",
            outcome: .serviceEnded(message: "421 as you like it")),
        Step(
            sender: "mail-421@example.com",
            outcome: .outOfService(message: "421 as you like it")),
        Step(
            sender: "mail-552@example.com",
            outcome: refused(552, "552 that is too much", permanent: true, recipient: false)),
        Step(
            recipient: "rcpt-450@example.org",
            outcome: refused(450, "450 4.2.1 try again later", permanent: false, recipient: true)),
        Step(
            recipient: "rcpt-550@example.org",
            outcome: refused(550, "550 5.1.1 no such user", permanent: true, recipient: true)),
        Step(
            recipient: "rcpt-551@example.org",
            outcome: refused(551, "551 5.7.1 relaying denied", permanent: true, recipient: false)),
        Step(
            recipient: "rcpt-host@example.org",
            outcome: refused(
                550, "550 user unknown at relay.example.com", permanent: true, recipient: true)),
        Step(
            recipient: "rcpt-relay@example.org",
            outcome: refused(550, "550 relay not permitted", permanent: true, recipient: false)),
        Step(
            recipient: "rcpt-552@example.org",
            outcome: refused(552, "552 that is too much", permanent: false, recipient: true)),
        Step(
            recipient: "dot-552@example.org",
            outcome: refused(552, "552 5.2.2 mailbox full", permanent: true, recipient: false)),
        Step(
            recipient: "rcpt-501@example.org",
            outcome: refused(501, "501 as you like it", permanent: true, recipient: true)),
        Step(
            recipient: "data-451@example.org",
            outcome: refused(451, "451 as you like it", permanent: false, recipient: false)),
        Step(
            recipient: "data-554@example.org",
            outcome: refused(554, "554 5.6.0 content rejected", permanent: true, recipient: false)),
        Step(
            recipient: "dot-452@example.org",
            outcome: refused(452, "452 4.2.2 mailbox full", permanent: false, recipient: false)),
        Step(
            recipient: "dot-554@example.org",
            outcome: refused(554, "554 5.6.0 content rejected", permanent: true, recipient: false)),
    ]

    @Test("a refusal is told by its code and the command it answers", arguments: refusals)
    func refusal(_ step: Step) throws {
        let server = try Server("smtp_server.py", in: directory)
        let target = try target(server)
        #expect(try target.handOver(mail(to: step.recipient, from: step.sender)) == step.outcome)
        #expect(try server.taken().isEmpty)
        // The next mail is none the worse for it.
        #expect(try target.handOver(mail(2)) == .delivered(detail: "250 2.0.0 taken"))
        target.close()
    }

    @Test(
        "nothing was handed over where the connection breaks before the end",
        arguments: [
            ("p1@example.org", "mail-drop@example.com"), ("rcpt-drop@example.org", "a@example.com"),
            ("data-drop@example.org", "a@example.com"), ("rcpt-stall@example.org", "a@example.com"),
            ("body-drop@example.org", "a@example.com"),
        ])
    func breaks(_ recipient: String, _ sender: String) throws {
        let server = try Server("smtp_server.py", in: directory)
        let target = try target(server)
        var mail = mail(to: recipient, from: sender)
        // More than what fits on the way, so that a break in the body is a break in the body.
        mail.text = String(repeating: "0123456789\n", count: 1_000_000)
        let outcome = try target.handOver(mail)
        guard case .notSent(let message) = outcome else {
            Issue.record("\(String(describing: outcome))")
            return
        }
        #expect(!message.isEmpty)
        #expect(try server.taken().isEmpty)
        target.close()
    }

    @Test func addressesBeyondASCIIGoToServersThatOfferSMTPUTF8() throws {
        let server = try Server("smtp_server.py", in: directory)
        let target = try target(server)
        for (from, to) in [
            ("a@example.com", "jösé@example.org"), ("ü@example.com", "p@example.org"),
        ] {
            let outcome = try target.handOver(mail(to: to, from: from))
            #expect(outcome == .delivered(detail: "250 2.0.0 taken"))
        }
        #expect(
            try server.taken().map { $0["to"] as? [String] } == [
                ["jösé@example.org"], ["p@example.org"],
            ])
        #expect(
            try server.taken().allSatisfy {
                ($0["options"] as? [String])?.contains("SMTPUTF8") == true
            })
        target.close()
    }

    @Test(
        "no other server is told an address beyond ASCII",
        arguments: ["jösé@example.org", "p@bücher.example"])
    func noSMTPUTF8(_ address: String) throws {
        let server = try Server("smtp_server.py", ["--ascii"], in: directory)
        let target = try target(server, options: TargetOptions(parallel: 1))
        let message = "the server offers no SMTPUTF8, which the address \"\(address)\" needs"
        // Also where the connection was used before and is not greeted anew.
        for number in 1...2 {
            #expect(
                try target.handOver(mail(to: address))
                    == .refused(permanent: true, isRecipient: false, code: nil, message: message))
            #expect(try target.handOver(mail(number)) == .delivered(detail: "250 2.0.0 taken"))
        }
        #expect(
            try target.handOver(mail(from: "ü@example.com"))
                == .outOfService(
                    message:
                        "the server offers no SMTPUTF8, which the address \"ü@example.com\" needs"
                ))
        #expect(try server.taken().count == 2)
        target.close()
    }

    @Test("after the last byte nobody knows", arguments: ["dot-drop", "dot-stall"])
    func unknown(_ recipient: String) throws {
        let server = try Server("smtp_server.py", in: directory)
        let target = try target(server)
        let outcome = try target.handOver(mail(to: "\(recipient)@example.org"))
        guard case .unknown(let message) = outcome else {
            Issue.record("\(String(describing: outcome))")
            return
        }
        #expect(message.hasPrefix("no answer after the whole mail"))
        #expect(try target.handOver(mail(2)) == .delivered(detail: "250 2.0.0 taken"))
        target.close()
    }

    @Test(
        "a session that fails hands nothing over",
        arguments: [
            ["--greet", "554"], ["--greet", "421"], ["--greet", "drop"], ["--greet", "stall"],
            ["--ehlo", "drop"],
        ])
    func session(_ arguments: [String]) throws {
        let server = try Server("smtp_server.py", arguments, in: directory)
        let target = try target(
            server,
            options: TargetOptions(timeouts: DeliveryTimeouts(connect: 2, reply: 2, whole: 10)))
        guard case .outOfService = try target.handOver(mail()) else {
            Issue.record("handed over after \(arguments)")
            return
        }
        target.close()
    }

    @Test func nobodyListensThere() throws {
        var server: Server? = try Server("smtp_server.py", in: directory)
        let target = try target(#require(server))
        server = nil
        guard case .outOfService(let message) = try target.handOver(mail()) else {
            Issue.record("handed over to nobody")
            return
        }
        #expect(message.contains("connect"))
        target.close()
    }

    @Test func oneStalledMailDoesNotStopTheOthers() throws {
        let server = try Server("smtp_server.py", in: directory)
        let target = try target(server)
        let mails =
            [mail(1, to: "dot-stall@example.org")] + (2...21).map { mail($0) }
        for (index, mail) in mails.enumerated() { try target.start(mail, token: UInt64(index)) }
        var order: [UInt64] = []
        for _ in 0..<200 where order.count < mails.count {
            order += target.wait(milliseconds: 100).map(\.token)
        }
        #expect(order.count == 21)
        #expect(order.last == 0)
        target.close()
    }

    @Test("closing breaks off what is under way", .timeLimit(.minutes(1)))
    func close() throws {
        let server = try Server("smtp_server.py", in: directory)
        let target = try target(server, options: TargetOptions(parallel: 1))
        try target.start(mail(to: "dot-stall@example.org"), token: 1)
        try target.start(mail(2), token: 2)
        #expect(target.wait(milliseconds: 300).isEmpty)
        // The server would let it wait for ten minutes.
        target.close()
        let outcomes = target.wait(milliseconds: 0)
        #expect(outcomes.map(\.token).sorted() == [1, 2])
        for (token, outcome) in outcomes {
            switch outcome {
            case .unknown: #expect(token == 1)
            case .outOfService(let message):
                #expect(token == 2 && message.contains("before it began"))
            default: Issue.record("\(outcome)")
            }
        }
    }
}
