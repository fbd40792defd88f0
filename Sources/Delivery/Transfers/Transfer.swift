/// Where transfers go, the same for all of one target.
struct Endpoint: Sendable {
    /// The URL that libcurl gets, without user and password.
    var url: String
    /// Which of the two protocols it speaks.
    var isMail: Bool
    /// Who logs in, for mail; nil for nobody.
    var login: Login?
    /// When a connection that begins in the clear turns to TLS, for mail.
    var startTLS = StartTLS.required
    /// A file with the certificates to trust instead of the system's.
    var caFile: String?
    /// Whether connections to private addresses are refused.
    var refusesPrivateAddresses = false
    /// How long the phases may take.
    var timeouts: DeliveryTimeouts
}

/// User and password of a mail server.
struct Login: Sendable {
    var user: String
    var password: String
}

/// How long an attempt may take, in seconds.
public struct DeliveryTimeouts: Sendable, Equatable {
    /// Until there is a connection, TLS, greeting and login included.
    public var connect: Int
    /// For each single answer of a mail server.
    public var reply: Int
    /// For the whole attempt.
    public var whole: Int

    /// Makes time limits.
    public init(connect: Int, reply: Int, whole: Int) {
        self.connect = connect
        self.reply = reply
        self.whole = whole
    }

    /// For mail servers: some check a mail for minutes before they answer (RFC 5321 section 4.5.3.2).
    public static let mail = DeliveryTimeouts(connect: 30, reply: 300, whole: 600)
    /// For webhooks, as the Standard Webhooks specification recommends.
    public static let webhook = DeliveryTimeouts(connect: 15, reply: 30, whole: 30)
}

/// One body on its way.
struct Transfer: Sendable {
    /// What is handed over.
    var body: [UInt8]
    /// The envelope of a mail.
    var envelope: (from: String, to: String)?
    /// The headers of a webhook: `Name: value`.
    var headers: [String] = []
}

extension Transfer {
    /// The address of a mail's envelope that a server must understand SMTPUTF8 for (RFC 6531), the sender first.
    ///
    /// A domain beyond ASCII needs it too: it stands in the headers as it is.
    var internationalAddress: (text: String, isSender: Bool)? {
        guard let envelope else { return nil }
        for (text, isSender) in [(envelope.from, true), (envelope.to, false)]
        where !text.utf8.allSatisfy({ $0 < 0x80 }) {
            return (text, isSender)
        }
        return nil
    }
}

/// How far a dialogue with a mail server has come: the last command said.
enum MailStage: Sendable, Equatable {
    /// Connecting, greeting, TLS, login.
    case session
    case sender, recipient, data
}

/// What libcurl says about a transfer that has ended.
struct TransferResult: Sendable {
    /// Whether libcurl calls it a success.
    var succeeded = false
    /// The last status that the other side gave; 0 without one.
    var status = 0
    /// The last line that the other side said.
    var reply = ""
    /// Why libcurl calls it a failure, in its words.
    var problem = ""
    /// Whether the server offers no SMTPUTF8 and an address needs it, and whether that is the sender's.
    var lacksUTF8For: (text: String, isSender: Bool)?
    /// Whether there was a connection, TLS and login included.
    var isConnected = false
    /// How far the mail dialogue has come.
    var stage = MailStage.session
    /// Whether all of the body was taken for sending.
    var bodyIsSent = false
    /// Whether a write failed, so that the last bytes did not leave.
    var writeFailed = false
    /// Whether an earlier transfer's connection was used.
    var reusedConnection = false
    /// A private address that was not connected to.
    var refusedAddress: String?
    /// After how many seconds the other side wants the next attempt.
    var retryAfter: Int?
}
