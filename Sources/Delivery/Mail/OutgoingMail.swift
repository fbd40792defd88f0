public import Core

/// A rendered mail on its way out, with what the receiver may want to know about its send (SPEC 10).
///
/// A plain value: everything that could differ between two attempts, such as the wall time, is the
/// caller's to give, so that the same value always gives the same bytes.
public struct OutgoingMail: Sendable, Equatable {
    /// The send's id, the same at every attempt: `snd_` and 26 characters.
    public var send: String
    /// Whose mail it is.
    public var from: Mailbox
    /// Who gets it: the only recipient.
    public var to: Mailbox
    /// The rendered subject.
    public var subject: String
    /// The rendered text part; nil without one.
    public var text: String?
    /// The rendered HTML part; nil without one.
    public var html: String?
    /// Where the partner can unsubscribe; nil where the program has no `unsubscribe_base`.
    public var unsubscribeURL: String?
    /// What stands behind the `@` of `Message-ID`; nil for the domain of `from`.
    public var messageDomain: String?
    /// What the `Date` header says.
    public var date: Instant
    /// The wall time of this attempt, by which a webhook is signed.
    public var attemptedAt: Instant
    /// Why the mail is sent.
    public var origin: MailOrigin

    /// Makes a mail.
    public init(
        send: String, from: Mailbox, to: Mailbox, subject: String, text: String?, html: String?,
        unsubscribeURL: String? = nil, messageDomain: String? = nil, date: Instant,
        attemptedAt: Instant, origin: MailOrigin
    ) {
        self.send = send
        self.from = from
        self.to = to
        self.subject = subject
        self.text = text
        self.html = html
        self.unsubscribeURL = unsubscribeURL
        self.messageDomain = messageDomain
        self.date = date
        self.attemptedAt = attemptedAt
        self.origin = origin
    }
}

/// An address and the name of whoever reads there.
public struct Mailbox: Sendable, Equatable {
    /// The address, `local@domain`.
    public var address: String
    /// The name beside it; nil without one.
    public var name: String?

    /// Makes a mailbox.
    public init(address: String, name: String? = nil) {
        self.address = address
        self.name = name
    }
}

/// Which decision a mail comes from: what its send's row says (SPEC 5).
public struct MailOrigin: Sendable, Equatable {
    /// Whether a workflow or an automation decided it.
    public var kind: DefinitionKind
    /// The workflow's or automation's id.
    public var source: Name
    /// The partner's id.
    public var partner: Name
    /// The template's id.
    public var template: Name
    /// The template's version at the decision.
    public var templateVersion: Int
    /// When it was decided, in engine time.
    public var decidedAt: Instant
    /// Which attempt this is, from 1.
    public var attempt: Int

    /// Makes an origin.
    public init(
        kind: DefinitionKind, source: Name, partner: Name, template: Name, templateVersion: Int,
        decidedAt: Instant, attempt: Int
    ) {
        self.kind = kind
        self.source = source
        self.partner = partner
        self.template = template
        self.templateVersion = templateVersion
        self.decidedAt = decidedAt
        self.attempt = attempt
    }
}
