import Feedback
import Testing

/// Events of Amazon SES, as its documentation describes them.
struct SESTests {
    private static let mail =
        #""mail":{"timestamp":"2026-03-01T14:59:58.000Z","messageId":"0100-abc","source":"news@acme.example","destination":["ada@example.com"],"headersTruncated":false,"headers":[{"name":"From","value":"news@acme.example"},{"name":"Message-ID","value":"<\#(knownSend)@acme.example>"}],"commonHeaders":{"messageId":"0100-abc"}}"#

    private static func event(
        _ type: String, _ word: String, kind: String = "", _ details: String
    ) -> String {
        #"{"id":"ses:0100-abc:\#(word):2026-03-01T15:00:00.000Z","type":"\#(type)","partner":"p1","time":"2026-03-01T15:00:00.000Z","send":"\#(knownSend)","source":"celebrate"\#(kind),"feedback":{"address":"ada@example.com","by":"ses",\#(details)}}"#
    }

    private static let at = #""timestamp":"2026-03-01T15:00:00.000Z""#

    static let events: [(fields: String, line: String)] = [
        (
            #""eventType":"Delivery","delivery":{\#(at),"processingTimeMillis":11,"recipients":["ada@example.com"],"smtpResponse":"250 ok"}"#,
            event("email.delivered", "Delivery", #""diagnostic":"250 ok","event":"Delivery""#)
        ),
        (
            #""eventType":"Bounce","bounce":{\#(at),"bounceType":"Permanent","bounceSubType":"General","bouncedRecipients":[{"emailAddress":"ada@example.com","action":"failed","status":"5.1.1","diagnosticCode":"smtp; 550 5.1.1 unknown"}],"feedbackId":"f"}"#,
            event(
                "email.bounced", "Bounce", kind: #","kind":"hard""#,
                #""diagnostic":"smtp; 550 5.1.1 unknown","event":"Bounce","reason":"General","status":"5.1.1""#
            )
        ),
        (
            #""notificationType":"Bounce","bounce":{\#(at),"bounceType":"Transient","bounceSubType":"MailboxFull","bouncedRecipients":[]}"#,
            event(
                "email.bounced", "Bounce", kind: #","kind":"soft""#,
                #""event":"Bounce","reason":"MailboxFull""#)
        ),
        (
            #""eventType":"Bounce","bounce":{\#(at),"bounceType":"Undetermined"}"#,
            event("email.bounced", "Bounce", kind: #","kind":"soft""#, #""event":"Bounce""#)
        ),
        (
            #""eventType":"Complaint","complaint":{\#(at),"complainedRecipients":[{"emailAddress":"ada@example.com"}],"complaintFeedbackType":"abuse"}"#,
            event("email.complained", "Complaint", #""event":"Complaint","reason":"abuse""#)
        ),
        (
            #""eventType":"Open","open":{\#(at),"ipAddress":"192.0.2.1","userAgent":"Mozilla"}"#,
            event("email.opened", "Open", #""event":"Open""#)
        ),
        (
            #""eventType":"Click","click":{\#(at),"link":"https://acme.example/x","linkTags":null}"#,
            event("email.clicked", "Click", #""event":"Click","link":"https://acme.example/x""#)
        ),
        (
            #""eventType":"Subscription","subscription":{\#(at),"source":"UnsubscribeHeader","newTopicPreferences":{"unsubscribeAll":true},"oldTopicPreferences":{"unsubscribeAll":false}}"#,
            event("email.unsubscribed", "Subscription", #""event":"Subscription""#)
        ),
        (
            #""eventType":"Subscription","subscription":{\#(at),"newTopicPreferences":{"unsubscribeAll":false},"oldTopicPreferences":{"unsubscribeAll":true}}"#,
            event("email.resubscribed", "Subscription", #""event":"Subscription""#)
        ),
    ]

    @Test("An event becomes the event that it means, bare and wrapped", arguments: events)
    func readsEvents(fields: String, line: String) throws {
        let event = "{\(fields),\(Self.mail)}"
        #expect(try read(.ses, event) == [line])
        #expect(isAccepted(line))
        let quoted = event.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        let sns =
            #"{"Type":"Notification","MessageId":"m","TopicArn":"arn","Message":"\#(quoted)","Timestamp":"2026-03-01T15:00:01Z"}"#
        #expect(try read(.ses, sns) == [line])
        #expect(try read(.ses, "[\(sns),\(event)]") == [line, line])
        let bridge = #"{"version":"0","detail-type":"Email","source":"aws.ses","detail":\#(event)}"#
        #expect(try read(.ses, bridge) == [line])
    }

    static let skipped = [
        #"{"eventType":"Send"}"#, #"{"eventType":"Reject"}"#, #"{"eventType":"DeliveryDelay"}"#,
        #"{"eventType":"Rendering Failure"}"#,
        #"{"notificationType":"AmazonSnsSubscriptionSucceeded","message":"x"}"#,
        #"{"Type":"SubscriptionConfirmation","Token":"t","Message":"You have chosen"}"#,
        #"{"Type":"Notification","Message":"Successfully validated SNS topic for Amazon SES event publishing."}"#,
        #"{"eventType":"Complaint","mail":{"messageId":"m"},"complaint":{"complaintFeedbackType":"not-spam"}}"#,
        #"{"eventType":"Subscription","mail":{"messageId":"m"},"subscription":{"newTopicPreferences":{"unsubscribeAll":false}}}"#,
    ]

    @Test("What says nothing about the partner is passed over", arguments: skipped)
    func passesOver(line: String) throws {
        #expect(try read(.ses, line) == ["skipped"])
    }

    @Test("Tags say whom it is about, before the headers do; a header of ours survives SES")
    func tags() throws {
        func event(_ mail: String) -> String {
            #"{"eventType":"Open","open":{\#(Self.at)},"mail":{"messageId":"m",\#(mail)}}"#
        }
        let tagged = try #require(
            try read(.ses, event(#""tags":{"partner":["p7"],"source":["news"]}"#)).first)
        #expect(
            tagged.contains(#""partner":"p7","time":"2026-03-01T15:00:00.000Z","source":"news""#))
        let send = try read(.ses, event(#""tags":{"send":["\#(knownSend)"]}"#))
        #expect(send[0].contains(#""partner":"p1""#))
        let header = try read(
            .ses, event(#""headers":[{"name":"X-Muster-Send","value":"\#(knownSend)"}]"#))
        #expect(header[0].contains(#""partner":"p1""#))
        let common = try read(
            .ses, event(#""commonHeaders":{"messageId":"<\#(knownSend)@a.example>"}"#))
        #expect(common[0].contains(#""partner":"p1""#))
    }

    static let faults: [(String, String)] = [
        ("{}", "missing_field:mail.messageId"),
        (#"{"eventType":"Open","mail":{"messageId":7}}"#, "missing_field:partner"),
        (#"{"eventType":"Open","mail":{"messageId":{}}}"#, "bad_field:mail.messageId"),
        (#"{"mail":{"messageId":"m"}}"#, "missing_field:eventType"),
        (#"{"eventType":"Yawn","mail":{"messageId":"m"}}"#, "unknown_type"),
        (
            #"{"eventType":"Open","mail":{"messageId":"m","tags":{"partner":["p"]}}}"#,
            "missing_field:open.timestamp"
        ),
        (
            #"{"eventType":"Open","mail":{"messageId":"m","headers":[{"name":"Message-ID","value":"<\#(unknownSend)@a>"}]}}"#,
            "missing_field:partner"
        ),
        (#"{"Type":"Notification"}"#, "missing_field:Message"),
        (#"{"Type":"Notification","Message":"{"}"#, "bad_field:Message"),
        (#"{"Type":"Notification","Message":"7"}"#, "bad_field:Message"),
        (#"{"detail-type":"x","detail":7}"#, "bad_field:detail"), ("[[]]", "bad_json"),
    ]

    @Test("Faults name what is missing", arguments: faults)
    func namesFaults(line: String, expected: String) throws {
        #expect(try read(.ses, line) == [expected])
    }
}
