import Core
import Wire

/// A webhook in the Standard Webhooks format: a signed POST for each mail.
///
/// `webhook-id` is the send's id at every attempt, so that the receiver can tell a repetition. What
/// the receiver does with the mail is its own affair: 2xx counts as delivered.
final class WebhookTarget: DeliveryTarget {
    var parallel: Int { pool.parallel }
    private let secrets: [WebhookSecret]
    private let pool: TransferPool
    private var settled: [(token: UInt64, outcome: HandOver)] = []

    /// Makes the target of a URL.
    ///
    /// - Throws: ``TargetError`` for a host that is not allowed, a user in the URL, no secret or a bad one, or
    ///   where the system has no thread left.
    init(_ url: TargetURL, _ options: TargetOptions) throws(TargetError) {
        guard url.user == nil else {
            throw TargetError(
                "a webhook is signed, and its URL takes no user", fix: "take the user out")
        }
        let allowed = options.allowedHosts.map { $0.lowercased() }
        guard allowed.isEmpty || allowed.contains(url.host) else {
            throw TargetError(
                "the webhook's host \(shown(url.host)) is not among those allowed: "
                    + options.allowedHosts.map(shown).joined(separator: ", "),
                fix: "allow it, or name another target")
        }
        guard !options.webhookSecrets.isEmpty else {
            throw TargetError(
                "there is no secret to sign the webhook with",
                fix: "make one: echo whsec_$(head -c 32 /dev/urandom | base64)")
        }
        var secrets: [WebhookSecret] = []
        for text in options.webhookSecrets { secrets.append(try WebhookSecret(text)) }
        self.secrets = secrets
        let endpoint = Endpoint(
            url: url.bare, isMail: false, caFile: options.caFile,
            refusesPrivateAddresses: allowed.isEmpty && !url.namesItsAddress,
            timeouts: options.timeouts ?? .webhook)
        pool = try TransferPool(endpoint, parallel: max(options.parallel, 1))
    }

    func start(_ mail: OutgoingMail, token: UInt64) {
        do throws(MailError) {
            let body = try Self.body(of: mail)
            pool.start(Transfer(body: body, headers: headers(mail, body)), token: token)
        } catch {
            settled.append((token, error.outcome(for: mail)))
        }
    }

    func wait(milliseconds: Int) -> [(token: UInt64, outcome: HandOver)] {
        let arrived = pool.wait(milliseconds: settled.isEmpty ? milliseconds : 0)
        defer { settled = [] }
        return settled + arrived.map { ($0.token, $0.result.webhookOutcome) }
    }

    func close() {
        pool.close()
    }

    private static func body(of mail: OutgoingMail) throws(MailError) -> [UInt8] {
        var body = Array("{".utf8)
        body.append(jsonKey: "type")
        body.append(jsonString: "send.pending")
        body.append(jsonKey: "timestamp")
        body.append(jsonInstant: mail.origin.decidedAt)
        body.append(jsonKey: "data")
        body.append(contentsOf: try mail.row())
        body.append(UInt8(ascii: "}"))
        return body
    }

    private func headers(_ mail: OutgoingMail, _ body: [UInt8]) -> [String] {
        let seconds = mail.attemptedAt.microseconds / .second
        let signatures = secrets.map { $0.signature(id: mail.send, seconds: seconds, body: body) }
        return [
            "Content-Type: application/json",
            "User-Agent: muster",
            "webhook-id: \(mail.send)",
            "webhook-timestamp: \(seconds)",
            "webhook-signature: \(signatures.joined(separator: " "))",
            // Else libcurl asks before it sends a large body, and waits.
            "Expect:",
        ]
    }
}

extension TransferResult {
    /// What a webhook's answer means (Standard Webhooks, "Delivery success and failure"): only 2xx is a success, 410
    /// ends the endpoint, 429 asks for fewer attempts, and all else is tried again.
    ///
    /// 502, 503 and 504 may be about this one send; where they say when to come again, they are about the endpoint.
    var webhookOutcome: HandOver {
        switch status {
        case 200..<300: .delivered(detail: "HTTP \(status)")
        case 410: .gone(message: "HTTP 410: the endpoint wants no more")
        case 429: .slowDown(afterSeconds: retryAfter, message: "HTTP \(status)")
        case 502...504 where retryAfter != nil:
            .slowDown(afterSeconds: retryAfter, message: "HTTP \(status)")
        case 300..<400:
            .refused(
                permanent: false, isRecipient: false, code: status,
                message: "HTTP \(status): redirections are not followed")
        case 400...:
            .refused(
                permanent: false, isRecipient: false, code: status, message: "HTTP \(status)")
        default:
            if let refusedAddress {
                .outOfService(
                    message: "the host's name stands for \(refusedAddress), a private address")
            } else if !isConnected {
                .outOfService(message: problem)
            } else if bodyIsSent, !writeFailed {
                .unknown(message: "no answer after the whole request: \(problem)")
            } else {
                .notSent(message: problem)
            }
        }
    }
}
