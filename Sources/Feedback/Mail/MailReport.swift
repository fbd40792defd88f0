import Core
import Hashing
import Wire

/// Reads what comes back by mail: delivery status notifications (RFC 3464, in the multipart/report of
/// RFC 6522) and feedback reports (RFC 5965).
public enum MailReport {
    /// The longest message that is read, in bytes.
    public static let bytesMax = 16 << 20

    /// Reads one message.
    ///
    /// - Parameters:
    ///   - message: The whole message, as RFC 5322 has it.
    ///   - lookUp: Tells whom a send went to.
    /// - Returns: What the report says of each recipient, in its order; a single
    ///   ``Notice/skipped`` where the message is no report.
    /// - Throws: What `lookUp` throws.
    public static func read(_ message: [UInt8], _ lookUp: SendLookUp) throws -> [Notice] {
        let mail = MIMEPart(message[...])
        let report = mail.first { part -> Report? in
            guard part.contentType.name == "multipart/report" else { return nil }
            return Report(part.parts, mail: mail)
        }
        guard var report else { return [.skipped] }
        report.id = mail.headers["message-id"]?.withoutBrackets ?? hexadecimal(SHA256.hash(message))
        do {
            switch report.kind {
            case .delivery(let recipients):
                guard !recipients.isEmpty else {
                    throw Fault.missing(
                        "Action",
                        "the report names no recipient with an `Action`: it is damaged; ask the "
                            + "mail server's operator"
                    )
                }
                return try recipients.map { recipient in
                    try notice { try report.deliveryFact(recipient, lookUp) }
                }
            case .feedback(let fields):
                return [try notice { try report.feedbackFact(fields, lookUp) }]
            }
        } catch let fault as Fault {
            return [.rejected(fault)]
        }
    }

    private static func notice(_ fact: () throws -> MailFact?) throws -> Notice {
        do {
            return try fact().map { .event($0.line) } ?? .skipped
        } catch let fault as Fault {
            return .rejected(fault)
        }
    }
}

/// The parts of a report that are for machines.
private struct Report {
    enum Kind {
        /// The fields about each recipient (RFC 3464, section 2.3).
        case delivery([MailHeaders])
        case feedback(MailHeaders)
    }

    var id = ""
    let kind: Kind
    /// The fields about the message as a whole (RFC 3464, section 2.2).
    private var message: MailHeaders?
    private var original: MailHeaders?
    private let mail: MIMEPart

    /// A mail of Muster's has one recipient, whom a list may stand behind; more are no honest report.
    private static let recipientsMax = 1_000

    /// Finds a report's parts; nil where none of them is for machines.
    init?(_ parts: [MIMEPart], mail: MIMEPart) {
        self.mail = mail
        var kind: Kind?
        for part in parts {
            var content = part.content
            switch part.contentType.name {
            case "message/delivery-status", "message/global-delivery-status":
                guard kind == nil else { continue }
                message = Self.nextBlock(&content)
                var recipients: [MailHeaders] = []
                while recipients.count < Self.recipientsMax,
                    let block = Self.nextBlock(&content)
                {
                    recipients.append(block)
                }
                // Some servers leave the blank line between the two groups out.
                if recipients.isEmpty, let message, message["action"] != nil {
                    recipients = [message]
                }
                kind = .delivery(recipients.filter { $0["action"] != nil })
            case "message/feedback-report":
                guard kind == nil else { continue }
                kind = .feedback(MailHeaders(from: &content))
            case "message/rfc822", "text/rfc822-headers", "message/global",
                "message/global-headers":
                guard original == nil else { continue }
                original = MailHeaders(from: &content)
            default: break
            }
        }
        guard let kind else { return nil }
        self.kind = kind
    }

    /// The next block of fields, blank lines before it passed over; nil at the end.
    private static func nextBlock(_ content: inout ArraySlice<UInt8>) -> MailHeaders? {
        while !content.isEmpty {
            let block = MailHeaders(from: &content)
            if !block.isEmpty { return block }
        }
        return nil
    }

    // MARK: Facts

