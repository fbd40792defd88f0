import Foundation
import Testing

/// What became of mail comes back: webhook dumps of providers and mailboxes of reports (SPEC 2.2, 10).
struct FeedbackTests {
    /// A store with one send to each of some partners, and the sends' ids.
    private func store(_ partners: [String] = ["p1", "p2"]) throws -> (Sandbox, sends: [String]) {
        let sandbox = try Sandbox(Campaign.definitions)
        var input = ""
        for partner in partners {
            input += address("a-\(partner)", partner, at: "2026-03-01T12:00:00Z")
            input += tag("t-\(partner)", partner, "vip", at: "2026-03-01T12:00:00Z")
        }
        try sandbox.must("ingest", input: input)
        let rows = try sandbox.must("sends", "--format", "ndjson").split(separator: "\n")
        let sends = rows.compactMap { row in
            row.range(of: "snd_[0-9a-z]{26}", options: .regularExpression).map { String(row[$0]) }
        }
        try #require(sends.count == partners.count)
        return (sandbox, sends)
    }

    @Test("Rates are rounded to four decimals, a half up, and missing where nothing was delivered")
    func rates() throws {
        let (sandbox, sends) = try store(["p1", "p2", "p3"])
        #expect(
            try sandbox.must("report", "--format", "ndjson")
                .contains(#""open_rate":null,"click_rate":null"#))
        var input = ""
        for (index, send) in sends.enumerated() {
            for type in ["delivered", "opened", "clicked"].prefix(3 - index) {
                input +=
                    #"{"id":"\#(type)-\#(index)","type":"email.\#(type)","partner":"p\#(index + 1)","send":"\#(send)","time":"2026-03-01T13:00:00Z"}"#
                    + "\n"
            }
        }
        try sandbox.must("ingest", input: input)
        let report = try sandbox.must("report", "--format", "ndjson")
        #expect(report.contains(#""open_rate":0.6667,"click_rate":0.3333"#), "\(report)")
    }

    private func sendGrid(_ id: String, _ send: String, _ fields: String) -> String {
        #"{"sg_event_id":"\#(id)","email":"x@example.com","timestamp":1772370000,"smtp-id":"<\#(send)@acme.example>",\#(fields)}"#
    }

    private func report(_ send: String, id: String, status: String = "5.1.1") -> String {
        """
        Date: Sun, 1 Mar 2026 13:00:00 +0000
        Message-ID: <\(id)@mx.example>
        Content-Type: multipart/report; report-type=delivery-status; boundary=b

        --b
        Content-Type: message/delivery-status

        Reporting-MTA: dns; mx.example

        Final-Recipient: rfc822; x@example.com
        Action: failed
        Status: \(status)

        --b
        Content-Type: text/rfc822-headers

        Message-ID: <\(send)@acme.example>

        --b--

        """
    }

    @Test("A SendGrid dump: arrays and objects, twice, with its rejects and what is passed over")
    func sendGridDump() throws {
        let (sandbox, sends) = try store()
        let dump = """
            []
            [\(sendGrid("1", sends[0], #""event":"delivered""#)),{"event":"processed"},\(sendGrid("2", sends[0], #""event":"open""#))]

            \(sendGrid("3", sends[1], #""event":"bounce","type":"bounce""#))
            [\(sendGrid("4", "snd_00000000000000000000000000", #""event":"open""#)),{"sg_event_id":"5","event":"yawn"}]

            """
        let outcome = try sandbox.muster(
            "ingest", "--input", "sendgrid", "--summary-json", "--rejects", "rejects", input: dump)
        #expect(outcome.status == 65)
        #expect(outcome.out.hasPrefix(#"{"lines":4,"accepted":3,"duplicates":0,"rejected":2,"#))
        #expect(outcome.err.contains("warning: passed over 1 notice: no event"))
        let rejects = try sandbox.read("rejects").split(separator: "\n")
        #expect(rejects.count == 2)
        #expect(rejects[0].hasPrefix(#"{"line":5,"code":"missing_field","field":"partner","#))
        #expect(rejects[0].contains("no send snd_00000000000000000000000000 was decided"))
        #expect(rejects[1].hasPrefix(#"{"line":5,"code":"unknown_type","message":"#))
        #expect(rejects[1].hasSuffix(#""raw":"{\"sg_event_id\":\"5\",\"event\":\"yawn\"}"}"#))
        #expect(try sandbox.must("partner", "p2").contains("bounced"))
        let again = try sandbox.muster(
            "ingest", "--input", "sendgrid", "--summary-json", input: dump)
        #expect(again.out.hasPrefix(#"{"lines":4,"accepted":0,"duplicates":3,"rejected":2,"#))
        let log = try sandbox.must("export")
        #expect(
            log.contains(
                #""type":"email.opened","partner":"p1","time":"2026-03-01T13:00:00Z","send":"\#(sends[0])","source":"vip-welcome","feedback":"#
            ), "\(log)")
    }

