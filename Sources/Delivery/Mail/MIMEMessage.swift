import Core
import Wire

/// A mail's bytes, headers and body, as RFC 5322 and MIME have them.
///
/// A pure function of the mail: the boundary comes from the send's id, and no header can hold a line end.
package struct MIMEMessage {
    /// The whole message, lines ended by CR LF, none longer than 998 bytes.
    package let bytes: [UInt8]
    /// The envelope's sender.
    package let from: MailAddress
    /// The envelope's only recipient.
    package let to: MailAddress

    /// Writes a mail.
    ///
    /// - Throws: ``MailError`` where an address, the unsubscribe link or the id's domain would not stay in its header.
    package init(_ mail: OutgoingMail) throws(MailError) {
        let from = try MailAddress(mail.from.address)
        let to = try MailAddress(mail.to.address)
        var bytes: [UInt8] = []
        HeaderText.append("From", mailbox: mail.from, address: from, to: &bytes)
        HeaderText.append("To", mailbox: mail.to, address: to, to: &bytes)
        HeaderText.append("Subject", unstructured: mail.subject, to: &bytes)
        bytes.append(ascii: "Date: ")
        bytes.append(mailDate: mail.date)
        bytes.append(ascii: "\r\n")
        HeaderText.append(
            "Message-ID",
            token: try Self.messageID(mail.send, mail.messageDomain ?? from.domain), to: &bytes)
        // Some services put a Message-ID of their own; what comes back of the mail names this one.
        bytes.append(ascii: "X-Muster-Send: ")
        bytes.append(contentsOf: mail.send.utf8)
        bytes.append(ascii: "\r\n")
        if let url = mail.unsubscribeURL {
            try bytes.append(unsubscribeURL: url)
        }
        bytes.append(ascii: "MIME-Version: 1.0\r\n")
        bytes.append(parts: mail)
        self.bytes = bytes
        self.from = from
        self.to = to
    }

    /// `<send-id@domain>`: the same at every attempt, so that a mail handed over twice can be seen to be one.
    static func messageID(_ send: String, _ domain: String) throws(MailError) -> String {
        let id = "\(send)@\(domain)"
        guard id.utf8.count <= 250,
            id.utf8.allSatisfy({ (0x21...0x7e).contains($0) && !"<>\"\\(),;".utf8.contains($0) }),
            id.utf8.count(where: { $0 == UInt8(ascii: "@") }) == 1
        else { throw .badHeader(name: "Message-ID", value: id) }
        return "<\(id)>"
    }
}

extension [UInt8] {
    /// Appends the link (RFC 2369), and that one click is enough, which only HTTPS can say (RFC 8058 section 3.1).
    fileprivate mutating func append(unsubscribeURL url: String) throws(MailError) {
        guard url.utf8.count <= 900,
            url.utf8.allSatisfy({ (0x21...0x7e).contains($0) && !"<>".utf8.contains($0) })
        else { throw .badHeader(name: "List-Unsubscribe", value: url) }
        HeaderText.append("List-Unsubscribe", token: "<\(url)>", to: &self)
        if url.lowercased().hasPrefix("https://") {
            append(ascii: "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n")
        }
    }

    /// Appends the rest of the message: the one part there is, or both as alternatives, the richer one last.
    fileprivate mutating func append(parts mail: OutgoingMail) {
        guard let text = mail.text, let html = mail.html else {
            if let html = mail.html {
                append(part: html, type: "text/html")
            } else {
                append(part: mail.text ?? "", type: "text/plain")
            }
            return
        }
        // Neither encoding writes `=_`, so no body can hold the boundary.
        let boundary = Array("=_\(mail.send)".utf8)
        append(ascii: "Content-Type: multipart/alternative;\r\n boundary=\"")
        append(contentsOf: boundary)
        append(ascii: "\"\r\n\r\n")
        for (content, type) in [(text, "text/plain"), (html, "text/html")] {
            append(ascii: "--")
            append(contentsOf: boundary)
            append(ascii: "\r\n")
            append(part: content, type: type)
        }
        append(ascii: "--")
        append(contentsOf: boundary)
        append(ascii: "--\r\n")
    }

    private mutating func append(part content: String, type: String) {
        let text = BodyEncoding.normalized(content)
        let encoding = BodyEncoding.best(for: text)
        append(ascii: "Content-Type: ")
        append(contentsOf: type.utf8)
        append(ascii: "; charset=utf-8\r\nContent-Transfer-Encoding: ")
        append(ascii: encoding.word)
        append(ascii: "\r\n\r\n")
        append(contentsOf: encoding.encode(text))
    }

    /// Appends an instant as RFC 5322 writes it, in UTC: `Sun, 01 Mar 2026 15:00:00 +0000`.
    fileprivate mutating func append(mailDate instant: Instant) {
        let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        let seconds = Swift.max(instant.microseconds, 0) / .second
        let day = Day(number: Int32(clamping: seconds / 86_400))
        let (year, month, dayOfMonth) = day.civil
        append(contentsOf: weekdays[Int(day.number) % 7].utf8)
        append(ascii: ", ")
        append(twoDigits: Int64(dayOfMonth))
        append(ascii: " ")
        append(contentsOf: months[month - 1].utf8)
        append(ascii: " ")
        append(decimal: Int64(year))
        append(ascii: " ")
        append(twoDigits: seconds % 86_400 / 3600)
        append(ascii: ":")
        append(twoDigits: seconds / 60 % 60)
        append(ascii: ":")
        append(twoDigits: seconds % 60)
        append(ascii: " +0000")
    }

    private mutating func append(twoDigits value: Int64) {
        if value < 10 { append(UInt8(ascii: "0")) }
        append(decimal: value)
    }
}
