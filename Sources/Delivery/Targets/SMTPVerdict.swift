import Wire

extension TransferResult {
    /// What an SMTP dialogue came to, by the code of the last answer and the command that it is to (RFC 5321 section 4.2).
    ///
    /// libcurl's own codes say too little: 55 is a refused recipient as well as a broken connection.
    var mailOutcome: HandOver {
        if let (address, isSender) = lacksUTF8For {
            let message = "the server offers no SMTPUTF8, which the address \(shown(address)) needs"
            return isSender
                ? .outOfService(message: message)
                : .refused(permanent: true, isRecipient: false, code: nil, message: message)
        }
        let answered = !reply.isEmpty ? reply : problem
        guard !succeeded else { return .delivered(detail: reply) }
        if bodyIsSent {
            // 354 is the answer to DATA, before the body.
            if status == 0 || status == 354 {
                return writeFailed
                    ? .notSent(message: problem)
                    : .unknown(message: "no answer after the whole mail: \(problem)")
            }
            if status / 100 == 2 { return .delivered(detail: reply) }
        }
        if stage == .session || refusesSender || status == 421 && stage == .sender {
            return .outOfService(message: status >= 400 ? answered : problem)
        }
        // 421 is about the service and may answer any command (RFC 5321 section 3.8); but there are servers that say it
        // over a recipient or a text.
        if status == 421 { return .serviceEnded(message: answered) }
        guard (400..<600).contains(status) else { return .notSent(message: problem) }
        return .refused(
            permanent: isPermanent, isRecipient: concernsRecipient, code: status,
            message: answered)
    }

    /// Whether the sender's address is refused for good.
    ///
    /// That holds for all mails until somebody mends the set-up, so no mail is given up for it. But 552 there is about this mail's size.
    private var refusesSender: Bool { stage == .sender && status / 100 == 5 && status != 552 }

    /// Whether a refusal holds for good: 5xx does, but 552 to a recipient means "too many" (RFC 5321 section 4.5.3.1.10).
    private var isPermanent: Bool {
        switch stage {
        case .session: false
        case .sender: status / 100 == 5
        case .recipient: status / 100 == 5 && status != 552
        case .data: status / 100 == 5
        }
    }

    /// Whether a refusal is about the recipient's address: the enhanced code says so, else the command that was refused.
    private var concernsRecipient: Bool {
        let word = reply.split(whereSeparator: { $0 == " " || $0 == "-" }).dropFirst().first
        return word.flatMap { EnhancedStatus($0) }?.faultsRecipient
            ?? (stage == .recipient && !refusesToRelay)
    }

    /// Whether the server says that it is not there for other domains' mail: so it would of any of their addresses.
    ///
    /// RFC 5321 gives that the same code as a mailbox that does not exist (section 3.6.2), so only the words tell; a
    /// host may be called relay1.example.com.
    private var refusesToRelay: Bool {
        reply.lowercased().split(separator: " ").contains { word in
            ["relay", "relaying", "relayed"].contains(word.filter { !"(),;:.!'\"".contains($0) })
        }
    }
}
