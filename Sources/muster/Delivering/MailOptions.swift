import ArgumentParser
import Delivery
import Glibc

/// How mail leaves the house: whose it is, and what the way needs.
struct MailOptions: ParsableArguments {
    @Option(
        help: "Whose mail it is, such as 'Acme <hello@acme.example>'.",
        transform: MailboxArgument.init(_:))
    var from: MailboxArgument?

    @Option(help: "A host that webhooks may go to, private addresses included; then no other may.")
    var allowHost: [String] = []

    @Flag(
        name: .customLong("require-tls"),
        help: """
            Refuse a mail server that does not turn to TLS with a certificate to trust; where a user \
            logs in it always must. Else TLS is used where it is offered.
            """
    )
    var requireTLS = false

    @Flag(
        name: .customLong("no-tls"),
        help: "Speak in the clear to smtp:// also where the server offers TLS.")
    var noTLS = false

    @Option(help: "Certificates to trust instead of the system's (PEM).")
    var caFile: String?

    @Option(help: "A file with the mail server's password in its first line.")
    var passwordFile: String?

    @Option(help: "A file with the webhook's secrets, whsec_…, a line each; the first signs.")
    var secretFile: String?

    func validate() throws {
        if requireTLS, noTLS {
            throw ValidationError("--require-tls and --no-tls contradict each other.")
        }
    }

    /// Makes the target of a name; no connection is opened yet.
    func target(_ name: String, parallel: Int) throws -> any DeliveryTarget {
        // Else it would be found missing at the first connection, as if the server were at fault.
        if let caFile { _ = try Files.read(caFile) }
        do {
            return try makeTarget(
                name,
                options: TargetOptions(
                    parallel: parallel,
                    password: try secrets(passwordFile, "MUSTER_SMTP_PASSWORD").first,
                    startTLS: requireTLS ? .required : noTLS ? .never : .ifOffered,
                    caFile: caFile,
                    webhookSecrets: try secrets(secretFile, "MUSTER_WEBHOOK_SECRET"),
                    allowedHosts: allowHost))
        } catch let error as TargetError {
            throw Failure(error.isOfSystem ? .ioError : .usage, error.message, fix: error.fix)
        }
    }

    /// The lines of a file, or else of the environment: secrets are never arguments.
    private func secrets(_ file: String?, _ variable: String) throws -> [String] {
        let text: String
        if let file {
            text = String(decoding: try Files.read(file), as: UTF8.self)
        } else {
            text = getenv(variable).map { String(cString: $0) } ?? ""
        }
        return text.split(whereSeparator: \.isNewline).map(String.init)
    }

    /// Whose mail it is; only what is no mail yet can do without.
    ///
    /// - Throws: ``Failure`` with status 64 where there is none, or none that mail can come from.
    func sender(for target: String) throws -> Mailbox {
        if let from {
            do {
                try from.mailbox.checkAsSender()
            } catch {
                throw Failure(.usage, error.message, fix: error.fix)
            }
            return from.mailbox
        }
        let scheme = target.lowercased()
        guard !scheme.hasPrefix("smtp"), !scheme.hasPrefix("maildir") else {
            throw Failure(
                .usage, "mail needs a sender", fix: "add --from 'Name <address@your.domain>'")
        }
        return Mailbox(address: "muster@localhost.invalid")
    }
}
