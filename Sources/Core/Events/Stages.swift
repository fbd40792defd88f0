/// Where a partner stands with the brand; also called prospecting stage (SPEC 2).
public enum RelationshipStage: UInt8, CaseIterable, Sendable {
    case new, outreach, inDiscussion, rejectedByPartner, rejectedByBrand, joined, expired
    case suspended

    /// The word in events and definitions.
    public var word: String {
        switch self {
        case .new: "new"
        case .outreach: "outreach"
        case .inDiscussion: "in_discussion"
        case .rejectedByPartner: "rejected_by_partner"
        case .rejectedByBrand: "rejected_by_brand"
        case .joined: "joined"
        case .expired: "expired"
        case .suspended: "suspended"
        }
    }
}

/// Where one contract of a partner's stands (SPEC 2).
public enum ContractStage: UInt8, CaseIterable, Sendable {
    case awaitingPublisherApproval, awaitingAdvertiserApproval, publisherDeclined
    case advertiserDeclined, joined, expired, awaitingContractStart, advertiserRetracted
    case advertiserCountered, publisherRetracted, publisherCountered, pendingContractExpired
    case archived, suspended, cancelled, publisherDeactivated

    /// The word in events and definitions.
    public var word: String {
        switch self {
        case .awaitingPublisherApproval: "awaiting_publisher_approval"
        case .awaitingAdvertiserApproval: "awaiting_advertiser_approval"
        case .publisherDeclined: "publisher_declined"
        case .advertiserDeclined: "advertiser_declined"
        case .joined: "joined"
        case .expired: "expired"
        case .awaitingContractStart: "awaiting_contract_start"
        case .advertiserRetracted: "advertiser_retracted"
        case .advertiserCountered: "advertiser_countered"
        case .publisherRetracted: "publisher_retracted"
        case .publisherCountered: "publisher_countered"
        case .pendingContractExpired: "pending_contract_expired"
        case .archived: "archived"
        case .suspended: "suspended"
        case .cancelled: "cancelled"
        case .publisherDeactivated: "publisher_deactivated"
        }
    }
}
