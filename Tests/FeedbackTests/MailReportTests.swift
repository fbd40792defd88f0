import Feedback
import Testing

/// Delivery status notifications in the shapes that mail servers give them, and feedback reports.
struct MailReportTests {
    static let postfix = """
        Return-Path: <>
        Date: Sun,  1 Mar 2026 15:00:05 +0000 (UTC)
        From: MAILER-DAEMON@mx.acme.example (Mail Delivery System)
        Subject: Undelivered Mail Returned to Sender
        To: news@acme.example
        Auto-Submitted: auto-replied
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type=delivery-status;
        \tboundary="4F1D2203.1772377205/mx.acme.example"
        Message-Id: <20260301150005.7A2@mx.acme.example>

        This is a MIME-encapsulated message.

        --4F1D2203.1772377205/mx.acme.example
        Content-Description: Notification
        Content-Type: text/plain; charset=us-ascii

        I'm sorry to have to inform you that your message could not be delivered.

        --4F1D2203.1772377205/mx.acme.example
        Content-Description: Delivery report
        Content-Type: message/delivery-status

        Reporting-MTA: dns; mx.acme.example
        X-Postfix-Queue-ID: 4F1D2203
        Arrival-Date: Sun,  1 Mar 2026 15:00:01 +0000 (UTC)

        Final-Recipient: rfc822; ada@example.com
        Original-Recipient: rfc822;ada@example.com
        Action: failed
        Status: 5.1.1
        Remote-MTA: dns; mx.example.com
        Diagnostic-Code: smtp; 550 5.1.1 <ada@example.com>: Recipient address
            rejected: User unknown

        --4F1D2203.1772377205/mx.acme.example
        Content-Description: Undelivered Message
        Content-Type: message/rfc822

        From: news@acme.example
        Subject: Well done
        Message-ID:
         <\(knownSend)@acme.example>

        Hello
        --4F1D2203.1772377205/mx.acme.example--

        """

    static let exim = """
        Date: Sun, 01 Mar 2026 16:00:00 +0100
        From: Mail Delivery System <Mailer-Daemon@exim.example>
        Subject: Mail delivery failed: returning message to sender
        Message-Id: <E1abc-000@exim.example>
        References: <\(knownSend)@acme.example>
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type=delivery-status; boundary=1772377200-eximdsn-99
        X-Failed-Recipients: ada@example.com

        --1772377200-eximdsn-99
        Content-type: text/plain; charset=us-ascii

        This message was created automatically by mail delivery software.

        --1772377200-eximdsn-99
        Content-type: message/delivery-status

        Reporting-MTA: dns; exim.example

        Action: failed
        Final-Recipient: rfc822;ada@example.com
        Status: 5.0.0

        --1772377200-eximdsn-99
        Content-type: message/rfc822

        Return-path: <news@acme.example>
        Subject: Well done

        --1772377200-eximdsn-99--
        """

    static let exchange = """
        From: Microsoft Outlook <MicrosoftExchange@mail.example>
        To: <news@acme.example>
        Date: 1 Mar 2026 15:00 GMT
        Content-Type: multipart/report; report-type=delivery-status;
            boundary="_8a(1)_"
        Message-ID: <exch-1@mail.example>
        In-Reply-To: <\(knownSend)@acme.example>
        Subject: Undeliverable: Well done

        --_8a(1)_
        Content-Type: multipart/alternative; boundary="inner"

        --inner
        Content-Type: text/html

        <p>Your message couldn't be delivered.</p>
        --inner--
        --_8a(1)_
        Content-Type: message/delivery-status
        Content-Transfer-Encoding: base64

        UmVwb3J0aW5nLU1UQTogZG5zO21haWwuZXhhbXBsZQoKRmluYWwtUmVjaXBpZW50OiByZmM4MjI7
        YWRhQGV4YW1wbGUuY29tCkFjdGlvbjogZmFpbGVkClN0YXR1czogNC40LjcK
        --_8a(1)_
        Content-Type: text/rfc822-headers

        Subject: Well done
        --_8a(1)_--
        """

