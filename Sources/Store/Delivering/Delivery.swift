public import Core
import Engine
import Wire

/// What has become of a send since its decision (SPEC 10); the log does not depend on it.
public struct Delivery: Sendable, Equatable {
    /// Where it stands.
    public var status: Status
    /// How often it was handed over, or tried to be.
    public var attempts: UInt32
    /// Wall time of the latest change.
    public var changedAt: Instant
    /// Wall time from which on it is to be tried again, where it waits.
    public var dueAt = Instant.unset
    /// Whether it is sent however old it is, because the operator said so.
    public var ignoresAge = false
    /// The reason, or what the other side said.
    public var detail: Name = ""

    /// The reason of what an event of the log has settled.
    static let told: Name = "an event of the log tells of it"

    /// Where a send stands; one that is not known here was never claimed.
    public enum Status: UInt8, CaseIterable, Sendable {
        /// Being handed over, or was when the process ended.
        case claimed = 1
        /// To be tried again.
        case waiting
        /// Not to be tried while its source is paused or retired.
        case held
        case delivered
        case failed
        case expired
        /// Found suppressed when its turn came.
        case suppressed
        /// The connection broke between the last byte and the answer, and the operator has to say.
        case unknown
    }

    init(status: Status, attempts: UInt32, changedAt: Instant) {
        self.status = status
        self.attempts = attempts
        self.changedAt = changedAt
    }

    /// Appends the row of a send (`Schemas/FORMAT.md`, "deliveries") to nothing.
    func append(to bytes: inout [UInt8]) {
        bytes.append(status.rawValue)
        bytes.append(varint: UInt64(attempts))
        bytes.append(fixed64: Key.sortable(changedAt))
        bytes.append(fixed64: Key.sortable(dueAt))
        bytes.append(ignoresAge ? 1 : 0)
        bytes.append(prefixed: detail.bytes.span)
    }

    init(_ row: Span<UInt8>) throws(WireError) {
        var reader = ByteReader()
        guard let status = Status(rawValue: try reader.byte(row)) else {
            throw WireError(.invalid("a known status of delivery"), offset: 0)
        }
        self.status = status
        attempts = UInt32(truncatingIfNeeded: try reader.varint(row))
        changedAt = try Key.instant(fromSortable: reader.fixed64(row))
        dueAt = try Key.instant(fromSortable: reader.fixed64(row))
        ignoresAge = try reader.byte(row) == 1
        detail = Name(bytes: RecordCoding.bytes(row, try reader.prefixed(row)))
        guard reader.offset == row.count else {
            throw WireError(.invalid("nothing after the row"), offset: reader.offset)
        }
    }

    /// Where it stands in the outbox; nil where it is not in it.
    ///
    /// Claimed ones come before all instants and held ones after them, so that both are found at once.
    var place: Instant? {
        switch status {
        case .claimed: .unset
        case .waiting: dueAt
        case .held: .never
        case .delivered, .failed, .expired, .suppressed, .unknown: nil
        }
    }
}

extension Delivery.Status {
    /// What events of the log say of a send, such as one that was mailed before a restore; nil where they
    /// say nothing.
    init?(told send: SendKey, in results: [EmailResult]) {
        let activities = results.filter { $0.send == send }.map(\.activity)
        if activities.isEmpty { return nil }
        self = activities == [.bounced] ? .failed : .delivered
    }
}
