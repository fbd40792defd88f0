import Core
import Testing
import Wire

struct EventReaderTests {
    static let long = String(repeating: "x", count: 255)

    static let cases: [(String, String)] = [
        // Lines
        ("", "blank"), (" \t\r", "blank"), ("\r", "blank"),
        (line("partner.joined") + "\r", "accepted"),
        (" " + line("partner.joined") + " ", "accepted"),
        ("[]", "bad_json"), ("\"x\"", "bad_json"), ("null", "bad_json"), ("x", "bad_json"),
        ("{", "bad_json"), ("{}", "missing_field:id"), ("{} {}", "bad_json"),
        ("\u{feff}" + line("partner.joined"), "bad_json"), ("\u{feff}", "bad_json"),
        (#"[{"a":1,"a":1}]"#, "bad_json"),
        (String(repeating: "[", count: 40) + String(repeating: "]", count: 40), "bad_json"),
        (line("partner.joined", #""x":"\ud800""#), "bad_json"),
        (line("partner.joined", #""x":1,"x":1"#), "duplicate_key"),
        (line("partner.joined", #""id":"e1""#), "duplicate_key"),
        (line("partner.joined", #""\u0069d":"e1""#), "duplicate_key"),
        (line("partner.updated", #""attributes":{"a":1,"a":1}"#), "duplicate_key"),
        (line("partner.joined", #""x":{"y":{"z":1,"z":1}}"#), "duplicate_key"),
        (line("nonsense", #""x":1,"x":1"#), "duplicate_key"),
        (
            line(
                "partner.joined",
                "\"x\":" + String(repeating: "[", count: 31) + String(repeating: "]", count: 31)
            ),
            "accepted"
        ),
        (
            line(
                "partner.joined",
                "\"x\":" + String(repeating: "[", count: 32) + String(repeating: "]", count: 32)
            ),
            "too_deep"
        ),
        // Ids
        (#"{"id":"","type":1}"#, "bad_field:id"), (#"{"id":1}"#, "bad_field:id"),
        (#"{"id":null}"#, "bad_field:id"), (#"{"id":"muster:1"}"#, "bad_field:id"),
        (#"{"id":"muster","type":"x"}"#, "unknown_type"),
        (#"{"id":"Muster:1","type":"x"}"#, "unknown_type"),
        (#"{"id":"\#(long)","type":"x"}"#, "unknown_type"),
        (#"{"id":"\#(long)x"}"#, "bad_field:id"), (#"{"id":"a\u0000"}"#, "bad_field:id"),
        (#"{"id":"a\u007f"}"#, "bad_field:id"), ("{\"id\":\"a\u{7f}\"}", "bad_field:id"),
        ("{\"id\":\"a\u{85}\"}", "bad_field:id"),
        ("{\"id\":\"a\u{a0}\",\"type\":0}", "bad_field:type"),
        // Types, and the order of faults
        (#"{"id":"e"}"#, "missing_field:type"), (#"{"id":"e","type":null}"#, "bad_field:type"),
        (#"{"id":"e","type":"tag.asigned"}"#, "unknown_type"),
        (#"{"id":"e","type":"tag.assigned","time":1,"tag":1}"#, "missing_field:partner"),
        (#"{"id":"e","type":"tag.assigned","partner":"","time":1}"#, "bad_field:partner"),
        (#"{"id":"e","type":"tag.assigned","partner":"p","tag":1}"#, "missing_field:time"),
        (#"{"id":"e","type":"tag.assigned","partner":"p","time":1,"tag":1}"#, "bad_field:time"),
        (
            #"{"id":"e","type":"tag.assigned","partner":"p","time":"2026-03-01T15:00:60Z"}"#,
            "bad_field:time"
        ),
        (
            #"{"id":"e","type":"tag.assigned","partner":"p","time":"2099-01-01T00:00:00Z"}"#,
            "missing_field:tag"
        ),
        (
            #"{"id":"e","type":"tag.assigned","partner":"p","time":"2099-01-01T00:00:00Z","tag":"t"}"#,
            "future_time"
        ),
        (
            #"{"id":"e","type":"partner.joined","partner":"p","time":"2027-01-15T08:05:00Z"}"#,
            "accepted"
        ),
        (
            #"{"id":"e","type":"partner.joined","partner":"p","time":"2027-01-15T08:05:00.000001Z"}"#,
            "future_time"
        ),
        // partner.updated
        (line("partner.updated"), "accepted"),
        (line("partner.updated", #""name":null,"email":null,"attributes":null"#), "accepted"),
        (line("partner.updated", #""name":"A B","email":"a@b.c""#), "accepted"),
        (line("partner.updated", #""name":"""#), "accepted"),
        (
            line("partner.updated", "\"name\":\"\(String(repeating: "x", count: 1000))\""),
            "accepted"
        ),
        (
            line("partner.updated", "\"name\":\"\(String(repeating: "x", count: 1001))\""),
            "bad_field:name"
        ),
        (line("partner.updated", #""name":1,"email":1"#), "bad_field:name"),
        (line("partner.updated", #""name":"a\r\nBcc: b""#), "accepted"),
        (line("partner.updated", #""email":"ab""#), "bad_field:email"),
        (line("partner.updated", #""email":"""#), "bad_field:email"),
        (line("partner.updated", #""email":"a@b@c""#), "bad_field:email"),
        (line("partner.updated", #""email":"a b@c""#), "bad_field:email"),
        (line("partner.updated", #""email":"a\u00a0b@c""#), "bad_field:email"),
        (line("partner.updated", #""email":"a\u2003b@c""#), "bad_field:email"),
        (line("partner.updated", #""email":"a\tb@c""#), "bad_field:email"),
        (line("partner.updated", #""email":"é@ü.de""#), "accepted"),
        (line("partner.updated", "\"email\":\"\(long.dropLast(2))@\""), "accepted"),
        (line("partner.updated", "\"email\":\"\(long.dropLast(1))@\""), "bad_field:email"),
        (line("partner.updated", #""attributes":{}"#), "accepted"),
        (
            line("partner.updated", #""attributes":{"a":"x","b":1,"c":true,"d":null,"":0}"#),
            "accepted"
        ),
        (line("partner.updated", #""attributes":{"a":{}}"#), "bad_field:attributes"),
        (line("partner.updated", #""attributes":{"a":[]}"#), "bad_field:attributes"),
        (line("partner.updated", #""attributes":[]"#), "bad_field:attributes"),
        (line("partner.updated", #""attributes":"x""#), "bad_field:attributes"),
        (line("partner.updated", #""attributes":{"a":1e1000001}"#), "bad_field:attributes"),
        (
            line("partner.updated", #""attributes":{"a":1e1000000,"b":1e-1000000}"#),
            "bad_field:attributes"
        ),
        (line("partner.updated", #""attributes":{"a":1e999999,"b":1e-1000000}"#), "accepted"),
        // Stages and contracts
        (line("relationship.changed"), "missing_field:stage"),
        (line("relationship.changed", #""stage":"in_discussion""#), "accepted"),
        (line("relationship.changed", #""stage":"archived""#), "bad_field:stage"),
        (line("relationship.changed", #""stage":null"#), "bad_field:stage"),
        (line("relationship.changed", #""stage":1"#), "bad_field:stage"),
        (line("contract.changed", #""stage":"archived""#), "accepted"),
        (line("contract.changed", #""stage":"outreach""#), "bad_field:stage"),
        (line("contract.changed", #""contract":"""#), "bad_field:contract"),
        (
            line("contract.changed", #""contract":null,"stage":"joined","template_term":null"#),
            "accepted"
        ),
        (
            line("contract.changed", #""stage":"joined","template_term":"""#),
            "bad_field:template_term"
        ),
        (line("partner.joined", #""contract":"c","template_term":"t""#), "accepted"),
        (line("partner.joined", #""contract":1"#), "bad_field:contract"),
        (line("partner.joined", #""stage":17"#), "accepted"),
        (line("application.submitted"), "missing_field:template_term"),
        (line("application.submitted", #""template_term":null"#), "bad_field:template_term"),
        (line("application.submitted", #""template_term":"t""#), "accepted"),
        // Actions
        (line("action.recorded"), "missing_field:amount"),
        (line("action.recorded", #""amount":null"#), "bad_field:amount"),
        (line("action.recorded", #""amount":true"#), "bad_field:amount"),
        (line("action.recorded", #""amount":1.5"#), "accepted"),
        (line("action.recorded", #""amount":"1.5""#), "accepted"),
        (line("action.recorded", #""amount":" 1.5""#), "bad_field:amount"),
        (line("action.recorded", #""amount":1e12"#), "bad_field:amount"),
        (line("action.recorded", #""amount":1e99999999999"#), "bad_field:amount"),
        (line("action.recorded", #""amount":0.0000001"#), "bad_field:amount"),
        (line("action.recorded", #""amount":-1"#), "bad_field:amount"),
        (line("action.recorded", #""amount":-0"#), "accepted"),
        (line("action.recorded", #""amount":1,"currency":"USD""#), "accepted"),
        (line("action.recorded", #""amount":1,"currency":null"#), "accepted"),
        (line("action.recorded", #""amount":1,"currency":"usd""#), "bad_field:currency"),
        (line("action.recorded", #""amount":1,"currency":1"#), "bad_field:currency"),
        (line("action.recorded", #""amount":-1,"currency":1"#), "bad_field:amount"),
        (line("action.reversed", #""amount":1"#), "accepted"),
        (line("action.reversed", #""amount":1,"original_time":null"#), "accepted"),
        (
            line("action.reversed", #""amount":1,"original_time":"2026-03-01T15:00:00Z""#),
            "accepted"
        ),
        (
            line("action.reversed", #""amount":1,"original_time":"2026-03-01T15:00:00.000001Z""#),
            "bad_field:original_time"
        ),
        (
            line("action.reversed", #""amount":1,"original_time":"1969-01-01T15:00:00Z""#),
            "bad_field:original_time"
        ),
        (line("action.reversed", #""amount":1,"original_time":5"#), "bad_field:original_time"),
        // Clicks, tags, groups
        (line("click.recorded"), "accepted"), (line("click.recorded", #""count":1e2"#), "accepted"),
        (line("click.recorded", #""count":0"#), "bad_field:count"),
        (line("click.recorded", #""count":"1""#), "bad_field:count"),
        (line("click.recorded", #""count":1.5"#), "bad_field:count"),
        (line("tag.assigned", #""tag":"vip","source":"api""#), "accepted"),
        (line("tag.removed", #""tag":"vip","source":"""#), "bad_field:source"),
        (line("tag.removed", #""source":1"#), "missing_field:tag"),
        (line("group.joined"), "missing_field:group"),
        (line("group.left", #""group":"g""#), "accepted"),
        // Email
        (line("email.opened"), "accepted"),
        (line("email.opened", #""send":"s","source":"w","kind":5"#), "accepted"),
        (line("email.bounced", #""kind":"hard""#), "accepted"),
        (line("email.bounced", #""kind":"soft""#), "accepted"),
        (line("email.bounced", #""kind":null"#), "accepted"),
        (line("email.bounced", #""kind":"Hard""#), "bad_field:kind"),
        (line("email.bounced", #""kind":1"#), "bad_field:kind"),
        (line("email.bounced", #""send":1,"source":1"#), "bad_field:send"),
        (line("email.unsubscribed", #""source":1"#), "bad_field:source"),
        // Custom
        (line("custom.recorded"), "missing_field:name"),
        (line("custom.recorded", #""name":null"#), "bad_field:name"),
        (line("custom.recorded", #""name":"n","properties":{"a":null,"b":1}"#), "accepted"),
        (line("custom.recorded", #""name":"n","properties":null"#), "accepted"),
        (line("custom.recorded", #""name":"n","properties":{"a":{}}"#), "bad_field:properties"),
        (line("custom.recorded", #""name":"n","properties":1"#), "bad_field:properties"),
        // Extras of any kind
        (line("tag.assigned", #""tag":"t","x":{"y":[1e9999999999,null]}"#), "accepted"),
    ]

    @Test("outcome of a line", arguments: cases)
    func outcome(text: String, expected: String) {
        let reading = read(text)
        #expect(reading.fault == expected)
        #expect(reading == read(Array(text.utf8), carefully: true))
        if case .rejected(let reject) = reading {
            #expect(!reject.message.isEmpty)
            #expect(reject.line == 17)
            #expect(reject.raw == text)
        }
    }

    @Test func everyTypeIsKnown() throws {
        let required =
            #""stage":"joined","template_term":"t","amount":1,"tag":"t","group":"g","name":"n""#
        for type in [
            "partner.updated", "relationship.changed", "contract.changed", "partner.joined",
            "application.submitted", "action.recorded", "action.reversed", "click.recorded",
            "tag.assigned", "tag.removed", "group.joined", "group.left", "email.delivered",
            "email.opened", "email.clicked", "email.bounced", "email.complained",
            "email.unsubscribed", "email.resubscribed", "custom.recorded",
        ] {
            let reading = read(line(type, required))
            #expect(reading.fault == "accepted")
            let content = try #require(reading.content)
            var json: [UInt8] = []
            try appendContentJSON(content.span, time: .earliest, to: &json)
            #expect(String(decoding: json, as: UTF8.self).hasPrefix(#"{"type":"\#(type)""#))
        }
        for stage in RelationshipStage.allCases {
            #expect(
                read(line("relationship.changed", "\"stage\":\"\(stage.word)\"")).content == [
                    2, 0, stage.rawValue,
                ]
            )
        }
        for stage in ContractStage.allCases {
            #expect(
                read(line("contract.changed", "\"stage\":\"\(stage.word)\"")).content == [
                    3, 0, stage.rawValue,
                ]
            )
        }
        #expect(
            read(line("contract.changed", #""stage":"awaiting_XXXXXXXXXX_approval""#)).fault
                == "bad_field:stage"
        )
    }

    @Test func longLines() {
        let start = Array(line("partner.joined", "\"x\":\"").dropLast().utf8)
        func long(_ count: Int) -> [UInt8] {
            start + Array(repeating: UInt8(ascii: "x"), count: count - start.count - 2)
                + Array("\"}".utf8)
        }
        #expect(read(long(1_048_576)).fault == "accepted")
        #expect(read(long(1_048_576) + [0x0d]).fault == "accepted")
        #expect(read(long(1_048_577)).fault == "too_long")
        #expect(read(Array(repeating: 0xff, count: 1_048_577)).fault == "too_long")
        guard case .rejected(let reject) = read(long(1_048_577)) else {
            Issue.record("it was taken")
            return
        }
        #expect(reject.raw.utf8.count == 1024)
        let accents = Array(String(repeating: "é", count: 600_000).utf8)
        guard case .rejected(let cut) = read([0x61] + accents) else {
            Issue.record("it was taken")
            return
        }
        #expect(cut.raw == "a" + String(repeating: "é", count: 511))
    }

    @Test func malformedUTF8() {
        let text = Array(line("partner.joined").utf8)
        for place in text.indices {
            var damaged = text
            damaged[place] = 0xff
            #expect(read(damaged).fault == "bad_utf8")
            #expect(read(damaged) == read(damaged, carefully: true))
        }
        guard case .rejected(let reject) = read([0x7b, 0xff, 0x7d]) else {
            Issue.record("it was taken")
            return
        }
        #expect(reject.raw == "{\u{fffd}}")
    }

    @Test func messagesSayHowToMend() {
        #expect(read(line("tag.asigned")).message.contains("tag.assigned"))
        #expect(read(line("zzz")).message.contains("custom.recorded"))
        #expect(read("\u{feff}{}").message.contains("byte order mark"))
        #expect(
            read(line("action.recorded", #""amount":1,"currency":"EUR""#)).message
                == "`currency` is \"EUR\", but the program's is \"USD\": convert the amount before sending it"
        )
    }

    @Test func rejectsAsJSON() {
        var bytes: [UInt8] = []
        Reject(line: 17, code: .badField, field: "amount", message: "a \"b\"", raw: "{\n")
            .appendJSON(to: &bytes)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"line":17,"code":"bad_field","field":"amount","message":"a \"b\"","raw":"{\n"}"#
        )
        bytes = []
        Reject(line: 1, code: .badJSON, field: nil, message: "m", raw: "r").appendJSON(to: &bytes)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"line":1,"code":"bad_json","message":"m","raw":"r"}"#
        )
    }
}
