/// A partner's dense number, in the order in which the log first saw them (SPEC 3).
public typealias PartnerNumber = UInt32

/// A record's position in the log: 1, 2, 3, … without gaps; 0 is before the first (SPEC 1).
public typealias EventSequence = UInt64

/// An immutable fact about one partner, its texts interned (SPEC 2).
///
/// Id and unknown fields stay in the log: no rule looks at them.
public struct Event: Sendable {
    /// When it happened.
    public var time: Instant
    /// What happened.
    public var content: EventContent

    /// Makes an event.
    public init(time: Instant, content: EventContent) {
        self.time = time
        self.content = content
    }
}

/// What happened to a partner, by event type (SPEC 2).
public enum EventContent: Hashable, Sendable {
    case partnerUpdated(PartnerUpdate)
    case relationshipChanged(RelationshipStage)
    case contractChanged(contract: TextID, stage: ContractStage, term: TextID?)
    case partnerJoined(contract: TextID, term: TextID?)
    case applicationSubmitted(contract: TextID, term: TextID)
    /// Revenue in millionths of the program's currency.
    case actionRecorded(amount: Int64)
    /// Revenue taken back, in millionths, on the day of the original time.
    case actionReversed(amount: Int64, originalTime: Instant)
    case clickRecorded(count: Int64)
    case tagAssigned(TextID)
    case tagRemoved(TextID)
    case groupJoined(TextID)
    case groupLeft(TextID)
    /// Email activity; `source` is the workflow or automation that the event names, `send` the send.
    case email(EmailEvent, source: TextID?, send: SendKey? = nil)
    case customRecorded(name: TextID, properties: [NamedValue])
}

/// Stands for a send's id in facts: 64 bits of it are enough to tell one partner's sends apart.
public struct SendKey: Hashable, Sendable {
    /// A hash of the id's bytes.
    public let number: UInt64

    /// The key of an id: FNV-1a over its bytes.
    public init(id: Span<UInt8>) {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for index in id.indices { hash = (hash ^ UInt64(id[index])) &* 0x0000_0100_0000_01b3 }
        number = hash
    }

    /// The key with a number that another one had.
    public init(number: UInt64) {
        self.number = number
    }
}

/// What an `email.*` event says (SPEC 2).
public enum EmailEvent: UInt8, CaseIterable, Sendable {
    case delivered, opened, clicked, hardBounced, softBounced, complained, unsubscribed
    case resubscribed
}

/// What a `partner.updated` event sets or removes (SPEC 2).
public struct PartnerUpdate: Hashable, Sendable {
    /// A field that the event mentions: set to a value, or removed by null.
    public enum Change<Value: Hashable & Sendable>: Hashable, Sendable {
        case unchanged
        case removed
        case set(Value)
    }

    /// The partner's name.
    public var name: Change<TextID> = .unchanged
    /// The partner's address.
    public var email: Change<TextID> = .unchanged
    /// Attributes by name; nil removes.
    public var attributes: [(name: TextID, value: Value?)] = []

    /// Makes an update that changes nothing.
    public init() {}

    /// Whether all parts are equal, the attributes in the same order.
    public static func == (left: PartnerUpdate, right: PartnerUpdate) -> Bool {
        left.name == right.name && left.email == right.email
            && left.attributes.elementsEqual(right.attributes, by: ==)
    }

    /// Hashes all parts.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(email)
        for (name, value) in attributes {
            hasher.combine(name)
            hasher.combine(value)
        }
    }
}

/// The value of an attribute or of a custom event's property; null is no value.
public enum Value: Hashable, Sendable {
    case text(TextID)
    case number(Decimal)
    case flag(Bool)
}

/// A property of a custom event.
public struct NamedValue: Hashable, Sendable {
    /// The property's name.
    public var name: TextID
    /// Its value.
    public var value: Value

    /// Makes a property.
    public init(name: TextID, value: Value) {
        self.name = name
        self.value = value
    }
}
