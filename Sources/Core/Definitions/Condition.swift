/// A condition over a partner (SPEC 4) in canonical form.
///
/// `none_of` and `not_equals` have become `not` of their positive form, `all_of` an `all` of single
/// values, and a list of segments an `any` of single ones, so that equal rules look equal.
public indirect enum Condition: Hashable, Sendable {
    case all([Condition])
    case any([Condition])
    case not(Condition)
    case leaf(Leaf)
    /// Membership in another segment.
    case segment(Name)

    /// The leaves of the condition in the order in which they are written, repeats included.
    public var leaves: [Leaf] {
        switch self {
        case .all(let parts), .any(let parts): parts.flatMap(\.leaves)
        case .not(let part): part.leaves
        case .leaf(let leaf): [leaf]
        case .segment: []
        }
    }

    /// The segments that the condition names itself, repeats included.
    public var namedSegments: [Name] {
        switch self {
        case .all(let parts), .any(let parts): parts.flatMap(\.namedSegments)
        case .not(let part): part.namedSegments
        case .leaf: []
        case .segment(let name): [name]
        }
    }
}

/// One test on one partner (SPEC 4).
///
/// Lists of names are sorted and without repeats. What has no value is false.
public enum Leaf: Hashable, Sendable {
    /// The current relationship stage is one of these.
    case relationshipStage(StageSet)
    /// Some contract's stage is one of these.
    case contractStage(StageSet)
    /// Some contract's template term passes.
    case templateTerm(TextTest)
    /// The partner has one of these contracts.
    case contract([Name])
    /// One contract passes all three at once.
    case contractWith(ContractTest)
    /// The partner's id is one of these.
    case partner([Name])
    case group([Name])
    case tag([Name])
    case partnerName(TextTest)
    case lastTransition(DateCondition)
    case originalJoined(DateCondition)
    /// The tag is on, and the date condition holds for its latest assignment.
    case tagged(Name, DateCondition)
    /// The partner is in the group, and the date condition holds for since when.
    case grouped(Name, DateCondition)
    case measure(Measure, over: Window, Comparison)
    case attribute(Name, AttributeTest)
}

/// A set of relationship or contract stages, one bit a raw value.
public struct StageSet: OptionSet, Hashable, Sendable, BitwiseCopyable {
    /// Bit n stands for the stage with raw value n.
    public let rawValue: UInt32

    /// Makes the set of the stages whose bits are set.
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// The set of one relationship stage.
    public init(_ stage: RelationshipStage) {
        self.init(rawValue: 1 << UInt32(stage.rawValue))
    }

    /// The set of one contract stage.
    public init(_ stage: ContractStage) {
        self.init(rawValue: 1 << UInt32(stage.rawValue))
    }
}

/// A test on a text: `any_of` and `equals` compare exactly, the others ignore case (SPEC 4).
public enum TextTest: Hashable, Sendable {
    case anyOf([Name])
    case contains(Name)
    case startsWith(Name)
    case endsWith(Name)
}

/// What one contract must meet at once (`contract_with`, SPEC 4); nil asks nothing.
public struct ContractTest: Hashable, Sendable {
    /// The contract's stage is one of these.
    public var stages: StageSet?
    /// The contract's term passes, or with `termNegated` does not.
    public var term: TextTest?
    /// `none_of` on the term: true where there is none.
    public var termNegated = false
    /// The contract's id is one of these, or with `contractNegated` none of them.
    public var contracts: [Name]?
    /// `none_of` on the contract.
    public var contractNegated = false

    /// Makes a test that asks nothing.
    public init() {}
}

/// What is summed or counted over a window (SPEC 4).
public enum Measure: Hashable, Sendable {
    case revenue
    case actions
    case clicks
    /// Email activity, of one workflow or automation or of all.
    case email(EmailActivity, source: Name?)
    /// Occurrences of a custom event whose properties pass all tests; sorted, without repeats.
    case custom(Name, [PropertyTest])
}

/// The activities that an `email` leaf counts (SPEC 4).
public enum EmailActivity: UInt8, CaseIterable, Sendable {
    case sent, delivered, opened, clicked, bounced

    /// The word in definitions.
    public var word: String {
        switch self {
        case .sent: "sent"
        case .delivered: "delivered"
        case .opened: "opened"
        case .clicked: "clicked"
        case .bounced: "bounced"
        }
    }
}

/// A test on one property of a custom event, written like one on an attribute (SPEC 4).
public struct PropertyTest: Hashable, Sendable {
    /// The property's name.
    public var name: Name
    /// What its value must pass.
    public var test: AttributeTest
    /// Whether the test must fail instead: `none_of`, `not_equals`, `exists: false`.
    public var isNegated: Bool

    /// Makes a property test.
    public init(name: Name, test: AttributeTest, isNegated: Bool) {
        self.name = name
        self.test = test
        self.isNegated = isNegated
    }
}

/// A test on an attribute's value; false where there is none, or one of another type (SPEC 4).
public enum AttributeTest: Hashable, Sendable {
    /// Equal to one of these, exactly.
    case anyOf([ConstantValue])
    /// A text that passes: `contains`, `starts_with` or `ends_with`.
    case text(TextTest)
    /// A number that compares so.
    case number(NumberComparison)
    case exists
    /// A text that is an RFC 3339 date or date-time for which the condition holds.
    case date(DateCondition)
}

/// A value written in a definition.
public enum ConstantValue: Hashable, Sendable {
    case text(Name)
    case number(Decimal)
    case flag(Bool)
}

/// A comparison of an attribute's number with written numbers.
public enum NumberComparison: Hashable, Sendable {
    case greaterThan(Decimal)
    case atLeast(Decimal)
    case lessThan(Decimal)
    case atMost(Decimal)
    /// Both ends in.
    case between(Decimal, Decimal)

    /// Whether a number compares so.
    public func holds(for number: Decimal) -> Bool {
        switch self {
        case .greaterThan(let bound): number > bound
        case .atLeast(let bound): number >= bound
        case .lessThan(let bound): number < bound
        case .atMost(let bound): number <= bound
        case .between(let low, let high): number >= low && number <= high
        }
    }
}

/// A comparison of a sum or count with written numbers, all in millionths (SPEC 4).
public enum Comparison: Hashable, Sendable, BitwiseCopyable {
    case greaterThan(Int128)
    case atLeast(Int128)
    case lessThan(Int128)
    case atMost(Int128)
    case equals(Int128)
    case notEquals(Int128)
    /// Both ends in.
    case between(Int128, Int128)

    /// Whether a sum in millionths compares so.
    public func holds(for sum: Int128) -> Bool {
        switch self {
        case .greaterThan(let bound): sum > bound
        case .atLeast(let bound): sum >= bound
        case .lessThan(let bound): sum < bound
        case .atMost(let bound): sum <= bound
        case .equals(let bound): sum == bound
        case .notEquals(let bound): sum != bound
        case .between(let low, let high): sum >= low && sum <= high
        }
    }
}
