import Core
import Engine
import Wire

/// A partner's working state as one row: in front its outline, which is read of everybody when an engine
/// is loaded, then its facts and sums; what follows from those is not stored (`Schemas/FORMAT.md`,
/// "states").
enum PartnerStateCoding {
    private static let version: UInt8 = 3

    // MARK: Writing

    static func append(_ state: borrowing PartnerState, to bytes: inout [UInt8]) {
        bytes.append(version)
        bytes.append(varint: state.lastSequence)
        appendOutline(of: state, to: &bytes)
        bytes.append(varint: state.lastSend.map { $0 + 1 } ?? 0)
        bytes.append(varint: UInt64(state.stepCount))
        bytes.append(varint: UInt64(state.stages.count))
        for fact in state.stages {
            append(fact.order, to: &bytes)
            bytes.append(fact.stage.rawValue)
        }
        bytes.append(varint: UInt64(state.contracts.count))
        for contract in state.contracts {
            bytes.append(varint: UInt64(contract.contract.number))
            bytes.append(contract.stage.rawValue)
            append(contract.stageOrder, to: &bytes)
            append(contract.term, to: &bytes)
            append(contract.termOrder, to: &bytes)
        }
        bytes.append(varint: UInt64(state.tags.count))
        for tag in state.tags {
            bytes.append(varint: UInt64(tag.tag.number))
            append(tag.order, to: &bytes)
            bytes.append(tag.isOn ? 1 : 0)
        }
        bytes.append(varint: UInt64(state.groups.count))
        for group in state.groups {
            bytes.append(varint: UInt64(group.group.number))
            append(group.order, to: &bytes)
            bytes.append(group.isIn ? 1 : 0)
        }
        append([state.name].compactMap { $0 }, to: &bytes)
        append(state.emails, to: &bytes)
        bytes.append(varint: UInt64(state.attributes.list.count))
        for attribute in state.attributes.list {
            bytes.append(varint: UInt64(attribute.name.number))
            append(attribute.order, to: &bytes)
            append(attribute.value, to: &bytes)
        }
        bytes.append(state.consent == nil ? 0 : 1)
        if let consent = state.consent {
            bytes.append(consent.kind.rawValue)
            append(consent.order, to: &bytes)
        }
        bytes.append(state.hardBounce == nil ? 0 : 1)
        if let bounce = state.hardBounce { append(bounce, to: &bytes) }
        append(state.activity, to: &bytes)
        bytes.append(varint: UInt64(state.results.count))
        for result in state.results {
            bytes.append(fixed64: result.send.number)
            bytes.append(result.activity.rawValue)
            append(result.source, to: &bytes)
            append(result.order, to: &bytes)
        }
        bytes.append(varint: UInt64(state.occurrences.count))
        for occurrence in state.occurrences {
            bytes.append(varint: UInt64(occurrence.slot))
            bytes.append(zigzag: occurrence.time.microseconds)
            bytes.append(varint: UInt64(occurrence.moments.count))
            for moment in occurrence.moments { bytes.append(zigzag: moment.microseconds) }
        }
    }

    private static func appendOutline(of state: borrowing PartnerState, to bytes: inout [UInt8]) {
        bytes.append(state.address == nil ? 0 : 1)
        bytes.append(state.suppression.map { $0.rawValue + 1 } ?? 0)
        bytes.append(varint: UInt64(state.memberships.count))
        var time: Int64 = 0
        for entry in state.memberships {
            bytes.append(varint: UInt64(entry.segment))
            bytes.append(zigzag: entry.since.microseconds &- time)
            time = entry.since.microseconds
            bytes.append(varint: UInt64(entry.step))
            bytes.append(entry.isByDefinition ? 1 : 0)
        }
        bytes.append(varint: UInt64(state.marks.count))
        for mark in state.marks {
            bytes.append(varint: UInt64(mark.source))
            bytes.append(varint: UInt64(mark.sendCount))
            bytes.append(varint: mark.actedAt.map { UInt64($0) + 1 } ?? 0)
        }
        bytes.append(varint: UInt64(state.dues.count))
        for due in state.dues {
            bytes.append(varint: UInt64(due.segment))
            bytes.append(zigzag: due.at.microseconds &- time)
            time = due.at.microseconds
        }
    }

    private static func append(_ order: FactOrder, to bytes: inout [UInt8]) {
        bytes.append(zigzag: order.time.microseconds)
        bytes.append(varint: order.sequence)
    }

    private static func append(_ text: TextID?, to bytes: inout [UInt8]) {
        bytes.append(varint: text.map { UInt64($0.number) + 1 } ?? 0)
    }

    private static func append(_ facts: [TextFact], to bytes: inout [UInt8]) {
        bytes.append(varint: UInt64(facts.count))
        for fact in facts {
            append(fact.order, to: &bytes)
            append(fact.text, to: &bytes)
        }
    }

