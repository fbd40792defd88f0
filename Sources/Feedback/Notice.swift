public import Wire

/// What a provider or a mail server says, once it has been understood (SPEC 2.2).
public enum Notice: Sendable, Equatable {
    /// An event as a line in the plain form (SPEC 2), to be read and checked like any other.
    case event([UInt8])
    /// Nothing that Muster keeps, such as that a mail was queued.
    case skipped
    /// What is missing or wrong.
    case rejected(Fault)
}

/// Whom a send went to, and which workflow or automation decided it.
public struct SendOwner: Sendable, Equatable {
    /// The partner's id.
    public var partner: [UInt8]
    /// The id of the workflow or automation.
    public var source: [UInt8]

    /// Makes an owner of its parts.
    public init(partner: [UInt8], source: [UInt8]) {
        self.partner = partner
        self.source = source
    }
}

/// Tells whom a send went to, by its id; nil where no such send was decided.
public typealias SendLookUp = (_ send: [UInt8]) throws -> SendOwner?
