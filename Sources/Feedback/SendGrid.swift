import Core
import Wire

extension MailFact {
    /// Reads one event of Twilio SendGrid's Event Webhook
    /// (https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event).
    ///
    /// Custom arguments (`unique_args`) stand among the event's own members: `partner`, `send` and
    /// `source` mean what they mean in events. Without them the send is the one in `smtp-id`, which is
    /// the mail's `Message-ID`.
    ///
    /// - Returns: Nil for what Muster does not keep: that a mail was queued or is being tried again.
    /// - Throws: ``Fault``, or what `lookUp` throws.
    init?(sendGrid event: JSONNode, _ lookUp: SendLookUp) throws {
        let word = event.string("event")
        guard !Self.skippedSendGridEvents.contains(word) else { return nil }
        guard let id = event.word("sg_event_id") else {
            throw event.notText("sg_event_id", as: "sg_event_id", example: "a string")
        }
        guard !word.isEmpty else {
            throw event.notText("event", as: "event", example: "a string such as \"delivered\"")
        }
        guard let activity = Self.sendGridActivity(word, event) else {
            var name: [UInt8] = []
            name.append(jsonString: String(word.prefix(64)))
            throw Fault(
                code: .unknownType,
                message: "unknown event \(String(decoding: name, as: UTF8.self)): use delivered, "
                    + "open, click, bounce, dropped, spamreport, unsubscribe, group_unsubscribe or "
                    + "group_resubscribe"
            )
        }
        func argument(_ key: String) -> [UInt8]? {
            event.word(key) ?? event.member("unique_args")?.word(key)
                ?? event.member("custom_args")?.word(key)
        }
        let subject = try MailSubject(
            partner: argument("partner"),
            send: argument("send") ?? event.word("smtp-id").flatMap(SendReference.find),
            source: argument("source"),
            advice: "send mail with a custom argument partner or send, or keep its Message-ID",
            lookUp
        )
        self.init(
            id: Self.id("sendgrid", [String(decoding: id, as: UTF8.self)]),
            activity: activity,
            subject: subject,
            time: try Self.sendGridTime(event),
            details: [
                ("address", event.string("email")), ("by", "sendgrid"),
                ("diagnostic", event.string(word == "delivered" ? "response" : "reason")),
                ("event", word), ("link", event.string("url")), ("status", event.string("status")),
            ]
        )
    }

    /// What says nothing about the partner yet, and what concerns the account.
    private static let skippedSendGridEvents: Set<String> = [
        "processed", "deferred", "account_status_change",
    ]

    private static func sendGridActivity(_ word: String, _ event: JSONNode) -> MailActivity? {
        switch word {
        case "delivered": .delivered
        case "open": .opened
        case "click": .clicked
        // `blocked` is a refusal for the message's or the sender's sake: the address may be good.
        case "bounce": .bounced(isHard: event.string("type") != "blocked")
        case "dropped": droppedActivity(event.string("reason"))
        case "spamreport": .complained
        case "unsubscribe", "group_unsubscribe": .unsubscribed
        case "group_resubscribe": .resubscribed
        default: nil
        }
    }

    /// A mail that SendGrid did not even try to hand over: the reason says what it knew of the address.
    private static func droppedActivity(_ reason: String) -> MailActivity {
        switch reason.lowercased() {
        case "bounced address", "invalid": .bounced(isHard: true)
        case "spam reporting address": .complained
        case "unsubscribed address": .unsubscribed
        default: .bounced(isHard: false)
        }
    }

    private static func sendGridTime(_ event: JSONNode) throws(Fault) -> [UInt8] {
        guard let text = event.word("timestamp") else {
            throw event.notText(
                "timestamp",
                as: "timestamp",
                example: "a number of seconds since 1970"
            )
        }
        let seconds = Int64(String(decoding: text, as: UTF8.self)) ?? -1
        guard seconds >= 0, seconds <= Instant.latest.microseconds / .second else {
            throw .bad("timestamp", "`timestamp` must be a whole number of seconds since 1970")
        }
        var time: [UInt8] = []
        time.append(timestamp: Instant(microseconds: seconds * .second))
        return time
    }
}
