import Core

/// Bits of the presence mask that follows the type byte of encoded content.
///
/// Bit 0 says that extras stand at the end, whatever the type.
enum Presence {
    static let extras: UInt8 = 1
    static let nameSet: UInt8 = 2
    static let nameRemoved: UInt8 = 4
    static let emailSet: UInt8 = 8
    static let emailRemoved: UInt8 = 16
    static let attributes: UInt8 = 32
    static let contract: UInt8 = 2
    static let term: UInt8 = 4
    static let currency: UInt8 = 2
    static let originalTime: UInt8 = 4
    static let count: UInt8 = 2
    static let tagSource: UInt8 = 2
    static let send: UInt8 = 2
    static let emailSource: UInt8 = 4
    static let kind: UInt8 = 8
    static let properties: UInt8 = 2
}

/// Checks the fields of a line in the order of SPEC 2.1 and writes the canonical content.
///
/// Layout: type byte; presence mask; then the fields in the order of SPEC 2's table, required ones
/// always and others where the mask says so; extras last, as canonical JSON. Texts, `attributes`
/// and `properties` carry their lengths; numbers are varints.
struct FieldEncoder: Sendable {
    let currency: Name
    /// Whether ids may begin with `muster:`.
    let allowsOwnIDs: Bool

    static let relationshipStages = WordTable(RelationshipStage.allCases.map(\.word))
    static let contractStages = WordTable(ContractStage.allCases.map(\.word))

    /// Encodes an event, or throws the first fault; the caller then takes back what was appended.
    func encode(
        _ fields: borrowing LineFields,
        _ type: TypeOutcome,
        in text: Span<UInt8>,
        wallTime: Instant,
        envelopeFault: Fault? = nil,
        into buffer: inout [UInt8]
    ) throws(Fault) -> EncodedEvent {
        let id = try required(.id, fields, text)
        if !allowsOwnIDs, startsWithReserved(id, text) {
            let label = fields.labels.label(.id)
            throw .bad(label, "`\(label)` may not begin with muster:, which marks derived events")
        }
        let eventType: EventType
        switch type {
        case .known(let known): eventType = known
        case .fault(let fault): throw fault
        }
        let partner = try required(.partner, fields, text)
        let time = try instant(.time, fields, text)
        if let envelopeFault { throw envelopeFault }

        let idStart = buffer.count
        buffer.append(bytes: text.extracting(id))
        let partnerStart = buffer.count
        buffer.append(bytes: text.extracting(partner))
        let contentStart = buffer.count
        buffer.append(eventType.rawValue)
        buffer.append(0)
        var mask = try encodeFields(eventType, fields, text, time, &buffer)
        if !fields.extras.isEmpty {
            mask |= Presence.extras
            buffer.append(prefixed: fields.extras.span)
        }
        buffer[contentStart + 1] = mask
        let label = fields.labels.label(.time)
        guard time <= wallTime.advanced(byMicroseconds: EventReader.aheadMax) else {
            throw Fault(
                code: .futureTime,
                message: "`\(label)` is more than 5 minutes ahead of the wall clock "
                    + "(\(timestampText(wallTime))): correct the sender's clock"
            )
        }
        return EncodedEvent(
            id: idStart..<partnerStart,
            partner: partnerStart..<contentStart,
            time: time,
            content: contentStart..<buffer.count
        )
    }

