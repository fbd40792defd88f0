import Core

extension MappedLine {
    /// Maps a message of the Segment spec (SPEC 2.2): `identify` sets traits, `track` is an event.
    ///
    /// What else describes the message is kept among the extras under `segment`; what belongs to one
    /// delivery (`sentAt`, `receivedAt`, …) or is secret (`writeKey`) is not.
    init(segment members: [JSONMember]) {
        self.init()
        fields.labels = .segment(amount: "amount", name: "name")
        var kind: JSONNode?
        var event: JSONNode?
        var traits: JSONNode?
        var properties: JSONNode?
        var kept: [JSONMember] = []
        for member in members {
            switch String(decoding: member.key, as: UTF8.self) {
            case "messageId": set(.id, member.value)
            case "userId": set(.partner, member.value)
            case "timestamp": set(.time, member.value)
            case "type": kind = member.value
            case "event": event = member.value
            case "traits": traits = member.value
            case "properties": properties = member.value
            case "sentAt", "receivedAt", "originalTimestamp", "integrations", "writeKey",
                "version", "_metadata":
                break
            default: kept.append(member)
            }
        }
        switch Self.kind(kind) {
        case .fault(let fault): type = .fault(fault)
        case .identify: identify(traits, &kept)
        case .track: track(event, properties, &kept)
        }
        keep(kept, under: "segment")
        finishExtras()
    }

    private enum Kind {
        case identify, track
        case fault(Fault)
    }

    private static func kind(_ node: JSONNode?) -> Kind {
        guard let node else {
            return .fault(.missing("type", "`type` is missing: it is \"identify\" or \"track\""))
        }
        guard case .string(let word) = node.value else {
            return .fault(.bad("type", "`type` must be a string, not \(node.value.kind)"))
        }
        if equals("identify", word.span) { return .identify }
        if equals("track", word.span) { return .track }
        return .fault(
            Fault(
                code: .unknownType,
                message: "unknown type \(quoted(word.span)): only \"identify\" and \"track\" "
                    + "messages become events"))
    }

    private mutating func identify(_ traits: JSONNode?, _ kept: inout [JSONMember]) {
        type = .known(.partnerUpdated)
        guard let members = object(traits, "traits") else { return }
        var attributes: [JSONMember] = []
        var nested: [JSONMember] = []
        for member in members {
            switch String(decoding: member.key, as: UTF8.self) {
            case "name": set(.name, member.value)
            case "email": set(.email, member.value)
            default: member.isFlat ? attributes.append(member) : nested.append(member)
            }
        }
        if !attributes.isEmpty { setFlat(.attributes, attributes) }
        kept.append(nested, under: "traits")
    }

    private mutating func track(
        _ event: JSONNode?, _ properties: JSONNode?, _ kept: inout [JSONMember]
    ) {
        guard let event else {
            type = .fault(.missing("event", "`event` is missing: a track message has a name"))
            return
        }
        guard case .string(let name) = event.value else {
            type = .fault(.bad("event", "`event` must be a string, not \(event.value.kind)"))
            return
        }
        let known = EventType.named(name.span)
        type = .known(known ?? .customRecorded)
        let members = object(properties, "properties")
        if let known {
            let clashing = takeFields(of: known, from: members ?? [], reserved: "segment")
            kept.append(clashing, under: "properties")
            return
        }
        if let members, let order = Self.order(name, members) {
            fields.labels = .segment(amount: order.label, name: "name")
            type = .known(order.type)
            set(.amount, order.amount)
            var rest: [JSONMember] = []
            for member in members where !member.key.elementsEqual(order.label.utf8) {
                if member.key.elementsEqual("currency".utf8) {
                    set(.currency, member.value)
                } else {
                    rest.append(member)
                }
            }
            kept.append(rest, under: "properties")
            return
        }
        fields.labels = .segment(amount: "amount", name: "event")
        set(.name, event)
        guard let members else { return }
        setFlat(.properties, members.filter(\.isFlat))
        kept.append(members.filter { !$0.isFlat }, under: "properties")
    }

    /// The action that one of the spec's order events is, where it carries an amount.
    private static func order(
        _ name: [UInt8], _ members: [JSONMember]
    ) -> (type: EventType, label: String, amount: JSONNode)? {
        let type: EventType
        if equals("Order Completed", name.span) {
            type = .actionRecorded
        } else if equals("Order Refunded", name.span) {
            type = .actionReversed
        } else {
            return nil
        }
        for label in ["revenue", "total"] {
            let member = members.first { $0.key.elementsEqual(label.utf8) && !$0.value.isNull }
            if let member { return (type, label, member.value) }
        }
        return nil
    }

    private mutating func setFlat(_ field: Field, _ members: [JSONMember]) {
        set(field, JSONNode(offset: 0, value: .object(members)))
    }

    /// The members of an optional object; notes the fault where it is something else.
    private mutating func object(_ node: JSONNode?, _ name: String) -> [JSONMember]? {
        switch node?.value {
        case nil, .null?: return nil
        case .object(let members)?: return members
        case let value?:
            fault = .bad(name, "`\(name)` must be an object, not \(value.kind)")
            return nil
        }
    }
}

extension JSONMember {
    /// Whether the value is neither an object nor an array.
    fileprivate var isFlat: Bool {
        switch value.value {
        case .object, .array: false
        default: true
        }
    }
}

extension [JSONMember] {
    /// Adds an object of these members, unless there are none.
    fileprivate mutating func append(_ members: [JSONMember], under name: String) {
        let given = members.filter { !$0.value.isNull }
        guard !given.isEmpty else { return }
        append(
            JSONMember(
                key: Array<UInt8>(name.utf8), keyOffset: 0,
                value: JSONNode(offset: 0, value: .object(given))))
    }
}
