/// What can be known to be wrong with a sender before anybody is mailed: it would be so with every mail.
extension Mailbox {
    /// Checks that mail can come from this address.
    ///
    /// - Throws: ``TargetError`` where the address would not stay in its header, or its domain in `Message-ID`.
    public func checkAsSender() throws(TargetError) {
        do throws(MailError) {
            let sender = try MailAddress(address)
            // As long as a send's id.
            _ = try MIMEMessage.messageID(String(repeating: "0", count: 30), sender.domain)
        } catch {
            switch error {
            case .badAddress:
                throw TargetError(
                    "\(shown(address)) is no address that mail can come from",
                    fix: "write it like 'Name <address@your.domain>'")
            case .badHeader(let header, _):
                throw TargetError(
                    "the domain of the sender \(shown(address)) does not fit into the header \(header)",
                    fix: "write it in ASCII, as xn--…, and in 219 characters at most")
            }
        }
    }
}
