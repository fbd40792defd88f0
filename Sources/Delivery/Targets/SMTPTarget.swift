import CCurl

/// A mail server: `smtp://host:587`, `smtps://user@host` (RFC 5321, 3207, 4954, 8314).
final class SMTPTarget: DeliveryTarget {
    var parallel: Int { pool.parallel }
    private let pool: TransferPool
    private var settled: [(token: UInt64, outcome: HandOver)] = []

    /// Makes the target of a URL.
    ///
    /// - Throws: ``TargetError`` for a user without a password, or the other way about, or where the system has no
    ///   thread left.
    init(_ url: TargetURL, _ options: TargetOptions) throws(TargetError) {
        var endpoint = Endpoint(
            url: url.bare, isMail: true,
            // With smtps:// there is nothing to turn.
            startTLS: url.scheme == "smtps" ? .required : options.startTLS, caFile: options.caFile,
            timeouts: options.timeouts ?? .mail)
        switch (url.user, options.password) {
        case (let user?, let password?):
            endpoint.login = Login(user: user, password: password)
            guard options.startTLS != .never || url.scheme == "smtps" else {
                throw TargetError(
                    "nobody logs in to \(url.host) in the clear", fix: "name no user, or allow TLS")
            }
            endpoint.startTLS = .required
        case (let user?, nil):
            throw TargetError(
                "there is no password for \(shown(user)) at \(url.host)",
                fix: "hand it over in MUSTER_SMTP_PASSWORD or by --password-file, or name no user")
        case (nil, .some):
            throw TargetError(
                "there is a password but no user for \(url.host)",
                fix: "name the user in the URL: \(url.scheme)://user@\(url.host)")
        case (nil, nil): break
        }
        pool = try TransferPool(endpoint, parallel: max(options.parallel, 1))
    }

    func start(_ mail: OutgoingMail, token: UInt64) {
        do throws(MailError) {
            let message = try MIMEMessage(mail)
            pool.start(
                Transfer(body: message.bytes, envelope: (message.from.text, message.to.text)),
                token: token)
        } catch {
            settled.append((token, error.outcome(for: mail)))
        }
    }

    func wait(milliseconds: Int) -> [(token: UInt64, outcome: HandOver)] {
        let arrived = pool.wait(milliseconds: settled.isEmpty ? milliseconds : 0)
        defer { settled = [] }
        return settled + arrived.map { ($0.token, $0.result.mailOutcome) }
    }

    func close() {
        pool.close()
    }
}

extension MailError {
    /// The outcome of a mail that cannot be written.
    func outcome(for mail: OutgoingMail) -> HandOver {
        switch self {
        case .badAddress(let address):
            .refused(
                permanent: true, isRecipient: address == mail.to.address, code: nil,
                message: "\(shown(address)) is no address that mail can use")
        case .badHeader(let name, let value):
            .refused(
                permanent: true, isRecipient: false, code: nil,
                message: "\(shown(value)) does not fit into the header \(name)")
        }
    }
}
