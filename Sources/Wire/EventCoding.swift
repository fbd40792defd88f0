import Core

/// The contract that is meant where an event names none (SPEC 2).
private let defaultContract: Name = "default"

/// Reads encoded content as an event, its texts interned.
///
/// Content is what ``EventReader`` and ``encodeContent(_:time:tagSource:texts:into:)`` write: a type
/// byte, a presence mask, the fields in the order of SPEC 2's table, and extras as canonical JSON.
/// Fields that are not there get their defaults; `send`, a tag's `source` and extras are passed over.
///
/// - Parameters:
///   - content: The whole content.
///   - time: When the event happened.
///   - texts: Takes the names and texts that are new.
/// - Returns: The event.
/// - Throws: ``WireError`` where the content is damaged; `texts` may have grown then.
public func decodeEvent(
    content: Span<UInt8>,
    time: Instant,
    texts: inout TextTable
) throws(WireError) -> Event {
    let type = try eventType(ofContent: content)
    var reader = ByteReader(offset: 1)
    let mask = try reader.byte(content)
    let decoded: EventContent
    switch type {
    case .partnerUpdated:
        decoded = .partnerUpdated(try reader.update(content, mask, &texts))
    case .relationshipChanged:
        decoded = .relationshipChanged(try reader.relationshipStage(content))
    case .contractChanged:
        let contract = try reader.contract(content, mask, &texts)
        let stage = try reader.contractStage(content)
        decoded = .contractChanged(
            contract: contract,
            stage: stage,
            term: try reader.text(content, if: mask & Presence.term != 0, &texts)
        )
    case .partnerJoined:
        let contract = try reader.contract(content, mask, &texts)
        decoded = .partnerJoined(
            contract: contract,
            term: try reader.text(content, if: mask & Presence.term != 0, &texts)
        )
    case .applicationSubmitted:
        let contract = try reader.contract(content, mask, &texts)
        decoded = .applicationSubmitted(
            contract: contract,
            term: try reader.text(content, &texts)
        )
    case .actionRecorded, .actionReversed:
        let amount = try reader.number(content)
        if mask & Presence.currency != 0 { _ = try reader.prefixed(content) }
        if type == .actionRecorded {
            decoded = .actionRecorded(amount: amount)
        } else {
            let original =
                mask & Presence.originalTime != 0
                ? try reader.instant(content, before: time) : time
            decoded = .actionReversed(amount: amount, originalTime: original)
        }
    case .clickRecorded:
        decoded = .clickRecorded(
            count: mask & Presence.count != 0 ? try reader.number(content) : 1
        )
    case .tagAssigned, .tagRemoved:
        let tag = try reader.text(content, &texts)
        if mask & Presence.tagSource != 0 { _ = try reader.prefixed(content) }
        decoded = type == .tagAssigned ? .tagAssigned(tag) : .tagRemoved(tag)
    case .groupJoined: decoded = .groupJoined(try reader.text(content, &texts))
    case .groupLeft: decoded = .groupLeft(try reader.text(content, &texts))
    case .emailDelivered, .emailOpened, .emailClicked, .emailBounced, .emailComplained,
        .emailUnsubscribed, .emailResubscribed:
        let send =
            mask & Presence.send != 0
            ? SendKey(id: content.extracting(try reader.prefixed(content))) : nil
        let source = try reader.text(content, if: mask & Presence.emailSource != 0, &texts)
        let isSoft =
            type == .emailBounced && mask & Presence.kind != 0
            ? try reader.bounceKind(content) == 1 : false
        decoded = .email(emailEvent(type, isSoft: isSoft), source: source, send: send)
    case .customRecorded:
        let name = try reader.text(content, &texts)
        decoded = .customRecorded(
            name: name,
            properties: try reader.properties(content, mask, &texts)
        )
    }
    if mask & Presence.extras != 0 { _ = try reader.prefixed(content) }
    try reader.expectEnd(content)
    return Event(time: time, content: decoded)
}

private func emailEvent(_ type: EventType, isSoft: Bool) -> EmailEvent {
    switch type {
    case .emailOpened: .opened
    case .emailClicked: .clicked
    case .emailBounced: isSoft ? .softBounced : .hardBounced
    case .emailComplained: .complained
    case .emailUnsubscribed: .unsubscribed
    case .emailResubscribed: .resubscribed
    default: .delivered
    }
}

