import Core
import Hashing
import Wire

/// What can happen to a mail that was sent, as an event's type (SPEC 2).
enum MailActivity: Equatable {
    case delivered, opened, clicked, complained, unsubscribed, resubscribed
    case bounced(isHard: Bool)

    var eventType: StaticString {
        switch self {
        case .delivered: "email.delivered"
        case .opened: "email.opened"
        case .clicked: "email.clicked"
        case .bounced: "email.bounced"
        case .complained: "email.complained"
        case .unsubscribed: "email.unsubscribed"
        case .resubscribed: "email.resubscribed"
        }
    }
}

/// Which mail a notice is about: what it says itself, completed by what the store knows of the send.
struct MailSubject {
    var partner: [UInt8]
    var send: [UInt8]?
    var source: [UInt8]?

    /// Finds the partner: the one that is named, else the one that the send went to.
    ///
    /// - Parameters:
    ///   - partner: The partner that the notice names.
    ///   - send: The send that it names, or whose id its `Message-ID` holds.
    ///   - source: The workflow or automation that it names.
    ///   - advice: How a notice of this kind can come to say more, for the message.
    ///   - lookUp: Tells whom a send went to.
    /// - Throws: ``Fault`` where the partner can't be told, or what `lookUp` throws.
    init(
        partner: [UInt8]?,
        send: [UInt8]?,
        source: [UInt8]?,
        advice: String,
        _ lookUp: SendLookUp
    ) throws {
        let owner = try send.flatMap { try lookUp($0) }
        guard let found = partner ?? owner?.partner else {
            let reason =
                send.map {
                    "no send \(String(decoding: $0, as: UTF8.self)) was decided in this store"
                }
                ?? "nothing names a partner or a send"
            throw Fault.missing("partner", "the partner can't be told, as \(reason): \(advice)")
        }
        self.partner = found
        self.send = send
        self.source = source ?? owner?.source
    }
}

/// One thing that happened to one mail, to be written as an event.
struct MailFact {
    var id: [UInt8]
    var activity: MailActivity
    var subject: MailSubject
    /// When it happened, in RFC 3339.
    var time: [UInt8]
    /// What else is known, kept in the log under `feedback`: names in byte order, empty texts left out.
    var details: [(key: StaticString, text: String)]

    /// The event as a line in the plain form.
    var line: [UInt8] {
        var line: [UInt8] = [UInt8(ascii: "{")]
        line.append(jsonKey: "id")
        line.append(jsonString: id.span)
        line.append(jsonKey: "type")
        line.append(jsonString: "\(activity.eventType)")
        line.append(jsonKey: "partner")
        line.append(jsonString: subject.partner.span)
        line.append(jsonKey: "time")
        line.append(jsonString: time.span)
        if let send = subject.send {
            line.append(jsonKey: "send")
            line.append(jsonString: send.span)
        }
        if let source = subject.source {
            line.append(jsonKey: "source")
            line.append(jsonString: source.span)
        }
        if case .bounced(let isHard) = activity {
            line.append(jsonKey: "kind")
            line.append(jsonString: isHard ? "hard" : "soft")
        }
        line.append(jsonKey: "feedback")
        line.append(UInt8(ascii: "{"))
        for (key, text) in details where !text.isEmpty {
            line.append(jsonKey: key)
            line.append(
                jsonString: text.count > Self.detailMax ? "\(text.prefix(Self.detailMax))…" : text)
        }
        line.append(ascii: "}}")
        return line
    }

    /// Answers of servers can be as long as a server likes.
    private static let detailMax = 1_000

    /// An event id of several parts, hashed where it would be no id (SPEC 2: at most 255 bytes).
    static func id(_ prefix: String, _ parts: [String]) -> [UInt8] {
        let plain = Array(([prefix] + parts).joined(separator: ":").utf8)
        guard !isName(plain.span) else { return plain }
        var input: [UInt8] = []
        for part in parts { input.append(prefixed: Array(part.utf8).span) }
        return Array("\(prefix):sha256:\(hexadecimal(SHA256.hash(input)))".utf8)
    }
}
