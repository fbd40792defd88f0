import Core
import Testing
import Wire

struct EventCodingTests {
    private let time = Instant(microseconds: 1_772_377_200_000_000)

    private func decode(_ text: String, _ texts: inout TextTable) throws -> EventContent {
        let content = try #require(read(text).content)
        return try decodeEvent(content: content.span, time: time, texts: &texts).content
    }

    @Test func defaultsAreFilledIn() throws {
        var texts = TextTable()
        let contract = texts.intern("default" as Name)
        #expect(
            try decode(line("partner.joined"), &texts)
                == .partnerJoined(contract: contract, term: nil)
        )
        #expect(try decode(line("click.recorded"), &texts) == .clickRecorded(count: 1))
        #expect(try decode(line("email.bounced"), &texts) == .email(.hardBounced, source: nil))
        #expect(
            try decode(line("action.reversed", #""amount":2"#), &texts)
                == .actionReversed(amount: 2_000_000, originalTime: time)
        )
    }

    @Test func everyField() throws {
        var texts = TextTable()
        func id(_ text: Name) -> TextID { texts.intern(text) }
        let (a, b, one) = (id("a"), id("b"), id("a@b.c"))
        var update = PartnerUpdate()
        update.name = .set(a)
        update.email = .set(one)
        update.attributes = [
            (a, .number(Decimal(isNegative: true, digits: [1, 5], power: -1))), (b, nil),
        ]
        let cases: [(String, EventContent)] = [
            (
                line(
                    "partner.updated",
                    #""name":"a","email":"a@b.c","attributes":{"b":null,"a":-1.5},"x":{}"#
                ),
                .partnerUpdated(update)
            ),
            (line("relationship.changed", #""stage":"expired""#), .relationshipChanged(.expired)),
            (
                line(
                    "contract.changed",
                    #""contract":"a","stage":"cancelled","template_term":"b""#
                ),
                .contractChanged(contract: a, stage: .cancelled, term: b)
            ),
            (
                line("partner.joined", #""contract":"a","template_term":"b""#),
                .partnerJoined(contract: a, term: b)
            ),
            (
                line("application.submitted", #""contract":"a","template_term":"b""#),
                .applicationSubmitted(contract: a, term: b)
            ),
            (
                line("action.recorded", #""amount":"0.5","currency":"USD""#),
                .actionRecorded(amount: 500_000)
            ),
            (
                line(
                    "action.reversed",
                    #""amount":1,"currency":"USD","original_time":"2026-03-01T14:59:59Z""#
                ),
                .actionReversed(
                    amount: 1_000_000,
                    originalTime: time.advanced(byMicroseconds: -.second)
                )
            ),
            (line("click.recorded", #""count":7"#), .clickRecorded(count: 7)),
            (line("tag.assigned", #""tag":"a","source":"b""#), .tagAssigned(a)),
            (line("tag.removed", #""tag":"a""#), .tagRemoved(a)),
            (line("group.joined", #""group":"a""#), .groupJoined(a)),
            (line("group.left", #""group":"a""#), .groupLeft(a)),
            (
                line("email.delivered", #""send":"s","source":"a""#),
                .email(.delivered, source: a, send: SendKey(id: Array("s".utf8).span))
            ),
            (line("email.opened"), .email(.opened, source: nil)),
            (line("email.clicked"), .email(.clicked, source: nil)),
            (
                line("email.bounced", #""send":"s","source":"a","kind":"soft""#),
                .email(.softBounced, source: a, send: SendKey(id: Array("s".utf8).span))
            ),
            (line("email.bounced", #""kind":"hard""#), .email(.hardBounced, source: nil)),
            (line("email.complained"), .email(.complained, source: nil)),
            (line("email.unsubscribed"), .email(.unsubscribed, source: nil)),
            (line("email.resubscribed"), .email(.resubscribed, source: nil)),
            (
                line("custom.recorded", #""name":"a","properties":{"a":"b","b":true}"#),
                .customRecorded(
                    name: a,
                    properties: [
                        NamedValue(name: a, value: .text(b)),
                        NamedValue(name: b, value: .flag(true)),
                    ]
                )
            ),
        ]
        for (text, expected) in cases {
            #expect(try decode(text, &texts) == expected)
            var encoded: [UInt8] = []
            encodeContent(expected, time: time, texts: texts, into: &encoded)
            let again = try decodeEvent(content: encoded.span, time: time, texts: &texts)
            #expect(again.time == time && again.content == withoutSend(expected))
        }
    }

    /// A decoded event knows its send by a key alone, which does not give the id back.
    private func withoutSend(_ content: EventContent) -> EventContent {
        guard case .email(let event, let source, _) = content else { return content }
        return .email(event, source: source)
    }

    @Test func derivedEvents() throws {
        var texts = TextTable()
        let tag = texts.intern("vip" as Name)
        var content: [UInt8] = []
        encodeContent(
            .tagAssigned(tag),
            time: time,
            tagSource: "automation",
            texts: texts,
            into: &content
        )
        #expect(
            content == read(line("tag.assigned", #""tag":"vip","source":"automation""#)).content
        )
        content = []
        encodeContent(
            .partnerJoined(contract: tag, term: tag),
            time: time,
            texts: texts,
            into: &content
        )
        #expect(
            content
                == read(line("partner.joined", #""contract":"vip","template_term":"vip""#)).content
        )
    }

    @Test func linesComeBack() throws {
        let text = line(
            "partner.updated",
            #""name":null,"email":"\u0061@b","attributes":{"k\n":1e30,"j":"\u0000é"}"#
        )
        let content = try #require(read(text).content)
        var bytes: [UInt8] = []
        try appendEventJSON(
            id: Array("e\"1".utf8).span,
            partner: Array("p1".utf8).span,
            time: time,
            content: content.span,
            to: &bytes
        )
        let expected =
            #"{"id":"e\"1","type":"partner.updated","partner":"p1","time":"2026-03-01T15:00:00Z","name":null,"#
            + #""email":"a@b","attributes":{"j":"\u0000é","k\n":1000000000000000000000000000000}}"#
            + "\n"
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }

    @Test("damaged content is an error, never a crash", arguments: UInt64(0)..<20)
    func damaged(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var lines = LineGenerator(random: SplitMix64(seed: seed))
        for _ in 0..<300 {
            guard var content = read(lines.next()).content else { continue }
            for _ in 0..<(1 + random.below(3)) {
                content[random.below(content.count)] = UInt8(random.below(256))
            }
            if random.oneIn(3) { content.removeLast(random.below(content.count)) }
            var texts = TextTable()
            _ = try? decodeEvent(content: content.span, time: time, texts: &texts)
            var bytes: [UInt8] = [9]
            do {
                try appendEventJSON(
                    id: [1].span,
                    partner: [1].span,
                    time: time,
                    content: content.span,
                    to: &bytes
                )
            } catch {
                #expect(bytes == [9])
            }
        }
        var texts = TextTable()
        for content: [UInt8] in [
            [], [0], [99, 0], [1], [2, 0], [2, 0, 200], [2, 0, 1, 0], [2, 1, 1],
        ] {
            #expect(throws: WireError.self) {
                try decodeEvent(content: content.span, time: time, texts: &texts)
            }
        }
    }
}