    func deliveryFact(_ recipient: MailHeaders, _ lookUp: SendLookUp) throws -> MailFact? {
        let action = Self.firstWord(recipient["action"])
        let status = Self.firstWord(recipient["status"])
        let activity: MailActivity
        switch action {
        // Without a code the refusal counts as what a failure is: for good.
        case "failed":
            let code = EnhancedStatus(status)
            activity = .bounced(
                isHard: !status.hasPrefix("4") && code?.faultsRecipient != false)
        case "delayed": activity = .bounced(isHard: false)
        case "delivered", "relayed", "expanded": activity = .delivered
        default:
            throw Fault.bad(
                "Action",
                "`Action` must be failed, delayed, delivered, relayed or expanded (RFC 3464): "
                    + "ask the mail server's operator"
            )
        }
        let address = Self.typedText(
            recipient["final-recipient"] ?? recipient["original-recipient"])
        return MailFact(
            id: MailFact.id("dsn", [id, address]),
            activity: activity,
            subject: try subject(lookUp),
            time: try time([
                recipient["last-attempt-date"], mail.headers["date"],
                message?["arrival-date"],
            ]),
            details: [
                ("address", address), ("by", "dsn"),
                ("diagnostic", Self.typedText(recipient["diagnostic-code"])),
                ("event", action), ("status", status),
            ]
        )
    }

    func feedbackFact(_ fields: MailHeaders, _ lookUp: SendLookUp) throws -> MailFact? {
        guard let type = fields["feedback-type"].map(Self.firstWord) else {
            throw Fault.missing(
                "Feedback-Type",
                "`Feedback-Type` is missing: the report is damaged; ask the one who sent it"
            )
        }
        let activity: MailActivity
        switch type {
        case "abuse", "fraud": activity = .complained
        case "opt-out", "opt-out-list": activity = .unsubscribed
        default: return nil
        }
        let address = fields["original-rcpt-to"]?.withoutBrackets ?? ""
        return MailFact(
            id: MailFact.id("arf", [id, address]),
            activity: activity,
            subject: try subject(lookUp),
            time: try time([mail.headers["date"], fields["arrival-date"], fields["received-date"]]),
            details: [("address", address), ("by", "dsn"), ("event", type)]
        )
    }

    /// The send is in the original mail's headers, or in what servers make of them.
    private func subject(_ lookUp: SendLookUp) throws -> MailSubject {
        let places = [
            original?["x-muster-send"], original?["message-id"], message?["original-envelope-id"],
            message?["x-original-message-id"], mail.headers["in-reply-to"],
            mail.headers["references"],
        ]
        let send = places.lazy.compactMap { $0.flatMap { SendReference.find(in: $0.utf8) } }.first
        return try MailSubject(
            partner: nil,
            send: send,
            source: nil,
            advice: "only reports that give back the original mail's Message-ID <snd_…@…> can be "
                + "taken in",
            lookUp
        )
    }

    private func time(_ candidates: [String?]) throws -> [UInt8] {
        for case let text? in candidates {
            guard let instant = MailDate.instant(text) else { continue }
            var time: [UInt8] = []
            time.append(timestamp: instant)
            return time
        }
        throw Fault.missing(
            "Date",
            "neither the report nor its mail has a date that can be read: add a `Date` as in "
                + "Sun, 1 Mar 2026 15:00:00 +0000"
        )
    }

    /// The first word in small letters; empty where there is none.
    private static func firstWord(_ value: String?) -> String {
        guard let value, case .text(let word)? = MailWords(value, marks: []).words.first else {
            return ""
        }
        return word.lowercased()
    }

    /// The text behind the type of a field such as `rfc822; a@b.c` or `smtp; 550 no such user`.
    private static func typedText(_ value: String?) -> String {
        guard let value else { return "" }
        guard let semicolon = value.firstIndex(of: ";") else { return value.trimmed }
        return String(value[value.index(after: semicolon)...]).trimmed
    }
}

extension String {
    /// Without blanks, and one pair of angle brackets, around it.
    fileprivate var withoutBrackets: String {
        let text = trimmed
        return text.hasPrefix("<") && text.hasSuffix(">")
            ? String(text.dropFirst().dropLast()) : text
    }
}
