import Core

/// Appends an event as one line in the plain form (SPEC 2), with its line feed.
///
/// Reading the line gives the same id, partner, time and content again.
///
/// - Parameters:
///   - id: The event's id.
///   - partner: The partner's id.
///   - time: When it happened.
///   - content: The encoded content.
///   - buffer: Takes the line at its end; left as it is after an error.
/// - Throws: ``WireError`` where the content is damaged.
public func appendEventJSON(
    id: Span<UInt8>,
    partner: Span<UInt8>,
    time: Instant,
    content: Span<UInt8>,
    to buffer: inout [UInt8]
) throws(WireError) {
    let size = buffer.count
    do throws(WireError) {
        let type = try eventType(ofContent: content)
        buffer.append(UInt8(ascii: "{"))
        buffer.append(jsonKey: "id")
        buffer.append(jsonString: id)
        buffer.append(jsonKey: "type")
        buffer.append(UInt8(ascii: "\""))
        buffer.append(ascii: type.word)
        buffer.append(UInt8(ascii: "\""))
        buffer.append(jsonKey: "partner")
        buffer.append(jsonString: partner)
        buffer.append(jsonKey: "time")
        buffer.append(jsonInstant: time)
        var writer = FieldWriter()
        try writer.fields(type, time, content, &buffer)
        buffer.append(ascii: "}\n")
    } catch {
        buffer.removeLast(buffer.count - size)
        throw error
    }
}

/// Appends encoded content as a JSON object of its type and fields.
///
/// - Parameters:
///   - content: The encoded content.
///   - time: When it happened.
///   - buffer: Takes the object at its end; left as it is after an error.
/// - Throws: ``WireError`` where the content is damaged.
public func appendContentJSON(
    _ content: Span<UInt8>,
    time: Instant,
    to buffer: inout [UInt8]
) throws(WireError) {
    let size = buffer.count
    do throws(WireError) {
        let type = try eventType(ofContent: content)
        buffer.append(UInt8(ascii: "{"))
        buffer.append(jsonKey: "type")
        buffer.append(UInt8(ascii: "\""))
        buffer.append(ascii: type.word)
        buffer.append(UInt8(ascii: "\""))
        var writer = FieldWriter()
        try writer.fields(type, time, content, &buffer)
        buffer.append(UInt8(ascii: "}"))
    } catch {
        buffer.removeLast(buffer.count - size)
        throw error
    }
}

/// Writes the fields of encoded content as members of an open JSON object.
private struct FieldWriter {
    private var reader = ByteReader(offset: 1)
    private var mask: UInt8 = 0

    mutating func fields(
        _ type: EventType,
        _ time: Instant,
        _ content: Span<UInt8>,
        _ buffer: inout [UInt8]
    ) throws(WireError) {
        mask = try reader.byte(content)
        switch type {
        case .partnerUpdated:
            try change(
                "name",
                Presence.nameSet,
                removed: Presence.nameRemoved,
                content,
                &buffer
            )
            try change(
                "email",
                Presence.emailSet,
                removed: Presence.emailRemoved,
                content,
                &buffer
            )
            try members("attributes", Presence.attributes, content, &buffer)
        case .relationshipChanged:
            buffer.append(jsonKey: "stage")
            buffer.append(jsonString: try reader.relationshipStage(content).word)
        case .contractChanged:
            try text("contract", Presence.contract, content, &buffer)
            buffer.append(jsonKey: "stage")
            buffer.append(jsonString: try reader.contractStage(content).word)
            try text("template_term", Presence.term, content, &buffer)
        case .partnerJoined:
            try text("contract", Presence.contract, content, &buffer)
            try text("template_term", Presence.term, content, &buffer)
        case .applicationSubmitted:
            try text("contract", Presence.contract, content, &buffer)
            try text("template_term", content, &buffer)
        case .actionRecorded, .actionReversed:
            buffer.append(jsonKey: "amount")
            buffer.append(millionths: try reader.number(content))
            try text("currency", Presence.currency, content, &buffer)
            if type == .actionReversed, mask & Presence.originalTime != 0 {
                buffer.append(jsonKey: "original_time")
                buffer.append(jsonInstant: try reader.instant(content, before: time))
            }
        case .clickRecorded:
            if mask & Presence.count != 0 {
                buffer.append(jsonKey: "count")
                buffer.append(decimal: try reader.number(content))
            }
        case .tagAssigned, .tagRemoved:
            try text("tag", content, &buffer)
            try text("source", Presence.tagSource, content, &buffer)
        case .groupJoined, .groupLeft: try text("group", content, &buffer)
        case .emailDelivered, .emailOpened, .emailClicked, .emailBounced, .emailComplained,
            .emailUnsubscribed, .emailResubscribed:
            try text("send", Presence.send, content, &buffer)
            try text("source", Presence.emailSource, content, &buffer)
            if type == .emailBounced, mask & Presence.kind != 0 {
                buffer.append(jsonKey: "kind")
                buffer.append(
                    jsonString: try reader.bounceKind(content) == 1 ? "soft" : "hard"
                )
            }
        case .customRecorded:
            try text("name", content, &buffer)
            try members("properties", Presence.properties, content, &buffer)
        }
        try extras(content, &buffer)
        try reader.expectEnd(content)
    }

