import Core
import Delivery

/// A mail that says little, for tests to change.
func mail(
    _ number: Int = 1, to: String = "p1@example.org", from: String = "team@example.com"
) -> OutgoingMail {
    let digits = String(number)
    let id = "snd_" + String(repeating: "0", count: 26 - digits.count) + digits
    return OutgoingMail(
        send: id, from: Mailbox(address: from), to: Mailbox(address: to), subject: "Well done",
        text: "Hello\n", html: nil, date: Instant(microseconds: 1_772_377_200_000_000),
        attemptedAt: Instant(microseconds: 1_772_377_260_500_000),
        origin: MailOrigin(
            kind: .workflow, source: "celebrate", partner: "p1", template: "first-sale",
            templateVersion: 2, decidedAt: Instant(microseconds: 1_772_377_200_000_000), attempt: 1)
    )
}

extension DeliveryTarget {
    /// Hands one mail over and waits for what comes of it.
    func handOver(_ mail: OutgoingMail, seconds: Int = 20) throws -> HandOver? {
        try start(mail, token: 7)
        for _ in 0..<(seconds * 10) {
            if let (token, outcome) = wait(milliseconds: 100).first {
                return token == 7 ? outcome : nil
            }
        }
        return nil
    }

    /// Hands mails over, as many at once as the target takes, and waits for all.
    func handOver(_ mails: [OutgoingMail]) throws -> [UInt64: HandOver] {
        for (index, mail) in mails.enumerated() { try start(mail, token: UInt64(index)) }
        var outcomes: [UInt64: HandOver] = [:]
        var silences = 0
        while outcomes.count < mails.count, silences < 200 {
            let arrived = wait(milliseconds: 100)
            silences = arrived.isEmpty ? silences + 1 : 0
            for (token, outcome) in arrived { outcomes[token] = outcome }
        }
        return outcomes
    }
}
