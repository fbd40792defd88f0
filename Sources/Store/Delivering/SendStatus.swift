public import Core
import Engine

/// Where a send stands, in the words of SPEC 5 and 10.
public enum SendStatus: String, CaseIterable, Sendable {
    /// Not handed over yet, or to be tried again.
    case pending
    /// Being handed over.
    case claimed
    case delivered
    case failed
    case expired
    case suppressed
    /// The connection broke between the last byte and the answer.
    case unknown

    init(_ status: Delivery.Status) {
        switch status {
        case .claimed: self = .claimed
        case .waiting, .held: self = .pending
        case .delivered: self = .delivered
        case .failed: self = .failed
        case .expired: self = .expired
        case .suppressed: self = .suppressed
        case .unknown: self = .unknown
        }
    }
}

extension SendRow {
    /// Where the send stands.
    public var status: SendStatus {
        if suppressed != nil { return .suppressed }
        return delivery.map { SendStatus($0.status) } ?? .pending
    }

    /// Why it stands there: the reason of a suppression, or what the other side said; nil where there is
    /// nothing to say.
    public var reason: Name? {
        if let suppressed { return Name(suppressed.word) }
        guard let delivery, delivery.status != .delivered, !delivery.detail.bytes.isEmpty else {
            return nil
        }
        return delivery.detail
    }
}