    private static func append(_ value: Value?, to bytes: inout [UInt8]) {
        switch value {
        case nil: bytes.append(0)
        case .flag(let flag): bytes.append(flag ? 2 : 1)
        case .text(let text):
            bytes.append(3)
            bytes.append(varint: UInt64(text.number))
        case .number(let number):
            bytes.append(number.isNegative ? 5 : 4)
            bytes.append(zigzag: Int64(number.exponent))
            bytes.append(varint: UInt64(number.digitCount))
            number.appendDigits(to: &bytes)
        }
    }

    private static func append(_ activity: borrowing Activity, to bytes: inout [UInt8]) {
        let together = activity.points
        let points = together.span
        bytes.append(varint: UInt64(activity.slotCount))
        var index = 0
        for slot in 0..<activity.slotCount {
            var end = index
            while end < points.count, points[end].slot == slot { end += 1 }
            bytes.append(varint: UInt64(end - index))
            var key: Int64 = 0
            var total: Int128 = 0
            for place in index..<end {
                bytes.append(zigzag: points[place].key &- key)
                let value = points[place].total - total
                bytes.append(zigzag: Int64(truncatingIfNeeded: value))
                bytes.append(zigzag: Int64(truncatingIfNeeded: value >> 64))
                key = points[place].key
                total = points[place].total
            }
            index = end
        }
    }

    // MARK: Reading

    /// The partner's latest record, with which the row begins.
    static func lastSequence(_ row: Span<UInt8>) throws -> EventSequence {
        var reader = ByteReader()
        return try lastSequence(row, &reader)
    }

    /// Reads what an engine must know of an absent partner, into an outline whose room is used again.
    static func read(_ row: Span<UInt8>, into outline: inout PartnerOutline) throws {
        var reader = ByteReader()
        _ = try lastSequence(row, &reader)
        try readOutline(row, &reader, into: &outline)
    }

    static func read(_ row: Span<UInt8>) throws -> PartnerState {
        var reader = ByteReader()
        var state = PartnerState()
        state.lastSequence = try lastSequence(row, &reader)
        var outline = PartnerOutline()
        try readOutline(row, &reader, into: &outline)
        state.memberships = outline.memberships
        state.marks = outline.marks
        state.dues = outline.dues
        let lastSend = try reader.varint(row)
        state.lastSend = lastSend == 0 ? nil : lastSend - 1
        state.stepCount = UInt32(truncatingIfNeeded: try reader.varint(row))
        state.stages = try list(row, &reader) { row, reader in
            let order = try order(row, &reader)
            return StageFact(order: order, stage: try value(row, &reader, RelationshipStage.init))
        }
        state.contracts = try list(row, &reader) { row, reader in
            ContractFacts(
                contract: try text(row, &reader),
                stage: try value(row, &reader, ContractStage.init),
                stageOrder: try order(row, &reader),
                term: try optionalText(row, &reader), termOrder: try order(row, &reader))
        }
        state.tags = try list(row, &reader) { row, reader in
            TagFact(
                tag: try text(row, &reader), order: try order(row, &reader),
                isOn: try reader.byte(row) == 1)
        }
        state.groups = try list(row, &reader) { row, reader in
            GroupFact(
                group: try text(row, &reader), order: try order(row, &reader),
                isIn: try reader.byte(row) == 1)
        }
        state.name = try textFacts(row, &reader).first
        state.emails = try textFacts(row, &reader)
        state.attributes = AttributeFacts(
            try list(row, &reader) { row, reader in
                AttributeFact(
                    name: try text(row, &reader), order: try order(row, &reader),
                    value: try attributeValue(row, &reader))
            })
        if try reader.byte(row) == 1 {
            state.consent = ConsentFact(
                kind: try value(row, &reader, ConsentFact.Kind.init),
                order: try order(row, &reader))
        }
        if try reader.byte(row) == 1 { state.hardBounce = try order(row, &reader) }
        state.activity = try activity(row, &reader)
        state.results = try list(row, &reader) { row, reader in
            EmailResult(
                send: SendKey(number: try reader.fixed64(row)),
                activity: try value(row, &reader, EmailActivity.init),
                source: try optionalText(row, &reader), order: try order(row, &reader))
        }
        state.occurrences = try list(row, &reader) { row, reader in
            Occurrence(
                slot: Int(clamping: try reader.varint(row)),
                time: Instant(microseconds: try reader.zigzag(row)),
                moments: try list(row, &reader) { row, reader in
                    Instant(microseconds: try reader.zigzag(row))
                })
        }
        return state
    }

    private static func lastSequence(
        _ row: Span<UInt8>, _ reader: inout ByteReader
    ) throws -> EventSequence {
        guard try reader.byte(row) == version else {
            throw WireError(.invalid("a state row of version \(version)"), offset: 0)
        }
        return try reader.varint(row)
    }