    private func encodeFields(
        _ type: EventType,
        _ fields: borrowing LineFields,
        _ text: Span<UInt8>,
        _ time: Instant,
        _ buffer: inout [UInt8]
    ) throws(Fault) -> UInt8 {
        var mask: UInt8 = 0
        switch type {
        case .partnerUpdated:
            mask |= try change(
                .name,
                fields,
                text,
                set: Presence.nameSet,
                removed: Presence.nameRemoved,
                &buffer
            )
            mask |= try change(
                .email,
                fields,
                text,
                set: Presence.emailSet,
                removed: Presence.emailRemoved,
                &buffer
            )
            mask |= try members(.attributes, fields, text, Presence.attributes, &buffer)
        case .relationshipChanged:
            buffer.append(try stage(Self.relationshipStages, fields, text))
        case .contractChanged:
            mask |= try optional(.contract, fields, text, Presence.contract, &buffer)
            buffer.append(try stage(Self.contractStages, fields, text))
            mask |= try optional(.templateTerm, fields, text, Presence.term, &buffer)
        case .partnerJoined:
            mask |= try optional(.contract, fields, text, Presence.contract, &buffer)
            mask |= try optional(.templateTerm, fields, text, Presence.term, &buffer)
        case .applicationSubmitted:
            mask |= try optional(.contract, fields, text, Presence.contract, &buffer)
            buffer.append(prefixed: text.extracting(try required(.templateTerm, fields, text)))
        case .actionRecorded, .actionReversed:
            buffer.append(varint: UInt64(try amount(fields, text)))
            mask |= try checkedCurrency(fields, text, &buffer)
            if type == .actionReversed {
                mask |= try originalTime(fields, text, time, &buffer)
            }
        case .clickRecorded: mask |= try count(fields, text, &buffer)
        case .tagAssigned, .tagRemoved:
            buffer.append(prefixed: text.extracting(try required(.tag, fields, text)))
            mask |= try optional(.source, fields, text, Presence.tagSource, &buffer)
        case .groupJoined, .groupLeft:
            buffer.append(prefixed: text.extracting(try required(.group, fields, text)))
        case .emailDelivered, .emailOpened, .emailClicked, .emailBounced, .emailComplained,
            .emailUnsubscribed, .emailResubscribed:
            mask |= try optional(.send, fields, text, Presence.send, &buffer)
            mask |= try optional(.source, fields, text, Presence.emailSource, &buffer)
            if type == .emailBounced { mask |= try bounceKind(fields, text, &buffer) }
        case .customRecorded:
            buffer.append(prefixed: text.extracting(try required(.name, fields, text)))
            mask |= try members(.properties, fields, text, Presence.properties, &buffer)
        }
        return mask
    }

    // MARK: Names

    private func startsWithReserved(_ range: Range<Int>, _ text: Span<UInt8>) -> Bool {
        guard range.count >= 7, text[range.lowerBound] == UInt8(ascii: "m") else { return false }
        return equals("muster:", text.extracting(range.lowerBound..<(range.lowerBound + 7)))
    }

    /// A name that must be there.
    private func required(
        _ field: Field,
        _ fields: borrowing LineFields,
        _ text: Span<UInt8>
    ) throws(Fault) -> Range<Int> {
        let token = fields[field]
        guard token.kind != .absent else { throw missing(field, fields) }
        return try name(token, field, fields, text)
    }

    private func missing(_ field: Field, _ fields: borrowing LineFields) -> Fault {
        let label = fields.labels.label(field)
        return .missing(label, "`\(label)` is missing: add it")
    }

    /// Appends a name that may be missing or null; gives its bit of the mask where it is there.
    private func optional(
        _ field: Field,
        _ fields: borrowing LineFields,
        _ text: Span<UInt8>,
        _ bit: UInt8,
        _ buffer: inout [UInt8]
    ) throws(Fault) -> UInt8 {
        let token = fields[field]
        guard token.isGiven else { return 0 }
        buffer.append(prefixed: text.extracting(try name(token, field, fields, text)))
        return bit
    }

    @inline(__always)
    private func name(
        _ token: Token,
        _ field: Field,
        _ fields: borrowing LineFields,
        _ text: Span<UInt8>
    ) throws(Fault) -> Range<Int> {
        let range = token.range
        guard token.kind == .text, range.count >= 1, range.count <= 255,
            token.isPlain || !hasControlCharacter(text.extracting(range))
        else { throw badName(token, fields.labels.label(field), 255) }
        return range
    }

    private func badName(_ token: Token, _ label: String, _ limit: Int) -> Fault {
        guard token.kind == .text else {
            return .bad(label, "`\(label)` must be a string, not \(token.kind.words)")
        }
        if token.range.isEmpty { return .bad(label, "`\(label)` is empty: give it a value") }
        guard token.range.count <= limit else {
            return .bad(
                label,
                "`\(label)` has \(token.range.count) bytes, at most \(limit) are allowed: "
                    + "shorten it"
            )
        }
        return .bad(label, "`\(label)` contains a control character: remove it")
    }