    private mutating func text(
        _ key: StaticString,
        _ content: Span<UInt8>,
        _ buffer: inout [UInt8]
    ) throws(WireError) {
        buffer.append(jsonKey: key)
        buffer.append(jsonString: content.extracting(try reader.prefixed(content)))
    }

    private mutating func text(
        _ key: StaticString,
        _ bit: UInt8,
        _ content: Span<UInt8>,
        _ buffer: inout [UInt8]
    ) throws(WireError) {
        if mask & bit != 0 { try text(key, content, &buffer) }
    }

    private mutating func change(
        _ key: StaticString,
        _ set: UInt8,
        removed: UInt8,
        _ content: Span<UInt8>,
        _ buffer: inout [UInt8]
    ) throws(WireError) {
        try text(key, set, content, &buffer)
        guard mask & removed != 0 else { return }
        buffer.append(jsonKey: key)
        buffer.append(ascii: "null")
    }

    private mutating func members(
        _ key: StaticString,
        _ bit: UInt8,
        _ content: Span<UInt8>,
        _ buffer: inout [UInt8]
    ) throws(WireError) {
        guard mask & bit != 0 else { return }
        buffer.append(jsonKey: key)
        buffer.append(UInt8(ascii: "{"))
        let count = try reader.varint(content)
        for index in 0..<count {
            if index > 0 { buffer.append(UInt8(ascii: ",")) }
            buffer.append(jsonString: content.extracting(try reader.prefixed(content)))
            buffer.append(UInt8(ascii: ":"))
            let start = reader.offset
            switch try reader.byte(content) {
            case ValueTag.null: buffer.append(ascii: "null")
            case ValueTag.text:
                buffer.append(jsonString: content.extracting(try reader.prefixed(content)))
            case ValueTag.no: buffer.append(ascii: "false")
            case ValueTag.yes: buffer.append(ascii: "true")
            case let tag:
                buffer.append(decimal: try reader.decimal(tag, content, from: start))
            }
        }
        buffer.append(UInt8(ascii: "}"))
    }

    /// Extras are a canonical object: its members join those of the line.
    private mutating func extras(
        _ content: Span<UInt8>,
        _ buffer: inout [UInt8]
    ) throws(WireError) {
        guard mask & Presence.extras != 0 else { return }
        let range = try reader.prefixed(content)
        guard range.count > 2 else {
            throw WireError(.invalid("fields in an object"), offset: range.lowerBound)
        }
        buffer.append(UInt8(ascii: ","))
        buffer.append(
            bytes: content.extracting((range.lowerBound + 1)..<(range.upperBound - 1))
        )
    }
}