extension ByteReader {
    @inline(__always)
    fileprivate mutating func text(
        _ content: Span<UInt8>,
        _ texts: inout TextTable
    ) throws(WireError) -> TextID {
        texts.intern(content.extracting(try prefixed(content)))
    }

    @inline(__always)
    fileprivate mutating func text(
        _ content: Span<UInt8>,
        if isGiven: Bool,
        _ texts: inout TextTable
    ) throws(WireError) -> TextID? {
        isGiven ? try text(content, &texts) : nil
    }

    fileprivate mutating func contract(
        _ content: Span<UInt8>,
        _ mask: UInt8,
        _ texts: inout TextTable
    ) throws(WireError) -> TextID {
        mask & Presence.contract != 0 ? try text(content, &texts) : texts.intern(defaultContract)
    }

    /// Makes sure that nothing follows.
    func expectEnd(_ content: Span<UInt8>) throws(WireError) {
        guard offset == content.count else {
            throw WireError(.invalid("the end of the content"), offset: offset)
        }
    }

    /// A number that is not negative.
    mutating func number(_ content: Span<UInt8>) throws(WireError) -> Int64 {
        let start = offset
        guard let value = Int64(exactly: try varint(content)) else {
            throw WireError(.invalid("a smaller number"), offset: start)
        }
        return value
    }

    /// An instant that is written as its distance before another.
    mutating func instant(
        _ content: Span<UInt8>,
        before time: Instant
    ) throws(WireError) -> Instant {
        let start = offset
        let distance = try number(content)
        guard distance <= time.microseconds else {
            throw WireError(.invalid("a time from 1970 on"), offset: start)
        }
        return time.advanced(byMicroseconds: -distance)
    }

    mutating func relationshipStage(
        _ content: Span<UInt8>
    ) throws(WireError) -> RelationshipStage {
        guard let stage = RelationshipStage(rawValue: try byte(content)) else {
            throw WireError(.invalid("a relationship stage"), offset: offset - 1)
        }
        return stage
    }

    mutating func contractStage(_ content: Span<UInt8>) throws(WireError) -> ContractStage {
        guard let stage = ContractStage(rawValue: try byte(content)) else {
            throw WireError(.invalid("a contract stage"), offset: offset - 1)
        }
        return stage
    }

    mutating func bounceKind(_ content: Span<UInt8>) throws(WireError) -> UInt8 {
        let kind = try byte(content)
        guard kind <= 1 else { throw WireError(.invalid("hard or soft"), offset: offset - 1) }
        return kind
    }

    fileprivate mutating func update(
        _ content: Span<UInt8>,
        _ mask: UInt8,
        _ texts: inout TextTable
    ) throws(WireError) -> PartnerUpdate {
        var update = PartnerUpdate()
        if mask & Presence.nameRemoved != 0 { update.name = .removed }
        if mask & Presence.nameSet != 0 { update.name = .set(try text(content, &texts)) }
        if mask & Presence.emailRemoved != 0 { update.email = .removed }
        if mask & Presence.emailSet != 0 { update.email = .set(try text(content, &texts)) }
        guard mask & Presence.attributes != 0 else { return update }
        let count = try varint(content)
        for _ in 0..<count {
            let name = try text(content, &texts)
            update.attributes.append((name, try value(content, &texts)))
        }
        return update
    }

    fileprivate mutating func properties(
        _ content: Span<UInt8>,
        _ mask: UInt8,
        _ texts: inout TextTable
    ) throws(WireError) -> [NamedValue] {
        guard mask & Presence.properties != 0 else { return [] }
        var properties: [NamedValue] = []
        let count = try varint(content)
        for _ in 0..<count {
            let name = try text(content, &texts)
            guard let value = try value(content, &texts) else {
                throw WireError(.invalid("a value"), offset: offset - 1)
            }
            properties.append(NamedValue(name: name, value: value))
        }
        return properties
    }
}

