import Core
import Wire

extension MailFact {
    /// Reads one event of Amazon SES
    /// (https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html and
    /// …/notification-contents.html).
    ///
    /// Message tags `partner`, `send` and `source` mean what they mean in events. Without them the send
    /// is the one in the headers that SES gives back. SES puts a `Message-ID` of its own over the mail's,
    /// but `mail.headers` keeps the one it was given.
    ///
    /// - Returns: Nil for what Muster does not keep: that a mail was taken, refused for its content or is
    ///   being tried again, and the messages of SNS about subscriptions.
    /// - Throws: ``Fault``, or what `lookUp` throws.
    init?(ses envelope: JSONNode, _ lookUp: SendLookUp) throws {
        guard let event = try SESEnvelope.event(in: envelope) else { return nil }
        let key = event.member("eventType") == nil ? "notificationType" : "eventType"
        let word = event.string(key)
        guard !Self.skippedSESEvents.contains(word) else { return nil }
        let mail = event.member("mail")
        guard let mail, let id = mail.word("messageId") else {
            throw (mail ?? event).notText(
                "messageId",
                as: "mail.messageId",
                example: "the id that SES gave the mail"
            )
        }
        guard !word.isEmpty else {
            throw event.notText(key, as: "eventType", example: "a string such as \"Delivery\"")
        }
        guard let kind = SESEventKind(word) else {
            var name: [UInt8] = []
            name.append(jsonString: String(word.prefix(64)))
            throw Fault(
                code: .unknownType,
                message: "unknown eventType \(String(decoding: name, as: UTF8.self)): use "
                    + "Delivery, Bounce, Complaint, Open, Click or Subscription"
            )
        }
        let body = event.member(kind.key) ?? JSONNode(offset: 0, value: .object([]))
        guard let activity = kind.activity(body) else { return nil }
        func tag(_ name: String) -> [UInt8]? {
            guard case .string(let text)? = mail.member("tags")?.elements(name).first?.value,
                !text.isEmpty
            else { return nil }
            return text
        }
        let subject = try MailSubject(
            partner: tag("partner"),
            send: tag("send") ?? Self.send(inSESMail: mail),
            source: tag("source"),
            advice: "send mail with a message tag partner or send, or let SES include the original "
                + "headers",
            lookUp
        )
        guard let time = body.word("timestamp") else {
            throw body.notText(
                "timestamp",
                as: "\(kind.key).timestamp",
                example: "a time such as \"2026-03-01T15:00:00Z\""
            )
        }
        let recipient =
            body.elements(kind.recipients).first ?? JSONNode(offset: 0, value: .object([]))
        self.init(
            id: Self.id(
                "ses",
                [
                    String(decoding: id, as: UTF8.self), word,
                    String(decoding: time, as: UTF8.self),
                ]
            ),
            activity: activity,
            subject: subject,
            time: time,
            details: [
                ("address", recipient.address ?? mail.elements("destination").first?.address ?? ""),
                ("by", "ses"),
                (
                    "diagnostic",
                    kind == .delivery
                        ? body.string("smtpResponse") : recipient.string("diagnosticCode")
                ),
                ("event", word), ("link", body.string("link")),
                ("reason", kind.reason(body)), ("status", recipient.string("status")),
            ]
        )
    }

    /// What says nothing about the partner.
    private static let skippedSESEvents: Set<String> = [
        "Send", "Reject", "Rendering Failure", "RenderingFailure", "DeliveryDelay", "Received",
        "AmazonSnsSubscriptionSucceeded",
    ]

    private static func send(inSESMail mail: JSONNode) -> [UInt8]? {
        for header in mail.elements("headers") {
            switch header.string("name").lowercased() {
            case "message-id", "x-muster-send":
                if let send = header.word("value").flatMap(SendReference.find) { return send }
            default: break
            }
        }
        return mail.member("commonHeaders")?.word("messageId").flatMap(SendReference.find)
    }
}

/// The events of SES that Muster keeps.
private enum SESEventKind: String {
    case delivery, bounce, complaint, open, click, subscription

    /// The kind that `eventType` names.
    init?(_ word: String) {
        switch word {
        case "Delivery": self = .delivery
        case "Bounce": self = .bounce
        case "Complaint": self = .complaint
        case "Open": self = .open
        case "Click": self = .click
        case "Subscription": self = .subscription
        default: return nil
        }
    }

    /// The member of the event that says more.
    var key: String { rawValue }

    /// The member of that which lists the recipients.
    var recipients: String {
        switch self {
        case .delivery: "recipients"
        case .bounce: "bouncedRecipients"
        case .complaint: "complainedRecipients"
        case .open, .click, .subscription: ""
        }
    }

    /// What happened; nil where it says nothing about the partner.
    func activity(_ body: JSONNode) -> MailActivity? {
        switch self {
        case .delivery: .delivered
        // `Transient` and `Undetermined` may pass.
        case .bounce: .bounced(isHard: body.string("bounceType") == "Permanent")
        // A partner that took a mail out of the spam folder did not complain.
        case .complaint: body.string("complaintFeedbackType") == "not-spam" ? nil : .complained
        case .open: .opened
        case .click: .clicked
        case .subscription: subscription(body)
        }
    }

    /// One list has many topics; only all of them together are a partner's wish to get no mail.
    private func subscription(_ body: JSONNode) -> MailActivity? {
        let isOff = body.member("newTopicPreferences").map(Self.isUnsubscribed) ?? false
        let wasOff = body.member("oldTopicPreferences").map(Self.isUnsubscribed) ?? false
        if isOff { return .unsubscribed }
        return wasOff ? .resubscribed : nil
    }

    private static func isUnsubscribed(_ preferences: JSONNode) -> Bool {
        if case .bool(true)? = preferences.member("unsubscribeAll")?.value { return true }
        return false
    }

    func reason(_ body: JSONNode) -> String {
        switch self {
        case .bounce: body.string("bounceSubType")
        case .complaint: body.string("complaintFeedbackType")
        default: ""
        }
    }
}

extension JSONNode {
    /// An address that stands alone or as `emailAddress`.
    fileprivate var address: String? {
        if case .string(let text) = value { return String(decoding: text, as: UTF8.self) }
        return word("emailAddress").map { String(decoding: $0, as: UTF8.self) }
    }
}