    // MARK: Fields of single types

    private func change(
        _ field: Field,
        _ fields: borrowing LineFields,
        _ text: Span<UInt8>,
        set: UInt8,
        removed: UInt8,
        _ buffer: inout [UInt8]
    ) throws(Fault) -> UInt8 {
        let token = fields[field]
        switch token.kind {
        case .absent: return 0
        case .null: return removed
        default: break
        }
        let label = fields.labels.label(field)
        // A partner's name may be any text: what it is put into has to be safe from it.
        let limit = field == .email ? 254 : 1000
        guard token.kind == .text, token.range.count <= limit else {
            throw badName(token, label, limit)
        }
        let value = text.extracting(token.range)
        if field == .email {
            guard !value.isEmpty, token.isPlain || !hasControlCharacter(value) else {
                throw badName(token, label, limit)
            }
            guard isAddress(value) else {
                throw .bad(
                    label,
                    "`\(label)` must have exactly one @ and no blanks: send an address such as a@b.c"
                )
            }
        }
        buffer.append(prefixed: value)
        return set
    }

    private func stage(
        _ stages: WordTable,
        _ fields: borrowing LineFields,
        _ text: Span<UInt8>
    ) throws(Fault) -> UInt8 {
        let token = fields[.stage]
        guard token.kind != .absent else { throw missing(.stage, fields) }
        guard token.kind == .text else {
            throw .bad("stage", "`stage` must be a string, not \(token.kind.words)")
        }
        guard let number = stages.find(text, token.range.lowerBound, token.range.upperBound) else {
            throw .bad(
                "stage",
                "unknown stage \(quoted(text.extracting(token.range))): use one of "
                    + stages.list
            )
        }
        return UInt8(number)
    }

    private func amount(
        _ fields: borrowing LineFields,
        _ text: Span<UInt8>
    ) throws(Fault) -> Int64 {
        let token = fields[.amount]
        guard token.kind != .absent else { throw missing(.amount, fields) }
        let label = fields.labels.label(.amount)
        guard token.kind == .number || token.kind == .text else {
            throw .bad(
                label,
                "`\(label)` must be a number or a decimal string, not \(token.kind.words)"
            )
        }
        guard let amount = parseAmount(text.extracting(token.range)) else {
            throw .bad(
                label,
                "`\(label)` is \(quoted(text.extracting(token.range))): send a decimal number "
                    + "that is not negative, below 10^12, with at most 6 decimal places"
            )
        }
        return amount
    }

    private func checkedCurrency(
        _ fields: borrowing LineFields,
        _ text: Span<UInt8>,
        _ buffer: inout [UInt8]
    ) throws(Fault) -> UInt8 {
        let token = fields[.currency]
        guard token.isGiven else { return 0 }
        guard token.kind == .text else {
            throw .bad("currency", "`currency` must be a string, not \(token.kind.words)")
        }
        let value = text.extracting(token.range)
        guard isEqual(value, currency.bytes.span) else {
            throw .bad(
                "currency",
                "`currency` is \(quoted(value)), but the program's is \(quoted(currency.bytes.span))"
                    + ": convert the amount before sending it"
            )
        }
        buffer.append(prefixed: value)
        return Presence.currency
    }

    private func originalTime(
        _ fields: borrowing LineFields,
        _ text: Span<UInt8>,
        _ time: Instant,
        _ buffer: inout [UInt8]
    ) throws(Fault) -> UInt8 {
        guard fields[.originalTime].isGiven else { return 0 }
        let original = try instant(.originalTime, fields, text)
        guard original <= time else {
            throw .bad(
                "original_time",
                "`original_time` is after `time`: an action is reversed after it happened"
            )
        }
        buffer.append(varint: UInt64(time.microseconds - original.microseconds))
        return Presence.originalTime
    }