    @Test("Strict stops inside an array, with what stood before kept")
    func strict() throws {
        let (sandbox, sends) = try store()
        let line =
            "[\(sendGrid("1", sends[0], #""event":"open""#)),{},\(sendGrid("2", sends[0], #""event":"open""#))]"
        let outcome = try sandbox.muster(
            "ingest", "--input", "sendgrid", "--strict", "--summary-json", input: line)
        #expect(outcome.out.hasPrefix(#"{"lines":1,"accepted":1,"duplicates":0,"rejected":1,"#))
    }

    @Test("An id with other content is a conflict, and time ahead of the clock is refused last")
    func order() throws {
        let (sandbox, sends) = try store()
        let first = sendGrid("1", sends[0], #""event":"open""#)
        let other = sendGrid("1", sends[0], #""event":"click""#)
        let ahead = first.replacingOccurrences(of: "1772370000", with: "32000000000")
        let noPartner = ahead.replacingOccurrences(of: sends[0], with: "x")
        let outcome = try sandbox.muster(
            "ingest", "--input", "sendgrid",
            input: [first, other, ahead, noPartner].joined(separator: "\n"))
        let codes = outcome.err.split(separator: "\n").compactMap { line in
            line.range(of: "\"code\":\"[a-z_]+\"", options: .regularExpression).map { line[$0] }
        }
        #expect(
            codes == [
                #""code":"id_conflict""#, #""code":"future_time""#, #""code":"missing_field""#,
            ])
    }

    @Test("SES through SNS: a hard bounce suppresses, and a send decided meanwhile is found")
    func ses() throws {
        let (sandbox, sends) = try store()
        func line(_ send: String, _ id: String, at time: String) -> String {
            let event =
                #"{"eventType":"Bounce","bounce":{"bounceType":"Permanent","timestamp":"\#(time)"},"mail":{"messageId":"\#(id)","headers":[{"name":"Message-ID","value":"<\#(send)@acme.example>"}]}}"#
            let quoted = event.replacingOccurrences(of: "\"", with: "\\\"")
            return #"{"Type":"Notification","Message":"\#(quoted)"}"# + "\n"
        }
        let ingest = try sandbox.start("ingest", "--input", "ses", "--emit", "acks")
        ingest.send(line(sends[0], "m1", at: "2026-03-01T13:00:00Z"))
        #expect(try ingest.line()?.hasSuffix(#","lines":1}"#) == true)
        try sandbox.must(
            "ingest",
            input: address("a-p3", "p3", at: "2026-03-01T14:00:00Z")
                + tag("t-p3", "p3", "vip", at: "2026-03-01T14:00:00Z"))
        let rows = try sandbox.must("sends", "--partner", "p3", "--format", "ndjson")
        let send = try #require(
            rows.range(of: "snd_[0-9a-z]{26}", options: .regularExpression).map { String(rows[$0]) }
        )
        ingest.send(line(send, "m2", at: "2026-03-01T15:00:00Z"))
        #expect(try ingest.line()?.hasSuffix(#","lines":2}"#) == true)
        ingest.closeInput()
        #expect(try ingest.finish().status == 0)
        #expect(try sandbox.must("partner", "p1").contains("bounced"))
        #expect(try sandbox.must("partner", "p3").contains("bounced"))
    }

