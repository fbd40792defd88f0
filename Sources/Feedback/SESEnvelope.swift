import Wire

/// What Amazon's services wrap around an event of SES: SNS a message with the event as a string in
/// `Message`, EventBridge an object with the event in `detail`.
enum SESEnvelope {
    /// The event itself.
    ///
    /// - Returns: Nil for messages of SNS that carry no event.
    /// - Throws: ``Fault`` where `Message` is not the JSON of an object.
    static func event(in node: JSONNode) throws(Fault) -> JSONNode? {
        if let detail = node.member("detail"), node.member("detail-type") != nil {
            guard case .object = detail.value else {
                throw .bad("detail", "`detail` must be an object, not \(detail.value.kind)")
            }
            return detail
        }
        guard node.member("eventType") == nil, node.member("notificationType") == nil,
            let type = node.word("Type")
        else { return node }
        guard type.elementsEqual("Notification".utf8) else {
            // SubscriptionConfirmation and UnsubscribeConfirmation are about the topic.
            return nil
        }
        guard case .string(let text)? = node.member("Message")?.value else {
            throw node.notText("Message", as: "Message", example: "a string with the event in it")
        }
        // What SES tells a topic when it is set up is a sentence.
        if text.starts(with: "Successfully validated SNS topic".utf8) { return nil }
        let event: JSONNode
        do throws(JSONError) {
            event = try parseJSON(text.span)
        } catch {
            let fault = Fault(error, in: text.span)
            throw .bad("Message", "`Message` holds no event: \(fault.message)")
        }
        guard case .object = event.value else {
            throw .bad("Message", "`Message` must hold an object, not \(event.value.kind)")
        }
        return event
    }
}
