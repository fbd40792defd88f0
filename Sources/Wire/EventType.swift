public import Core

/// The types of events (SPEC 2); the raw value is the first byte of the encoded content.
enum EventType: UInt8, CaseIterable, Sendable {
    case partnerUpdated = 1
    case relationshipChanged, contractChanged, partnerJoined, applicationSubmitted
    case actionRecorded, actionReversed, clickRecorded
    case tagAssigned, tagRemoved, groupJoined, groupLeft
    case emailDelivered, emailOpened, emailClicked, emailBounced, emailComplained
    case emailUnsubscribed, emailResubscribed
    case customRecorded

    /// The word in event lines.
    var word: StaticString {
        switch self {
        case .partnerUpdated: "partner.updated"
        case .relationshipChanged: "relationship.changed"
        case .contractChanged: "contract.changed"
        case .partnerJoined: "partner.joined"
        case .applicationSubmitted: "application.submitted"
        case .actionRecorded: "action.recorded"
        case .actionReversed: "action.reversed"
        case .clickRecorded: "click.recorded"
        case .tagAssigned: "tag.assigned"
        case .tagRemoved: "tag.removed"
        case .groupJoined: "group.joined"
        case .groupLeft: "group.left"
        case .emailDelivered: "email.delivered"
        case .emailOpened: "email.opened"
        case .emailClicked: "email.clicked"
        case .emailBounced: "email.bounced"
        case .emailComplained: "email.complained"
        case .emailUnsubscribed: "email.unsubscribed"
        case .emailResubscribed: "email.resubscribed"
        case .customRecorded: "custom.recorded"
        }
    }

    /// The fields that this type has beside those of every event.
    var fields: FieldMask {
        switch self {
        case .partnerUpdated: [.name, .email, .attributes]
        case .relationshipChanged: [.stage]
        case .contractChanged: [.contract, .stage, .templateTerm]
        case .partnerJoined, .applicationSubmitted: [.contract, .templateTerm]
        case .actionRecorded: [.amount, .currency]
        case .actionReversed: [.amount, .currency, .originalTime]
        case .clickRecorded: [.count]
        case .tagAssigned, .tagRemoved: [.tag, .source]
        case .groupJoined, .groupLeft: [.group]
        case .emailBounced: [.send, .source, .kind]
        case .emailDelivered, .emailOpened, .emailClicked, .emailComplained,
            .emailUnsubscribed, .emailResubscribed:
            [.send, .source]
        case .customRecorded: [.name, .properties]
        }
    }

    static let words = WordTable(allCases.map { "\($0.word)" })

    /// The type that a text names.
    static func named(_ text: Span<UInt8>) -> EventType? {
        words.find(text, 0, text.count).flatMap { EventType(rawValue: UInt8($0 + 1)) }
    }
}

/// What of a partner an event can change, from its encoded content.
///
/// - Throws: ``WireError`` where the content begins with no known type.
public func factKinds(ofContent content: Span<UInt8>) throws(WireError) -> FactKinds {
    switch try eventType(ofContent: content) {
    case .partnerUpdated: .profile
    case .relationshipChanged: .relationship
    case .contractChanged, .applicationSubmitted: .contracts
    case .partnerJoined: [.relationship, .contracts]
    case .actionRecorded, .actionReversed: .actions
    case .clickRecorded: .clicks
    case .tagAssigned, .tagRemoved: .tags
    case .groupJoined, .groupLeft: .groups
    case .emailDelivered, .emailOpened, .emailClicked, .emailBounced, .emailComplained,
        .emailUnsubscribed, .emailResubscribed:
        .email
    case .customRecorded: .custom
    }
}

/// The type of some encoded content.
func eventType(ofContent content: Span<UInt8>) throws(WireError) -> EventType {
    guard !content.isEmpty else { throw WireError(.truncated, offset: 0) }
    guard let type = EventType(rawValue: content[0]) else {
        throw WireError(.invalid("an event type"), offset: 0)
    }
    return type
}

/// The fields that mean something in at least one type of event.
enum Field: Int, CaseIterable, Sendable {
    case id, type, partner, time
    case name, email, attributes, stage, contract, templateTerm, amount, currency, originalTime
    case count, tag, source, group, send, kind, properties

    /// The name in plain event lines.
    var word: String {
        switch self {
        case .id: "id"
        case .type: "type"
        case .partner: "partner"
        case .time: "time"
        case .name: "name"
        case .email: "email"
        case .attributes: "attributes"
        case .stage: "stage"
        case .contract: "contract"
        case .templateTerm: "template_term"
        case .amount: "amount"
        case .currency: "currency"
        case .originalTime: "original_time"
        case .count: "count"
        case .tag: "tag"
        case .source: "source"
        case .group: "group"
        case .send: "send"
        case .kind: "kind"
        case .properties: "properties"
        }
    }

    static let words = WordTable(allCases.map(\.word))
}

/// A set of fields.
struct FieldMask: OptionSet, Sendable {
    let rawValue: UInt32

    init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    init(_ field: Field) {
        rawValue = 1 << UInt32(field.rawValue)
    }

    /// What every event has.
    static let common: FieldMask = [
        FieldMask(.id), FieldMask(.type), FieldMask(.partner), FieldMask(.time),
    ]
    static let name = FieldMask(.name)
    static let email = FieldMask(.email)
    static let attributes = FieldMask(.attributes)
    static let stage = FieldMask(.stage)
    static let contract = FieldMask(.contract)
    static let templateTerm = FieldMask(.templateTerm)
    static let amount = FieldMask(.amount)
    static let currency = FieldMask(.currency)
    static let originalTime = FieldMask(.originalTime)
    static let count = FieldMask(.count)
    static let tag = FieldMask(.tag)
    static let source = FieldMask(.source)
    static let group = FieldMask(.group)
    static let send = FieldMask(.send)
    static let kind = FieldMask(.kind)
    static let properties = FieldMask(.properties)
}

extension EventContent {
    /// The type's word in event lines (SPEC 2).
    public var typeWord: String { "\(type.word)" }
}
