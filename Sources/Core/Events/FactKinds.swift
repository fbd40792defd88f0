/// What of a partner an event can change, and a condition can look at (SPEC 2, 4).
public struct FactKinds: OptionSet, Sendable {
    /// One bit a kind.
    public let rawValue: UInt16

    /// A set from its bits.
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// Name, address and attributes.
    public static let profile = FactKinds(rawValue: 1 << 0)
    /// Relationship stages.
    public static let relationship = FactKinds(rawValue: 1 << 1)
    /// Contracts with their stages and terms.
    public static let contracts = FactKinds(rawValue: 1 << 2)
    /// Revenue and actions.
    public static let actions = FactKinds(rawValue: 1 << 3)
    /// Clicks.
    public static let clicks = FactKinds(rawValue: 1 << 4)
    /// Tags.
    public static let tags = FactKinds(rawValue: 1 << 5)
    /// Groups.
    public static let groups = FactKinds(rawValue: 1 << 6)
    /// Email activity.
    public static let email = FactKinds(rawValue: 1 << 7)
    /// Custom events.
    public static let custom = FactKinds(rawValue: 1 << 8)
}
