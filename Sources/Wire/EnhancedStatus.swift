/// An enhanced mail system status code, such as 5.1.1 (RFC 3463).
public struct EnhancedStatus: Equatable, Sendable {
    /// 2 success, 4 not now, 5 not at all.
    public var statusClass: Int
    /// What it is about: 1 addresses, 2 mailboxes, 3 the mail system, 4 network and routing, and so on.
    public var subject: Int
    /// What exactly.
    public var detail: Int

    /// Reads a code; nil where it is none.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part in
            part.utf8.allSatisfy { (0x30...0x39).contains($0) } && part.utf8.count <= 3
                ? Int(part) : nil
        }
        guard parts.count == 3, numbers.count == 3, [2, 4, 5].contains(numbers[0]) else {
            return nil
        }
        (statusClass, subject, detail) = (numbers[0], numbers[1], numbers[2])
    }

    /// Whether the recipient's address is at fault, so that no other mail would reach it either; nil where the code
    /// leaves that open.
    ///
    /// Of the addresses 7 and 8 are the sender's. Of the mailboxes 2 is full, which RFC 3463 calls a persistent
    /// transient failure, 3 refuses this mail's length, and 4 is a list that could not be expanded; 1, disabled, is
    /// for good where a server says so with class 5. Of the network 4 is a domain that leads nowhere. All
    /// else is about the system, the protocol, the content or the policy.
    public var faultsRecipient: Bool? {
        switch (subject, detail) {
        case (0, _): nil
        case (1, 7), (1, 8): false
        case (1, _): true
        case (2, 2), (2, 3), (2, 4): false
        case (2, _): true
        case (4, 4): true
        default: false
        }
    }
}
