import Core
import Wire

extension OutgoingMail {
    /// The mail as a JSON object: the send's row as `sends` gives it, then what was rendered.
    ///
    /// - Throws: ``MailError`` where the mail could not be sent by mail either.
    func row() throws(MailError) -> [UInt8] {
        let sender = try MailAddress(from.address)
        _ = try MailAddress(to.address)
        let messageID = try MIMEMessage.messageID(send, messageDomain ?? sender.domain)
        var row = Array("{".utf8)
        row.append(jsonKey: "send")
        row.append(jsonString: send)
        row.append(jsonKey: "source")
        row.append(jsonString: origin.source.bytes.span)
        row.append(jsonKey: "kind")
        row.append(jsonString: origin.kind.word)
        row.append(jsonKey: "partner")
        row.append(jsonString: origin.partner.bytes.span)
        row.append(jsonKey: "to")
        row.append(jsonString: to.address)
        row.append(jsonKey: "name")
        row.append(jsonText: to.name)
        row.append(jsonKey: "template")
        row.append(jsonString: origin.template.bytes.span)
        row.append(jsonKey: "template_version")
        row.append(decimal: Int64(origin.templateVersion))
        row.append(jsonKey: "decided_at")
        row.append(jsonInstant: origin.decidedAt)
        row.append(jsonKey: "attempt")
        row.append(decimal: Int64(origin.attempt))
        row.append(jsonKey: "from")
        row.append(jsonString: from.address)
        row.append(jsonKey: "message_id")
        row.append(jsonString: messageID)
        row.append(jsonKey: "unsubscribe_url")
        row.append(jsonText: unsubscribeURL)
        row.append(jsonKey: "subject")
        row.append(jsonString: HeaderText.cleaned(subject))
        row.append(jsonKey: "text")
        row.append(jsonText: text)
        row.append(jsonKey: "html")
        row.append(jsonText: html)
        row.append(UInt8(ascii: "}"))
        return row
    }
}

extension [UInt8] {
    fileprivate mutating func append(jsonText text: String?) {
        if let text { append(jsonString: text) } else { append(ascii: "null") }
    }
}