    static let gmail = """
        Date: Sun, 01 Mar 2026 07:00:00 -0800 (PST)
        From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
        Auto-Submitted: auto-replied
        Subject: Delivery Status Notification (Delay)
        References: <\(knownSend)@acme.example>
        Message-ID: <65e1.gmr@mx.google.com>
        Content-Type: multipart/report; boundary="000000000000aa"; report-type=delivery-status

        --000000000000aa
        Content-Type: multipart/related; boundary="000000000000bb"

        --000000000000bb
        Content-Type: text/plain; charset="UTF-8"

        ** Delivery incomplete **
        --000000000000bb--
        --000000000000aa
        Content-Type: message/delivery-status

        Reporting-MTA: dns; googlemail.com
        Arrival-Date: Sat, 28 Feb 2026 07:00:00 -0800 (PST)
        X-Original-Message-ID: <\(knownSend)@acme.example>

        Final-Recipient: rfc822; ada@example.com
        Action: delayed
        Status: 4.4.1
        Last-Attempt-Date: Sun, 01 Mar 2026 07:00:00 -0800 (PST)
        Will-Retry-Until: Tue, 03 Mar 2026 07:00:00 -0800 (PST)

        --000000000000aa
        Content-Type: message/rfc822

        Message-ID: <\(knownSend)@acme.example>

        --000000000000aa--
        """

    static let abuse = """
        From: <abuse@example.com>
        Date: Sun, 1 Mar 2026 10:00:00 EST
        Message-ID: <arf-1@example.com>
        Content-Type: multipart/report; report-type=feedback-report; boundary="part"

        --part
        Content-Type: text/plain

        This is an email abuse report.
        --part
        Content-Type: message/feedback-report

        Feedback-Type: abuse
        User-Agent: SomeGenerator/1.0
        Version: 1
        Original-Rcpt-To: <ada@example.com>
        Arrival-Date: Sat, 28 Feb 2026 10:00:00 EST
        --part
        Content-Type: text/rfc822-headers
        Content-Transfer-Encoding: quoted-printable

        Message-ID: =3C\(knownSend)@acme.=
        example>
        --part--
        """

    private static func event(
        _ type: String, _ id: String, time: String = "2026-03-01T15:00:00Z", kind: String = "",
        _ details: String
    ) -> String {
        #"{"id":"\#(id)","type":"\#(type)","partner":"p1","time":"\#(time)","send":"\#(knownSend)","source":"celebrate"\#(kind),"feedback":{"address":"ada@example.com","by":"dsn",\#(details)}}"#
    }

