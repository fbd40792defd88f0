import Core
import Testing
import Wire

struct EnvelopeTests {
    private static let cloud =
        #""specversion":"1.0","id":"e1","subject":"p1","time":"2026-03-01T15:00:00Z""#
    private static let track =
        #""type":"track","messageId":"e1","userId":"p1","timestamp":"2026-03-01T15:00:00Z""#
    private static let identify =
        #""type":"identify","messageId":"e1","userId":"p1","timestamp":"2026-03-01T15:00:00Z""#

    static let cloudEvents: [(String, String)] = [
        (#"{\#(cloud),"type":"partner.joined"}"#, line("partner.joined")),
        (#"{\#(cloud),"type":"partner.joined","data":null}"#, line("partner.joined")),
        (
            #"{\#(cloud),"type":"tag.assigned","data":{"tag":"vip","source":"api"}}"#,
            line("tag.assigned", #""tag":"vip","source":"api""#)
        ),
        (
            #"{\#(cloud),"type":"tag.assigned","traceparent":"00-1","datacontenttype":"application/json","data":{"tag":"vip"}}"#,
            line("tag.assigned", #""tag":"vip""#)
        ),
        (
            #"{\#(cloud),"type":"tag.assigned","source":"/crm","data":{"tag":"vip"}}"#,
            line("tag.assigned", #""tag":"vip","cloudevents":{"source":"/crm"}"#)
        ),
        (
            #"{\#(cloud),"type":"tag.assigned","data":{"tag":"vip","x":[1],"y":null}}"#,
            line("tag.assigned", #""tag":"vip","x":[1]"#)
        ),
        (
            #"{\#(cloud),"type":"tag.assigned","data":{"tag":"vip","id":7}}"#,
            line("tag.assigned", #""tag":"vip","cloudevents":{"data":{"id":7}}"#)
        ),
    ]

    @Test("a CloudEvent is the same event", arguments: cloudEvents)
    func cloudEvent(text: String, plain: String) {
        #expect(read(text, .cloudEvents) == read(plain))
        #expect(read(plain).content != nil)
    }

    static let segments: [(String, String)] = [
        (#"{\#(identify)}"#, line("partner.updated")),
        (
            #"{\#(identify),"sentAt":"x","receivedAt":"y","writeKey":"z","traits":{"name":"A","email":"a@b.c","plan":"x","age":3,"old":null}}"#,
            line(
                "partner.updated",
                #""name":"A","email":"a@b.c","attributes":{"plan":"x","age":3,"old":null}"#
            )
        ),
        (
            #"{\#(identify),"traits":{"name":null,"address":{"city":"X"}}}"#,
            line("partner.updated", #""name":null,"segment":{"traits":{"address":{"city":"X"}}}"#)
        ),
        (
            #"{\#(identify),"context":{"ip":"::1"},"anonymousId":null}"#,
            line("partner.updated", #""segment":{"context":{"ip":"::1"}}"#)
        ),
        (#"{\#(track),"event":"Signed Up"}"#, line("custom.recorded", #""name":"Signed Up""#)),
        (
            #"{\#(track),"event":"Signed Up","properties":{"plan":"x","n":null,"deep":[1]}}"#,
            line(
                "custom.recorded",
                #""name":"Signed Up","properties":{"plan":"x"},"segment":{"properties":{"deep":[1]}}"#
            )
        ),
        (
            #"{\#(track),"event":"tag.assigned","properties":{"tag":"vip","x":1}}"#,
            line("tag.assigned", #""tag":"vip","x":1"#)
        ),
        (
            #"{\#(track),"event":"partner.joined","properties":{"id":1}}"#,
            line("partner.joined", #""segment":{"properties":{"id":1}}"#)
        ),
        (
            #"{\#(track),"event":"Order Completed","properties":{"revenue":49.9,"total":60,"currency":"USD"}}"#,
            line(
                "action.recorded",
                #""amount":49.9,"currency":"USD","segment":{"properties":{"total":60}}"#
            )
        ),
        (
            #"{\#(track),"event":"Order Completed","properties":{"revenue":null,"total":"60"}}"#,
            line("action.recorded", #""amount":60"#)
        ),
        (
            #"{\#(track),"event":"Order Completed","properties":{"order_id":"o"}}"#,
            line("custom.recorded", #""name":"Order Completed","properties":{"order_id":"o"}"#)
        ),
        (
            #"{\#(track),"event":"Order Refunded","properties":{"total":5}}"#,
            line("action.reversed", #""amount":5"#)
        ),
        (
            #"{\#(track),"event":"Order Refunded"}"#,
            line("custom.recorded", #""name":"Order Refunded""#)
        ),
    ]

    @Test("a Segment message is the same event", arguments: segments)
    func segment(text: String, plain: String) {
        #expect(read(text, .segment) == read(plain))
        #expect(read(plain).content != nil)
    }

    static let faults: [(Envelope, String, String)] = [
        (.cloudEvents, "{}", "missing_field:id"),
        (.cloudEvents, #"{"id":"e","type":"x"}"#, "unknown_type"),
        (.cloudEvents, #"{"id":"e","type":"com.acme.tag.assigned"}"#, "unknown_type"),
        (.cloudEvents, #"{"id":"e","type":"tag.assigned"}"#, "missing_field:subject"),
        (.cloudEvents, #"{"id":"e","type":"tag.assigned","subject":"p"}"#, "missing_field:time"),
        (
            .cloudEvents,
            #"{"id":"e","type":"tag.assigned","subject":"p","time":"2026-03-01T15:00:00Z"}"#,
            "missing_field:specversion"
        ),
        (
            .cloudEvents,
            #"{"specversion":"0.3","id":"e","type":"tag.assigned","subject":"p","time":"2026-03-01T15:00:00Z"}"#,
            "bad_field:specversion"
        ),
        (.cloudEvents, #"{\#(cloud),"type":"tag.assigned","data":[]}"#, "bad_field:data"),
        (.cloudEvents, #"{\#(cloud),"type":"tag.assigned"}"#, "missing_field:tag"),
        (
            .cloudEvents, #"{\#(cloud),"type":"click.recorded","data_base64":"eyJjb3VudCI6M30="}"#,
            "bad_field:data_base64"
        ),
        (
            .cloudEvents, #"{\#(cloud),"type":"action.recorded","data":{"amount":-1}}"#,
            "bad_field:amount"
        ),
        (.cloudEvents, "[]", "bad_json"), (.cloudEvents, " ", "blank"),
        (.cloudEvents, #"{"id":"muster:x"}"#, "bad_field:id"),
        (.segment, "{}", "missing_field:messageId"),
        (.segment, #"{"messageId":"e"}"#, "missing_field:type"),
        (.segment, #"{"messageId":"e","type":1}"#, "bad_field:type"),
        (.segment, #"{"messageId":"e","type":"page"}"#, "unknown_type"),
        (.segment, #"{"messageId":"e","type":"tag.assigned"}"#, "unknown_type"),
        (.segment, #"{"messageId":"e","type":"track"}"#, "missing_field:event"),
        (.segment, #"{"messageId":"e","type":"track","event":1}"#, "bad_field:event"),
        (.segment, #"{"messageId":"e","type":"track","event":"x"}"#, "missing_field:userId"),
        (.segment, #"{"messageId":"e","type":"identify","userId":"p"}"#, "missing_field:timestamp"),
        (.segment, #"{\#(identify),"traits":1}"#, "bad_field:traits"),
        (.segment, #"{\#(identify),"traits":{"email":"x"}}"#, "bad_field:email"),
        (.segment, #"{\#(track),"event":"x","properties":1}"#, "bad_field:properties"),
        (.segment, #"{\#(track),"event":""}"#, "bad_field:event"),
        (
            .segment, #"{\#(track),"event":"Order Completed","properties":{"revenue":-1}}"#,
            "bad_field:revenue"
        ),
        (
            .segment, #"{\#(track),"event":"Order Completed","properties":{"total":"x"}}"#,
            "bad_field:total"
        ),
        (
            .segment,
            #"{\#(track),"event":"Order Completed","properties":{"total":1,"currency":"EUR"}}"#,
            "bad_field:currency"
        ),
        (.segment, #"{\#(track),"event":"tag.assigned"}"#, "missing_field:tag"),
    ]

    @Test("faults carry the envelope's names", arguments: faults)
    func fault(envelope: Envelope, text: String, expected: String) {
        #expect(read(text, envelope).fault == expected)
    }
}