    @Test("Reports from a Maildir, an mbox, a directory, single files and standard input")
    func mailboxes() throws {
        let (sandbox, sends) = try store()
        for folder in ["box/new", "box/cur", "box/tmp", "plain"] {
            try FileManager.default.createDirectory(
                atPath: sandbox.path(folder), withIntermediateDirectories: true)
        }
        try sandbox.write(report(sends[0], id: "m1"), to: "box/new/1.host")
        try sandbox.write(report(sends[1], id: "m2", status: "4.2.2"), to: "box/cur/2.host:2,S")
        try sandbox.write(report(sends[1], id: "m3"), to: "box/tmp/3.host")
        try sandbox.write("Subject: I am away\n\nBack soon.\n", to: "box/new/4.host")
        let maildir = try sandbox.muster("ingest", "--input", "dsn", "--summary-json", "box")
        #expect(maildir.status == 0)
        #expect(maildir.out.hasPrefix(#"{"lines":3,"accepted":2,"duplicates":0,"rejected":0,"#))
        #expect(maildir.err.contains("warning: passed over 1 message: no delivery report"))
        #expect(try sandbox.must("partner", "p1").contains("bounced"))
        #expect(try !sandbox.must("partner", "p2").contains("bounced"), "a soft bounce")

        let mbox = [
            report(sends[0], id: "m1"), report("snd_", id: "m4"), report(sends[1], id: "m5"),
        ]
        .map { "From MAILER-DAEMON Sun Mar  1 13:00:00 2026\n\($0)\n" }.joined()
        try sandbox.write(mbox, to: "mbox")
        let outcome = try sandbox.muster("ingest", "--input", "dsn", "--summary-json", "mbox")
        #expect(outcome.status == 65)
        #expect(outcome.out.hasPrefix(#"{"lines":3,"accepted":1,"duplicates":1,"rejected":1,"#))
        #expect(
            outcome.err.hasPrefix(
                #"{"file":"mbox","line":2,"code":"missing_field","field":"partner","#))
        #expect(outcome.err.contains(#""raw":"Date: Sun, 1 Mar 2026"#))

        try sandbox.write(report(sends[0], id: "m6"), to: "plain/six.eml")
        try sandbox.write(report(sends[0], id: "m7"), to: "seven.eml")
        let rest = try sandbox.muster(
            "ingest", "--input", "dsn", "--summary-json", "plain", "seven.eml", "-",
            input: report(sends[0], id: "m8"))
        #expect(rest.out.hasPrefix(#"{"lines":3,"accepted":3,"duplicates":0,"rejected":0,"#))
    }

    @Test(
        "A mailbox in a pipe that falls silent lets others write, and gives up only half a message")
    func silentPipe() throws {
        let (sandbox, sends) = try store()
        let separator = "From MAILER-DAEMON Sun Mar  1 13:00:00 2026\n"
        let ingest = try sandbox.start("ingest", "--input", "dsn", "--emit", "acks", "-")
        ingest.send(separator + report(sends[0], id: "m1") + "\n" + separator)
        #expect(try ingest.line()?.hasSuffix(#","lines":1}"#) == true)
        #expect(try sandbox.must("partner", "p1").contains("bounced"))
        try sandbox.must(
            "ingest", "--wait", "0", input: address("a-p3", "p3", at: "2026-03-01T14:00:00Z"))
        ingest.send(report(sends[1], id: "m2") + "\n" + separator + "Subject: half a mess")
        ingest.signal(SIGTERM)
        let outcome = try ingest.wait()
        #expect(outcome.status == 0)
        #expect(
            outcome.err.contains(
                "interrupted in message 3 of standard input, whose end had not come"),
            "\(outcome.err)")
        #expect(try sandbox.must("partner", "p2").contains("bounced"))
    }

    @Test("A message without end is refused, and the one behind it read")
    func tooLong() throws {
        let (sandbox, sends) = try store()
        let long = "Subject: x\n\n" + String(repeating: "x", count: 20 << 20) + "\n\n"
        let separator = "From a Sun Mar  1 13:00:00 2026\n"
        try sandbox.write(
            separator + long + separator + report(sends[0], id: "m1"), to: "mbox")
        let outcome = try sandbox.muster("ingest", "--input", "dsn", "--summary-json", "mbox")
        #expect(outcome.out.hasPrefix(#"{"lines":2,"accepted":1,"duplicates":0,"rejected":1,"#))
        #expect(outcome.err.hasPrefix(#"{"file":"mbox","line":1,"code":"too_long","#))
    }

    @Test("A mailbox that is not there is named, and so is an input that does not exist")
    func missing() throws {
        let (sandbox, _) = try store()
        #expect(try sandbox.muster("ingest", "--input", "dsn", "nowhere").status == 66)
        let usage = try sandbox.muster("ingest", "--input", "pigeons")
        #expect(usage.status == 64)
        #expect(usage.err.contains("sendgrid"))
    }
}