    static let reports: [(mail: String, line: String)] = [
        (
            postfix,
            event(
                "email.bounced", "dsn:20260301150005.7A2@mx.acme.example:ada@example.com",
                time: "2026-03-01T15:00:05Z", kind: #","kind":"hard""#,
                #""diagnostic":"550 5.1.1 <ada@example.com>: Recipient address    rejected: User unknown","event":"failed","status":"5.1.1""#
            )
        ),
        (
            exim,
            event(
                "email.bounced", "dsn:E1abc-000@exim.example:ada@example.com",
                kind: #","kind":"hard""#, #""event":"failed","status":"5.0.0""#)
        ),
        (
            exchange,
            event(
                "email.bounced", "dsn:exch-1@mail.example:ada@example.com",
                kind: #","kind":"soft""#, #""event":"failed","status":"4.4.7""#)
        ),
        (
            gmail,
            event(
                "email.bounced", "dsn:65e1.gmr@mx.google.com:ada@example.com",
                kind: #","kind":"soft""#, #""event":"delayed","status":"4.4.1""#)
        ),
        (
            abuse,
            event("email.complained", "arf:arf-1@example.com:ada@example.com", #""event":"abuse""#)
        ),
    ]

    @Test("A report becomes the event that it means, with either line end", arguments: reports)
    func readsReports(mail: String, line: String) throws {
        #expect(try read(mail: mail) == [line])
        #expect(try read(mail: mail.replacing("\n", with: "\r\n")) == [line])
        #expect(isAccepted(line))
    }

    @Test("A report that somebody forwarded inside a multipart is found; one in a mail is not")
    func nested() throws {
        let mixed = """
            Date: Sun, 1 Mar 2026 15:00:05 +0000
            Message-Id: <outer@acme.example>
            Content-Type: multipart/mixed; boundary=outer

            --outer
            \(Self.postfix)
            --outer--
            """
        let line = try #require(try read(mail: mixed).first)
        #expect(
            line.hasPrefix(
                #"{"id":"dsn:outer@acme.example:ada@example.com","type":"email.bounced""#))
        #expect(
            try read(mail: "Content-Type: message/rfc822\n\n" + Self.postfix) == ["skipped"])
    }

    @Test("Each recipient is an event of its own")
    func recipients() throws {
        let second = """
            Status: 5.1.1

            Final-Recipient: rfc822; ben@example.com
            Action: RELAYED (to a server without reports)
            Status: 2.0.0
            """
        let mail = Self.postfix.replacing("Status: 5.1.1", with: second)
        let lines = try read(mail: mail)
        #expect(lines.count == 2)
        #expect(lines[0].contains(#"ada@example.com","type":"email.bounced""#))
        #expect(lines[1].contains(#"ben@example.com","type":"email.delivered""#))
    }

    @Test(
        "Only what is the address's fault is a hard bounce",
        arguments: [
            ("5.1.1", "hard"), ("5.2.1", "hard"), ("5.0.0", "hard"), ("", "hard"),
            ("5.2.2", "soft"), ("5.7.1", "soft"), ("5.4.7", "soft"), ("4.2.2", "soft"),
            ("4.1.1", "soft"),
        ])
    func kind(_ status: String, _ kind: String) throws {
        let mail = Self.postfix.replacing("Status: 5.1.1", with: "Status: \(status)")
        let line = try #require(try read(mail: mail).first)
        #expect(line.contains(#""kind":"\#(kind)""#), "\(line)")
    }

    static let faults: [(from: String, to: String, expected: String)] = [
        ("Action: failed", "Action: eaten", "bad_field:Action"),
        ("Action: failed", "Aktion: failed", "missing_field:Action"),
        (knownSend, unknownSend, "missing_field:partner"),
        (knownSend, "somebody-elses", "missing_field:partner"),
    ]

    @Test("A report in which something is missing says what", arguments: faults)
    func namesFaults(from: String, to: String, expected: String) throws {
        #expect(try read(mail: Self.postfix.replacing(from, with: to)) == [expected])
    }

    @Test("Without a last attempt the report's date counts, then the original's arrival")
    func times() throws {
        let noDate = Self.postfix.replacing("Date: Sun,  1 Mar 2026 15:00:05", with: "Date: soon")
        #expect(try read(mail: noDate)[0].contains(#""time":"2026-03-01T15:00:01Z""#))
        let none = noDate.replacing("2026 15:00:01", with: "MMXXVI")
        #expect(try read(mail: none) == ["missing_field:Date"])
    }

    static let mails = [
        "", "\n", "Subject: Out of office\n\nI am away.\n",
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\n"
            + "Content-Type: message/disposition-notification\n\nDisposition: x; displayed\n--b--\n",
        "Content-Type: multipart/report\n\n--b\n",
        abuse.replacing("Type: abuse", with: "Type: not-spam"),
    ]

    @Test("Other mail is passed over", arguments: mails)
    func otherMail(mail: String) throws {
        #expect(try read(mail: mail) == ["skipped"])
    }

    @Test("A report without a Message-ID has the hash of its bytes for one")
    func noMessageID() throws {
        let mail = Self.exim.replacing("Message-Id: <E1abc", with: "X-Id: <E1abc")
        let line = try #require(try read(mail: mail).first)
        #expect(line.hasPrefix(#"{"id":"dsn:"#))
        #expect(try read(mail: mail) == [line])
        #expect(try read(mail: mail + "\n") != [line])
    }

    static let dates: [(String, String)] = [
        ("Sun, 1 Mar 2026 15:00:00 +0000", "2026-03-01T15:00:00Z"),
        ("1 Mar 26 15:00 GMT", "2026-03-01T15:00:00Z"),
        ("Sun, 01 Mar 2026 10:00:60 EST", "2026-03-01T15:00:59Z"),
        ("Sun (a (nested) comment), 1 (first) March 2026 20:30:00 +0530", "2026-03-01T15:00:00Z"),
        ("Thu, 31 Dec 1998 23:59:59 -0000", "1998-12-31T23:59:59Z"),
        ("31 Dec 98 23:59:59 Z", "1998-12-31T23:59:59Z"),
    ]

    @Test("Dates of mail, old forms too", arguments: dates)
    func readsDates(date: String, expected: String) throws {
        let mail = Self.exim.replacing("Sun, 01 Mar 2026 16:00:00 +0100", with: date)
        #expect(try read(mail: mail)[0].contains(#""time":"\#(expected)""#))
    }

    static let noDates = [
        "", "Sun", "Sun, 1 Mar 2026", "1 Mär 2026 15:00", "30 Feb 2026 15:00:00 +0000",
        "1 Mar 2026 24:00:00 +0000", "1 Mar 2026 15:60 +0000", "1 Mar 1969 15:00:00 +0000",
        "99999999999999999999 Mar 2026 15:00", "1 Mar 2026 15", "+1 Mar 2026 15:00",
    ]

    @Test("What is no date is none", arguments: noDates)
    func refusesDates(date: String) throws {
        let mail = Self.exim.replacing("Sun, 01 Mar 2026 16:00:00 +0100", with: date)
        #expect(try read(mail: mail) == ["missing_field:Date"])
    }
}
