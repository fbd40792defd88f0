import Feedback
import Testing

/// Twilio SendGrid's Event Webhook, as its documentation describes it.
struct SendGridTests {
    private static let common =
        #""email":"ada@example.com","timestamp":1772377200,"smtp-id":"<\#(knownSend)@acme.example>","sg_event_id":"ZXZlbnQ","sg_message_id":"14c5.filter01""#

    private static func event(
        _ type: String, kind: String = "", _ details: String
    ) -> String {
        #"{"id":"sendgrid:ZXZlbnQ","type":"\#(type)","partner":"p1","time":"2026-03-01T15:00:00Z","send":"\#(knownSend)","source":"celebrate"\#(kind),"feedback":{"address":"ada@example.com","by":"sendgrid",\#(details)}}"#
    }

    static let events: [(fields: String, line: String)] = [
        (
            #""event":"delivered","response":"250 OK""#,
            event("email.delivered", #""diagnostic":"250 OK","event":"delivered""#)
        ),
        (
            #""event":"open","useragent":"Mozilla","ip":"192.0.2.1""#,
            event("email.opened", #""event":"open""#)
        ),
        (
            #""event":"click","url":"https://acme.example/x","url_offset":{"index":0,"type":"html"}"#,
            event("email.clicked", #""event":"click","link":"https://acme.example/x""#)
        ),
        (
            #""event":"bounce","type":"bounce","reason":"550 no such user","status":"5.1.1""#,
            event(
                "email.bounced", kind: #","kind":"hard""#,
                #""diagnostic":"550 no such user","event":"bounce","status":"5.1.1""#)
        ),
        (
            #""event":"bounce","type":"blocked","reason":"550 spam","status":"5.7.1""#,
            event(
                "email.bounced", kind: #","kind":"soft""#,
                #""diagnostic":"550 spam","event":"bounce","status":"5.7.1""#)
        ),
        (
            #""event":"dropped","reason":"Bounced Address""#,
            event(
                "email.bounced", kind: #","kind":"hard""#,
                #""diagnostic":"Bounced Address","event":"dropped""#)
        ),
        (
            #""event":"dropped","reason":"Unsubscribed Address""#,
            event(
                "email.unsubscribed",
                #""diagnostic":"Unsubscribed Address","event":"dropped""#)
        ),
        (
            #""event":"dropped","reason":"Spam Reporting Address""#,
            event(
                "email.complained",
                #""diagnostic":"Spam Reporting Address","event":"dropped""#)
        ),
        (
            #""event":"dropped","reason":"Spam Content (if spam checker app enabled)""#,
            event(
                "email.bounced", kind: #","kind":"soft""#,
                #""diagnostic":"Spam Content (if spam checker app enabled)","event":"dropped""#)
        ),
        (#""event":"spamreport""#, event("email.complained", #""event":"spamreport""#)),
        (#""event":"unsubscribe""#, event("email.unsubscribed", #""event":"unsubscribe""#)),
        (
            #""event":"group_unsubscribe","asm_group_id":10"#,
            event("email.unsubscribed", #""event":"group_unsubscribe""#)
        ),
        (
            #""event":"group_resubscribe","asm_group_id":10"#,
            event("email.resubscribed", #""event":"group_resubscribe""#)
        ),
    ]

    @Test("An event becomes the event that it means", arguments: events)
    func readsEvents(fields: String, line: String) throws {
        #expect(try read(.sendGrid, "{\(Self.common),\(fields)}") == [line])
        #expect(isAccepted(line))
    }

    @Test("What says nothing yet is passed over", arguments: ["processed", "deferred"])
    func passesOver(event: String) throws {
        #expect(try read(.sendGrid, #"{"event":"\#(event)"}"#) == ["skipped"])
    }

    @Test("Custom arguments say whom it is about, before the Message-ID does")
    func arguments() throws {
        let arguments = #""partner":"p7","source":"news","event":"open""#
        let line = try #require(try read(.sendGrid, "{\(Self.common),\(arguments)}").first)
        #expect(line.contains(#""partner":"p7""#))
        #expect(line.contains(#""source":"news""#))
        let nested =
            #"{"sg_event_id":"x","timestamp":1,"event":"open","unique_args":{"send":"\#(knownSend)"}}"#
        let other = try #require(try read(.sendGrid, nested).first)
        #expect(other.contains(#""partner":"p1""#))
        #expect(other.contains(#""time":"1970-01-01T00:00:01Z""#))
    }

    static let faults: [(String, String)] = [
        ("{}", "missing_field:sg_event_id"),
        (#"{"event":"open","sg_event_id":""}"#, "bad_field:sg_event_id"),
        (#"{"sg_event_id":"x"}"#, "missing_field:event"),
        (#"{"sg_event_id":"x","event":7}"#, "unknown_type"),
        (#"{"sg_event_id":"x","event":[]}"#, "bad_field:event"),
        (#"{"sg_event_id":"x","event":"yawn"}"#, "unknown_type"),
        (#"{"sg_event_id":"x","event":"open"}"#, "missing_field:partner"),
        (
            #"{"sg_event_id":"x","event":"open","smtp-id":"<\#(unknownSend)@a>"}"#,
            "missing_field:partner"
        ),
        (#"{"sg_event_id":"x","event":"open","partner":"p"}"#, "missing_field:timestamp"),
        (
            #"{"sg_event_id":"x","event":"open","partner":"p","timestamp":"soon"}"#,
            "bad_field:timestamp"
        ),
        (
            #"{"sg_event_id":"x","event":"open","partner":"p","timestamp":1.5}"#,
            "bad_field:timestamp"
        ),
        (
            #"{"sg_event_id":"x","event":"open","partner":"p","timestamp":999999999999}"#,
            "bad_field:timestamp"
        ),
        ("7", "bad_json"), ("{", "bad_json"), ("[{},", "bad_json"), ("[1]", "bad_json"),
        (#"{"event":"open","event":"open"}"#, "duplicate_key"),
        (#"[{"event":"open","event":"open"}]"#, "duplicate_key"),
        (String(repeating: "[", count: 40), "too_deep"),
    ]

    @Test("Faults count in the order id, type, partner, time", arguments: faults)
    func namesFaults(line: String, expected: String) throws {
        #expect(try read(.sendGrid, line) == [expected])
    }

    @Test("An array is as many events, each fault with its own object")
    func arrays() throws {
        let good = "{\(Self.common),\"event\":\"open\"}"
        let line = Array("[ \(good) , {\"event\":\"x\"},{\"event\":\"processed\"}, {} ] \r".utf8)
        let elements = try #require(try ProviderReader(.sendGrid).read(line.span, lookUp))
        let texts = elements.map { String(decoding: line[$0.range], as: UTF8.self) }
        #expect(texts == [good, #"{"event":"x"}"#, #"{"event":"processed"}"#, "{}"])
        #expect(isAccepted(elements[0].notice.words))
        #expect(
            elements.dropFirst().map(\.notice.words)
                == ["missing_field:sg_event_id", "skipped", "missing_field:sg_event_id"])
        #expect(try read(.sendGrid, "[]").isEmpty)
        #expect(try read(.sendGrid, " \t\r").isEmpty)
    }

    @Test("A line over 1 MiB is refused as a whole")
    func tooLong() throws {
        let line = "[" + String(repeating: " ", count: 1_048_575) + "]"
        #expect(try read(.sendGrid, line) == ["too_long"])
        #expect(try read(.sendGrid, String(line.dropFirst(2)) + "\r") == ["bad_json"])
    }

    @Test("An id too long for an event is hashed, and others differ from it")
    func longIDs() throws {
        func id(_ text: String) throws -> String {
            let line =
                #"{"sg_event_id":"\#(text)","event":"open","partner":"p","timestamp":1}"#
            let event = try #require(try read(.sendGrid, line).first)
            #expect(isAccepted(event))
            return String(event.prefix(100))
        }
        let long = String(repeating: "x", count: 300)
        #expect(try id(long).hasPrefix(#"{"id":"sendgrid:sha256:"#))
        #expect(try id(long) != id(long + "x"))
    }
}