    private func count(
        _ fields: borrowing LineFields,
        _ text: Span<UInt8>,
        _ buffer: inout [UInt8]
    ) throws(Fault) -> UInt8 {
        let token = fields[.count]
        guard token.isGiven else { return 0 }
        guard token.kind == .number, let count = parseCount(text.extracting(token.range)) else {
            throw .bad("count", "`count` must be a whole number from 1 to 10^15")
        }
        buffer.append(varint: UInt64(count))
        return Presence.count
    }

    private func bounceKind(
        _ fields: borrowing LineFields,
        _ text: Span<UInt8>,
        _ buffer: inout [UInt8]
    ) throws(Fault) -> UInt8 {
        let token = fields[.kind]
        guard token.isGiven else { return 0 }
        guard token.kind == .text else {
            throw .bad("kind", "`kind` must be \"hard\" or \"soft\", not \(token.kind.words)")
        }
        let value = text.extracting(token.range)
        let isHard = equals("hard", value)
        guard isHard || equals("soft", value) else {
            throw .bad("kind", "`kind` is \(quoted(value)): use \"hard\" or \"soft\"")
        }
        buffer.append(isHard ? 0 : 1)
        return Presence.kind
    }

    private func instant(
        _ field: Field,
        _ fields: borrowing LineFields,
        _ text: Span<UInt8>
    ) throws(Fault) -> Instant {
        let token = fields[field]
        guard token.kind != .absent else { throw missing(field, fields) }
        let label = fields.labels.label(field)
        guard token.kind == .text else {
            throw .bad(
                label,
                "`\(label)` must be a string such as \"2026-03-01T15:00:00Z\", "
                    + "not \(token.kind.words)"
            )
        }
        do {
            return try parseTimestamp(text.extracting(token.range))
        } catch {
            var expected = "a time such as 2026-03-01T15:00:00Z"
            if case .invalid(let message) = error.reason { expected = message }
            throw .bad(
                label,
                "`\(label)` is \(quoted(text.extracting(token.range))), no RFC 3339 time: "
                    + "expected \(expected) at byte \(error.offset + 1) of it"
            )
        }
    }

    // MARK: Attributes and properties

    private func members(
        _ field: Field,
        _ fields: borrowing LineFields,
        _ text: Span<UInt8>,
        _ bit: UInt8,
        _ buffer: inout [UInt8]
    ) throws(Fault) -> UInt8 {
        let token = fields[field]
        guard token.isGiven else { return 0 }
        let label = fields.labels.label(field)
        guard token.kind == .object else {
            throw .bad(label, "`\(label)` must be an object, not \(token.kind.words)")
        }
        let keepsNulls = field == .attributes
        var count = fields.members.count
        if !keepsNulls {
            for member in fields.members where member.value.kind == .null { count -= 1 }
        }
        buffer.append(varint: UInt64(count))
        for member in fields.members where keepsNulls || member.value.kind != .null {
            let key = text.extracting(member.key.range)
            buffer.append(prefixed: key)
            switch member.value.kind {
            case .null: buffer.append(ValueTag.null)
            case .text:
                buffer.append(ValueTag.text)
                buffer.append(prefixed: text.extracting(member.value.range))
            case .number:
                guard buffer.append(encodedNumber: text.extracting(member.value.range)) else {
                    throw .bad(label, "the number \(quoted(key)) in `\(label)` is out of range")
                }
            case .yes: buffer.append(ValueTag.yes)
            case .no: buffer.append(ValueTag.no)
            case .object, .array, .absent:
                throw .bad(
                    label,
                    "\(quoted(key)) in `\(label)` is \(member.value.kind.words): only strings, "
                        + "numbers, booleans and null are allowed there"
                )
            }
        }
        return bit
    }
}

/// Whether a text is a constant.
func equals(_ constant: StaticString, _ text: Span<UInt8>) -> Bool {
    guard constant.utf8CodeUnitCount == text.count else { return false }
    return constant.withUTF8Buffer { buffer in
        for index in text.indices where buffer[index] != text[index] { return false }
        return true
    }
}

/// Whether two texts are equal byte for byte.
func isEqual(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
    guard left.count == right.count else { return false }
    for index in left.indices where left[index] != right[index] { return false }
    return true
}
