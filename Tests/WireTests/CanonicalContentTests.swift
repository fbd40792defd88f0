import Testing
import Wire

struct CanonicalContentTests {
    static let same: [(String, String, String)] = [
        ("action.recorded", #""amount":1.5"#, #""amount":"1.50""#),
        ("action.recorded", #""amount":1.5"#, #" "amount" : 15e-1 "#),
        ("action.recorded", #""amount":1,"currency":null"#, #""amount":1"#),
        (
            "action.reversed", #""amount":1,"original_time":"2026-03-01T14:00:00Z""#,
            #""original_time":"2026-03-01T15:00:00.000000900+01:00","amount":1"#
        ),
        ("click.recorded", #""count":100"#, #""count":1e2"#),
        ("click.recorded", #""count":null"#, ""),
        ("tag.assigned", #""tag":"a","source":"b""#, #""source":"\u0062","tag":"\u0061""#),
        ("tag.assigned", #""tag":"a","x":null"#, #""tag":"a""#),
        ("tag.assigned", #""tag":"a","x":{"b":1,"a":2.0}"#, #""x":{"a":2,"b":1e0},"tag":"a""#),
        ("tag.assigned", #""tag":"a","x":1,"y":2"#, #""y":2,"x":1,"tag":"a""#),
        ("partner.updated", #""attributes":null"#, ""),
        ("partner.updated", #""attributes":{"a":1,"b":null}"#, #""attributes":{"b":null,"a":1.0}"#),
        ("partner.updated", #""attributes":{"a":100}"#, #""attributes":{"a":1e2}"#),
        ("partner.updated", #""attributes":{"a":-0}"#, #""attributes":{"a":0.000}"#),
        (
            "partner.updated", #""attributes":{"a":123456789012345678901}"#,
            #""attributes":{"a":1.23456789012345678901e20}"#
        ),
        (
            "partner.updated", #""attributes":{"a":123456789012345678}"#,
            #""attributes":{"a":123456789012345678.000}"#
        ),
        ("custom.recorded", #""name":"n","properties":{"a":null}"#, #""name":"n","properties":{}"#),
        ("email.opened", #""kind":null"#, ""),
    ]

    @Test("the same content", arguments: same)
    func isSame(type: String, left: String, right: String) {
        #expect(read(line(type, left)) == read(line(type, right)))
        #expect(read(line(type, left)).content != nil)
    }

    static let different: [(String, String, String)] = [
        ("click.recorded", "", #""count":1"#),
        ("email.bounced", "", #""kind":"hard""#),
        ("action.recorded", #""amount":1"#, #""amount":1,"currency":"USD""#),
        ("action.reversed", #""amount":1"#, #""amount":1,"original_time":"2026-03-01T15:00:00Z""#),
        ("partner.joined", "", #""contract":"default""#),
        ("partner.joined", #""contract":"a""#, #""template_term":"a""#),
        ("partner.updated", #""name":null"#, ""),
        ("partner.updated", #""email":null"#, ""),
        ("partner.updated", #""name":null"#, #""email":null"#),
        ("partner.updated", #""name":"a""#, #""email":"a@""#),
        ("partner.updated", #""attributes":{"a":null}"#, #""attributes":{}"#),
        ("partner.updated", #""attributes":{"a":1}"#, #""attributes":{"a":"1"}"#),
        ("partner.updated", #""attributes":{"a":true}"#, #""attributes":{"a":false}"#),
        ("partner.updated", #""attributes":{"a":1}"#, #""attributes":{"a":-1}"#),
        ("partner.updated", #""attributes":{"a":1}"#, #""attributes":{"a":10}"#),
        (
            "partner.updated", #""attributes":{"a":123456789012345678901}"#,
            #""attributes":{"a":-123456789012345678901}"#
        ),
        ("custom.recorded", #""name":"n","properties":{}"#, #""name":"n""#),
        ("tag.assigned", #""tag":"é""#, #""tag":"e\u0301""#),
        ("tag.assigned", #""tag":"a","x":1"#, #""tag":"a""#),
        ("tag.assigned", #""tag":"a","x":[1,2]"#, #""tag":"a","x":[2,1]"#),
        ("tag.assigned", #""tag":"a","x":"1""#, #""tag":"a","x":1"#),
        ("tag.assigned", #""tag":"a","x":1e2000000"#, #""tag":"a","x":1e2000001"#),
        ("tag.assigned", #""tag":"a""#, #""tag":"a","source":"manual""#),
        ("email.opened", #""send":"a""#, #""source":"a""#),
    ]

    @Test("other content", arguments: different)
    func isDifferent(type: String, left: String, right: String) {
        let (left, right) = (read(line(type, left)), read(line(type, right)))
        #expect(left.content != nil && right.content != nil)
        #expect(left != right)
    }

    @Test func compact() {
        #expect(read(line("action.recorded", #""amount":49.99"#)).content?.count == 6)
        #expect(read(line("tag.assigned", #""tag":"vip""#)).content?.count == 6)
        #expect(read(line("click.recorded")).content?.count == 2)
    }
}
