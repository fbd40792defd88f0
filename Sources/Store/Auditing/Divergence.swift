public import Core

/// A place where the store and a replay of its log disagree (SPEC 6, `audit`).
public struct Divergence: Error, Sendable, Equatable, CustomStringConvertible {
    /// What it is that differs.
    public enum Subject: String, CaseIterable, Sendable {
        case record, block, definitions, mark, transition, send, run, halt, checkpoint
        case derivedEvent = "derived_event"
        case partnerID = "partner_id"
        case fingerprint, state, head
    }

    /// What differs.
    public var subject: Subject
    /// The record at which it does; of a block, the first record of it.
    public var sequence: EventSequence
    /// Engine time there; nil where it is not known or the clock was not set.
    public var instant: Instant?
    /// The partner that it is about, if it is about one.
    public var partner: Name?
    /// What the replay leads to.
    public var expected: String
    /// What the store holds.
    public var found: String
    /// The last record by which the difference is there: only of a block another than `sequence`.
    private var last: EventSequence

    init(
        _ subject: Subject, _ sequence: EventSequence, through last: EventSequence? = nil,
        at instant: Instant? = nil, partner: Name? = nil, expected: String, found: String
    ) {
        self.subject = subject
        self.sequence = sequence
        // Damage can put an instant outside of all years.
        self.instant = instant.flatMap { $0.microseconds >= 0 && $0 <= .latest ? $0 : nil }
        self.partner = partner
        self.expected = expected
        self.found = found
        self.last = last ?? sequence
    }

    /// Whether this one comes first: what names a record goes before the block that holds it, and at
    /// one record the record itself before what follows from it.
    func precedes(_ other: Divergence) -> Bool {
        func rank(_ subject: Subject) -> Int {
            switch subject {
            case .record, .definitions, .derivedEvent: 0
            case .block: 2
            default: 1
            }
        }
        return (last, rank(subject)) < (other.last, rank(other.subject))
    }

    /// All of it in one line.
    public var description: String {
        let place = instant.map { ", at \(RecordWords.timestamp($0))" } ?? ""
        let about = partner.map { ", partner \($0)" } ?? ""
        return "record \(sequence)\(place)\(about): expected \(expected), found \(found)"
    }
}