/// Appends the canonical content of an event that the engine itself makes (SPEC 3, 5).
///
/// It decodes back to the same event. Contract, count and a bounce's kind are written out also where
/// they are the defaults; an original time only where it differs from `time`.
///
/// - Parameters:
///   - content: What happens.
///   - time: When.
///   - tagSource: The `source` of a tag event, such as `automation`.
///   - texts: The table that the content's texts are in.
///   - buffer: Takes the bytes at its end.
public func encodeContent(
    _ content: EventContent,
    time: Instant,
    tagSource: Name? = nil,
    texts: TextTable,
    into buffer: inout [UInt8]
) {
    let start = buffer.count
    buffer.append(content.type.rawValue)
    buffer.append(0)
    var mask: UInt8 = 0
    func append(_ id: TextID) { buffer.append(prefixed: texts.name(id).bytes.span) }
    func append(_ id: TextID?, _ bit: UInt8) {
        guard let id else { return }
        append(id)
        mask |= bit
    }
    func append(_ change: PartnerUpdate.Change<TextID>, set: UInt8, removed: UInt8) {
        switch change {
        case .unchanged: break
        case .removed: mask |= removed
        case .set(let id): append(id, set)
        }
    }
    switch content {
    case .partnerUpdated(let update):
        append(update.name, set: Presence.nameSet, removed: Presence.nameRemoved)
        append(update.email, set: Presence.emailSet, removed: Presence.emailRemoved)
        if !update.attributes.isEmpty {
            mask |= Presence.attributes
            buffer.append(varint: UInt64(update.attributes.count))
            let sorted = update.attributes.sorted { texts.name($0.name) < texts.name($1.name) }
            for (name, value) in sorted {
                append(name)
                if let value {
                    buffer.append(encodedValue: value, texts: texts)
                } else {
                    buffer.append(ValueTag.null)
                }
            }
        }
    case .relationshipChanged(let stage): buffer.append(stage.rawValue)
    case .contractChanged(let contract, let stage, let term):
        append(contract, Presence.contract)
        buffer.append(stage.rawValue)
        append(term, Presence.term)
    case .partnerJoined(let contract, let term):
        append(contract, Presence.contract)
        append(term, Presence.term)
    case .applicationSubmitted(let contract, let term):
        append(contract, Presence.contract)
        append(term)
    case .actionRecorded(let amount): buffer.append(varint: UInt64(amount))
    case .actionReversed(let amount, let original):
        buffer.append(varint: UInt64(amount))
        if original != time {
            mask |= Presence.originalTime
            buffer.append(varint: UInt64(time.microseconds - original.microseconds))
        }
    case .clickRecorded(let count):
        mask |= Presence.count
        buffer.append(varint: UInt64(count))
    case .tagAssigned(let tag), .tagRemoved(let tag):
        append(tag)
        if let tagSource {
            mask |= Presence.tagSource
            buffer.append(prefixed: tagSource.bytes.span)
        }
    case .groupJoined(let group), .groupLeft(let group): append(group)
    case .email(let event, let source, _):
        append(source, Presence.emailSource)
        if event == .hardBounced || event == .softBounced {
            mask |= Presence.kind
            buffer.append(event == .softBounced ? 1 : 0)
        }
    case .customRecorded(let name, let properties):
        append(name)
        if !properties.isEmpty {
            mask |= Presence.properties
            buffer.append(varint: UInt64(properties.count))
            let sorted = properties.sorted { texts.name($0.name) < texts.name($1.name) }
            for property in sorted {
                append(property.name)
                buffer.append(encodedValue: property.value, texts: texts)
            }
        }
    }
    buffer[start + 1] = mask
}

extension EventContent {
    /// The type whose content this is.
    var type: EventType {
        switch self {
        case .partnerUpdated: .partnerUpdated
        case .relationshipChanged: .relationshipChanged
        case .contractChanged: .contractChanged
        case .partnerJoined: .partnerJoined
        case .applicationSubmitted: .applicationSubmitted
        case .actionRecorded: .actionRecorded
        case .actionReversed: .actionReversed
        case .clickRecorded: .clickRecorded
        case .tagAssigned: .tagAssigned
        case .tagRemoved: .tagRemoved
        case .groupJoined: .groupJoined
        case .groupLeft: .groupLeft
        case .email(.delivered, _, _): .emailDelivered
        case .email(.opened, _, _): .emailOpened
        case .email(.clicked, _, _): .emailClicked
        case .email(.hardBounced, _, _), .email(.softBounced, _, _): .emailBounced
        case .email(.complained, _, _): .emailComplained
        case .email(.unsubscribed, _, _): .emailUnsubscribed
        case .email(.resubscribed, _, _): .emailResubscribed
        case .customRecorded: .customRecorded
        }
    }
}
