/// What a target needs beside its URL; secrets come as values, never from here.
public struct TargetOptions: Sendable {
    /// How many mails may be on their way at once, at least 1.
    public var parallel: Int
    /// The password of the mail server's user.
    public var password: String?
    /// When `smtp://` turns to TLS; it always must where somebody logs in.
    public var startTLS: StartTLS
    /// A PEM file of the certificates to trust instead of the system's.
    public var caFile: String?
    /// The webhook's secrets, `whsec_…`: the first signs, others too while a change of secrets lasts.
    public var webhookSecrets: [String]
    /// The only hosts that webhooks may go to, and they may have private addresses; with none
    /// any host may be named, but a name must not resolve to a private address.
    public var allowedHosts: [String]
    /// Time limits; nil for what suits the target.
    public var timeouts: DeliveryTimeouts?

    /// Makes options.
    public init(
        parallel: Int = 4, password: String? = nil, startTLS: StartTLS = .ifOffered,
        caFile: String? = nil, webhookSecrets: [String] = [], allowedHosts: [String] = [],
        timeouts: DeliveryTimeouts? = nil
    ) {
        self.parallel = parallel
        self.password = password
        self.startTLS = startTLS
        self.caFile = caFile
        self.webhookSecrets = webhookSecrets
        self.allowedHosts = allowedHosts
        self.timeouts = timeouts
    }
}

/// When a connection to a mail server that begins in the clear turns to TLS (RFC 3207).
public enum StartTLS: Sendable {
    /// Not even where the server offers it.
    case never
    /// Where the server offers it, whoever signed its certificate: the alternative would be to say all in the
    /// clear (RFC 7435). Where certificates to trust are named, it must be one of theirs.
    case ifOffered
    /// Else nothing is said, and the certificate must be right.
    case required
}

/// Makes the target that `deliver --to` names (SPEC 10): `smtp://`, `smtps://`, `http://`, `https://`,
/// `maildir:DIR` or `stdout`.
///
/// No connection is opened yet.
///
/// - Throws: ``TargetError`` where the name is none of these, or options that it needs are missing.
public func makeTarget(
    _ name: String, options: TargetOptions
) throws(TargetError) -> any DeliveryTarget {
    if name == "stdout" { return StandardOutputTarget() }
    if name.hasPrefix("maildir:") {
        return try MaildirTarget(directory: String(name.dropFirst("maildir:".count)))
    }
    let fix = "write smtp://host:587, smtps://host, https://host/path, maildir:DIR or stdout"
    guard let url = TargetURL(name) else {
        throw TargetError("\(shown(name)) is no target for mail", fix: fix)
    }
    guard !url.hasPassword else {
        throw TargetError(
            "the target's URL holds a password, which every user of this machine can see",
            fix:
                "take it out of the URL and hand it over in MUSTER_SMTP_PASSWORD or by --password-file"
        )
    }
    switch url.scheme {
    case "smtp", "smtps": return try SMTPTarget(url, options)
    case "http", "https": return try WebhookTarget(url, options)
    default:
        throw TargetError(
            "mail cannot go to \(url.scheme)://, which \(shown(name)) names", fix: fix)
    }
}

/// What somebody typed, in quotes and without anything that acts on a terminal.
func shown(_ text: String) -> String {
    "\"\(HeaderText.cleaned(String(text.prefix(200))))\""
}
