/// What a random program and its history may contain; whole kinds can be left out.
public struct Kinds: OptionSet, Sendable {
    /// One bit a kind.
    public let rawValue: UInt32

    /// A set from its bits.
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// `within` and `longer_ago_than`.
    public static let rolling = Kinds(rawValue: 1 << 0)
    /// Revenue and actions.
    public static let money = Kinds(rawValue: 1 << 1)
    /// Reversed actions.
    public static let reversals = Kinds(rawValue: 1 << 2)
    /// Clicks.
    public static let clicks = Kinds(rawValue: 1 << 3)
    /// Email activity.
    public static let email = Kinds(rawValue: 1 << 4)
    /// Custom events.
    public static let custom = Kinds(rawValue: 1 << 5)
    /// Attributes and names.
    public static let attributes = Kinds(rawValue: 1 << 6)
    /// Contracts, terms and applications.
    public static let contracts = Kinds(rawValue: 1 << 7)
    /// Tags.
    public static let tags = Kinds(rawValue: 1 << 8)
    /// Groups.
    public static let groups = Kinds(rawValue: 1 << 9)
    /// Segments that name other segments.
    public static let references = Kinds(rawValue: 1 << 10)
    /// Workflows.
    public static let workflows = Kinds(rawValue: 1 << 11)
    /// Automations.
    public static let automations = Kinds(rawValue: 1 << 12)
    /// Actions beside `send_email`.
    public static let derived = Kinds(rawValue: 1 << 13)
    /// Small caps.
    public static let caps = Kinds(rawValue: 1 << 14)
    /// Events whose time has passed.
    public static let late = Kinds(rawValue: 1 << 15)
    /// Lines given twice.
    public static let duplicates = Kinds(rawValue: 1 << 16)
    /// Records marked as history.
    public static let history = Kinds(rawValue: 1 << 17)
    /// Definitions changed on the way.
    public static let changes = Kinds(rawValue: 1 << 18)
    /// Definitions retired on the way; needs `changes`.
    public static let pruning = Kinds(rawValue: 1 << 19)
    /// Bounces, complaints, unsubscriptions and changed addresses.
    public static let suppression = Kinds(rawValue: 1 << 20)

    /// Everything.
    public static let all = Kinds(rawValue: (1 << 21) - 1)

    /// Everything, or everything less a few kinds, as the seed will have it.
    public static func random(seed: UInt64) -> Kinds {
        var random = SplitMix64(seed: seed ^ 0x4B49_4E44_53)
        guard random.chance(60) else { return .all }
        var kinds = Kinds.all
        for bit in 0..<21 where random.chance(20) {
            kinds.remove(Kinds(rawValue: 1 << UInt32(bit)))
        }
        return kinds
    }
}

/// The small pools from which names are taken, so that things collide.
enum Pool {
    static let partners = ["p1", "p2", "p3", "P1", "p10", "zoë", "a b"]
    static let tags = ["vip", "cold", "VIP", "spring"]
    static let groups = ["g-north", "g-south", "g3"]
    static let contracts = ["default", "c2", "C2"]
    static let terms = ["Standard", "Premium 10%", "premium"]
    static let names = ["Ada Lovelace", "ADA", "Zoë Müller", "Bob", "straße"]
    static let nameParts = ["ada", "A", "zoë", "LER", "b", "STRASSE", "ß"]
    static let attributeNames = ["tier", "score", "since", "ok"]
    static let attributeTexts = ["gold", "Gold", "silver", "12"]
    static let customNames = ["order", "cart"]
    static let propertyNames = ["total", "sku", "paid", "due"]
    static let stages = [
        "new", "outreach", "in_discussion", "rejected_by_partner", "rejected_by_brand", "joined",
        "expired", "suspended",
    ]
    static let contractStages = [
        "awaiting_publisher_approval", "awaiting_advertiser_approval", "publisher_declined",
        "advertiser_declined", "joined", "expired", "awaiting_contract_start",
        "advertiser_retracted", "advertiser_countered", "publisher_retracted",
        "publisher_countered", "pending_contract_expired", "archived", "suspended", "cancelled",
        "publisher_deactivated",
    ]
    static let amounts = ["0.1", "0.2", "100", "10.50", "0.000001", "333.333333", "1e2", "0", "50"]
    static let limits = ["0", "0.3", "100", "100.000001", "200", "50.5", "1"]
    static let counts = [0, 1, 2, 3]
    static let zones = [
        "America/New_York", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe",
        "America/Sao_Paulo", "Pacific/Apia", "Asia/Kolkata", "Africa/Cairo", "UTC",
        "Asia/Beirut", "Europe/Dublin", "America/Havana", "Pacific/Chatham", "America/St_Johns",
        "America/Asuncion", "Africa/Casablanca",
    ]
    static let lengths: [(unit: String, count: Int)] = [
        ("days", 1), ("days", 2), ("days", 7), ("days", 30), ("hours", 1), ("hours", 24),
        ("hours", 5), ("minutes", 15), ("minutes", 90),
    ]
    static let days = [0, 1, 2, 3, 7, 10, 30, 31]
}
