import Wire

/// The event formats of providers that mail was handed to, one JSON text a line (SPEC 2.2).
public enum Provider: String, CaseIterable, Sendable {
    /// Twilio SendGrid's Event Webhook.
    case sendGrid = "sendgrid"
    /// Amazon SES: event publishing and notifications, bare, in SNS envelopes or from EventBridge.
    case ses
}

/// Reads lines of a provider's webhook dump: each is an object, or an array of objects.
public struct ProviderReader: Sendable {
    /// Whose format the lines have.
    public let provider: Provider

    /// One object of a line and what it says.
    public struct Element: Sendable, Equatable {
        /// What it says.
        public var notice: Notice
        /// Where the object lies in the line; the whole line where that is at fault.
        public var range: Range<Int>
    }

    /// Makes a reader of a provider's format.
    public init(_ provider: Provider) {
        self.provider = provider
    }

    /// Reads one line.
    ///
    /// - Parameters:
    ///   - line: The line without its line feed.
    ///   - lookUp: Tells whom a send went to, where the provider says no more than the send.
    /// - Returns: What each object says, in their order; nil for a blank line.
    /// - Throws: What `lookUp` throws.
    public func read(_ line: Span<UInt8>, _ lookUp: SendLookUp) throws -> [Element]? {
        let whole = 0..<line.count
        let length = line.count > 0 && line[line.count - 1] == 0x0d ? line.count - 1 : line.count
        guard length <= lineBytesMax else {
            let fault = Fault(
                code: .tooLong,
                message: "the line has more than \(lineBytesMax) bytes: write the objects of an "
                    + "array on lines of their own"
            )
            return [Element(notice: .rejected(fault), range: whole)]
        }
        var start = 0
        while start < length, Self.isBlank(line[start]) { start += 1 }
        guard start < length else { return nil }
        let node: JSONNode
        do throws(JSONError) {
            // The array around the objects is one level more.
            node = try parseJSON(line, depthMax: line[start] == UInt8(ascii: "[") ? 33 : 32)
        } catch {
            let fault = Fault(error, in: line, takesArrays: true)
            return [Element(notice: .rejected(fault), range: whole)]
        }
        guard case .array(let nodes) = node.value else {
            return [Element(notice: try notice(node, lookUp), range: whole)]
        }
        var elements: [Element] = []
        for (index, node) in nodes.enumerated() {
            let next = index + 1 < nodes.count ? nodes[index + 1].offset : line.count
            elements.append(
                Element(
                    notice: try notice(node, lookUp),
                    range: node.offset..<Self.end(before: next, from: node.offset, in: line)
                )
            )
        }
        return elements
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0d || byte == 0x0a
    }

    /// The end of an element: up to the next, or the end of the line, stand blanks, a comma, a bracket.
    private static func end(before next: Int, from start: Int, in line: Span<UInt8>) -> Int {
        var end = next
        while end > start + 1,
            isBlank(line[end - 1]) || line[end - 1] == UInt8(ascii: ",")
                || line[end - 1] == UInt8(ascii: "]") && next == line.count
        {
            end -= 1
        }
        return end
    }

    private func notice(_ node: JSONNode, _ lookUp: SendLookUp) throws -> Notice {
        do {
            guard case .object = node.value else {
                throw Fault(
                    code: .badJSON,
                    message: "\(node.value.kind) is no event: a line is one object, or an array "
                        + "of objects"
                )
            }
            let fact =
                switch provider {
                case .sendGrid: try MailFact(sendGrid: node, lookUp)
                case .ses: try MailFact(ses: node, lookUp)
                }
            return fact.map { .event($0.line) } ?? .skipped
        } catch let fault as Fault {
            return .rejected(fault)
        }
    }
}