    private static func readOutline(
        _ row: Span<UInt8>, _ reader: inout ByteReader, into outline: inout PartnerOutline
    ) throws {
        outline.hasAddress = try reader.byte(row) == 1
        let suppression = try reader.byte(row)
        outline.suppression = suppression == 0 ? nil : Suppression(rawValue: suppression - 1)
        var time: Int64 = 0
        try readList(row, &reader, into: &outline.memberships) { row, reader in
            let segment = SegmentNumber(truncatingIfNeeded: try reader.varint(row))
            time &+= try reader.zigzag(row)
            return MembershipEntry(
                segment: segment, since: Instant(microseconds: time),
                step: UInt32(truncatingIfNeeded: try reader.varint(row)),
                isByDefinition: try reader.byte(row) == 1)
        }
        try readList(row, &reader, into: &outline.marks) { row, reader in
            var mark = SourceMark(
                source: SourceNumber(truncatingIfNeeded: try reader.varint(row)))
            mark.sendCount = UInt32(truncatingIfNeeded: try reader.varint(row))
            let acted = try reader.varint(row)
            mark.actedAt = acted == 0 ? nil : UInt32(truncatingIfNeeded: acted - 1)
            return mark
        }
        try readList(row, &reader, into: &outline.dues) { row, reader in
            let segment = SegmentNumber(truncatingIfNeeded: try reader.varint(row))
            time &+= try reader.zigzag(row)
            return SegmentDue(at: Instant(microseconds: time), segment: segment)
        }
    }

    /// A list behind its length, with no more room than it needs.
    private static func list<Element>(
        _ row: Span<UInt8>, _ reader: inout ByteReader,
        _ element: (Span<UInt8>, inout ByteReader) throws -> Element
    ) throws -> [Element] {
        var list: [Element] = []
        try readList(row, &reader, into: &list, element)
        return list
    }

    private static func readList<Element>(
        _ row: Span<UInt8>, _ reader: inout ByteReader, into list: inout [Element],
        _ element: (Span<UInt8>, inout ByteReader) throws -> Element
    ) throws {
        let count = Int(clamping: try reader.varint(row))
        list.removeAll(keepingCapacity: true)
        // Every element takes a byte at least: a damaged length must not ask for all memory.
        list.reserveCapacity(min(count, row.count))
        for _ in 0..<count { list.append(try element(row, &reader)) }
    }

    private static func order(
        _ row: Span<UInt8>, _ reader: inout ByteReader
    ) throws -> FactOrder {
        FactOrder(
            time: Instant(microseconds: try reader.zigzag(row)),
            sequence: try reader.varint(row))
    }

    private static func value<Value>(
        _ row: Span<UInt8>, _ reader: inout ByteReader, _ make: (UInt8) -> Value?
    ) throws -> Value {
        guard let value = make(try reader.byte(row)) else {
            throw WireError(.invalid("a known value"), offset: reader.offset - 1)
        }
        return value
    }

    private static func text(_ row: Span<UInt8>, _ reader: inout ByteReader) throws -> TextID {
        TextID(number: UInt32(truncatingIfNeeded: try reader.varint(row)))
    }

    private static func optionalText(
        _ row: Span<UInt8>, _ reader: inout ByteReader
    ) throws -> TextID? {
        let number = try reader.varint(row)
        return number == 0 ? nil : TextID(number: UInt32(truncatingIfNeeded: number - 1))
    }

    private static func textFacts(
        _ row: Span<UInt8>, _ reader: inout ByteReader
    ) throws -> [TextFact] {
        try list(row, &reader) { row, reader in
            TextFact(order: try order(row, &reader), text: try optionalText(row, &reader))
        }
    }

    private static func attributeValue(
        _ row: Span<UInt8>, _ reader: inout ByteReader
    ) throws -> Value? {
        let kind = try reader.byte(row)
        switch kind {
        case 0: return nil
        case 1, 2: return .flag(kind == 2)
        case 3: return .text(try text(row, &reader))
        default:
            guard let exponent = Int32(exactly: try reader.zigzag(row)) else {
                throw WireError(.invalid("an exponent of a number"), offset: reader.offset)
            }
            let digits = row.extracting(try reader.prefixed(row))
            return .number(
                Decimal(isNegative: kind == 5, digits: digits, power: Int(exponent) - digits.count))
        }
    }

    private static func activity(
        _ row: Span<UInt8>, _ reader: inout ByteReader
    ) throws -> Activity {
        var activity = Activity()
        let slots = try reader.varint(row)
        guard slots < 1 << 24 else {
            throw WireError(.invalid("fewer than 2^24 measures"), offset: reader.offset)
        }
        for slot in 0..<Int(slots) {
            var key: Int64 = 0
            var total: Int128 = 0
            for _ in 0..<(try reader.varint(row)) {
                // Damage can make any number of a step; what it leads to is for the audit to see.
                key &+= try reader.zigzag(row)
                let low = UInt64(bitPattern: try reader.zigzag(row))
                let high = try reader.zigzag(row)
                total &+= Int128(high) << 64 | Int128(low)
                activity.append(Activity.Point(slot: slot, key: key, total: total))
            }
        }
        return activity
    }
}
