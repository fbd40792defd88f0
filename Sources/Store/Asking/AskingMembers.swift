public import Core
import Definitions
import Engine
import LMDB
import Wire

/// A moment that a question is about.
public enum Moment: Sendable, Equatable {
    /// After the last record.
    case now
    /// After all records and boundaries with engine time up to this instant (SPEC 6).
    case time(Instant)
    /// After this record.
    case sequence(EventSequence)
}

/// Why a question has no answer.
public enum QuestionError: Error, Sendable, Equatable {
    case unknown(DefinitionKind, Name, nearest: Name?)
    case unknownPartner(Name)
    /// The moment lies before the partner's first event, which is of this instant.
    case beforeFirstEvent(Name, at: Instant)
    /// The moment lies after the engine clock, which stands here; nil where it was never set.
    case afterNow(now: Instant?)
    /// The moment should lie ahead, but the engine clock stands here.
    case beforeNow(now: Instant)
    case afterHead(EventSequence)
    /// Records are to count up to an instant before the one asked about.
    case knownBefore(Instant)
    /// No send has this id, or none to the partner given.
    case unknownSend(Name)
    /// The definition exists since then; in hindsight records count up to an earlier instant.
    case beforeDefined(
        DefinitionKind, Name, since: Instant, EventSequence, knownAt: Instant?)
    /// The definition was retired then; in hindsight records count up to that or a later instant.
    case afterRetired(DefinitionKind, Name, since: Instant, EventSequence, knownAt: Instant?)
}

/// A member of a segment.
public struct Member: Sendable, Equatable {
    /// The partner's id.
    public var partner: Name
    /// When it last entered.
    public var since: Instant
}

/// A segment and how many are in it now.
public struct SegmentSummary: Sendable {
    /// The segment's id.
    public var id: Name
    /// What people call it.
    public var name: String
    /// The version in force; counts from 1.
    public var version: UInt32
    /// When this version came into force; nil before the clock was set.
    public var changedAt: Instant?
    /// How many partners are in it.
    public var members: Int
}

extension Store {
    /// Who was in a segment at a moment, as the engine knew it then, in the order of the log.
    ///
    /// - Throws: ``QuestionError`` where the moment has no answer, or ``StoreError``.
    public func members(of segment: Name, at moment: Moment) throws -> [Member] {
        var members: [Member] = []
        try eachMember(of: segment, at: moment) { id, since in
            members.append(Member(partner: Name(bytes: [UInt8](copying: id)), since: since))
        }
        return members
    }

    /// Gives those who were in a segment at a moment to a body in the order of the log: the partner's id,
    /// and since when.
    ///
    /// - Throws: ``QuestionError`` where the moment has no answer, ``StoreError``, or what the body throws.
    public func eachMember(
        of segment: Name, at moment: Moment, _ body: (Span<UInt8>, Instant) throws -> Void
    ) throws {
        let members = try read { transaction, head in
            try self.members(of: segment, at: moment, head, transaction)
        }
        // Ids never change, so each stretch may be of a later snapshot.
        var rest = members.partners[...]
        var ids: [UInt8] = []
        var ends: [Int] = []
        while !rest.isEmpty {
            let partners = Array(rest.prefix(Self.rowsPerRead))
            rest = rest.dropFirst(partners.count)
            ids.removeAll(keepingCapacity: true)
            ends.removeAll(keepingCapacity: true)
            try read { transaction, _ in
                try eachPartnerID(partners, transaction) { _, id in
                    ids.append(bytes: id)
                    ends.append(ids.count)
                }
            }
            var start = 0
            for (partner, end) in zip(partners, ends) {
                try body(ids.span.extracting(start..<end), members.since(partner))
                start = end
            }
        }
    }

    /// How many were in a segment at a moment.
    ///
    /// - Throws: ``QuestionError`` where the moment has no answer, or ``StoreError``.
    public func memberCount(of segment: Name, at moment: Moment) throws -> Int {
        try read { transaction, head in
            let place = try place(of: segment, at: moment, head, transaction)
            return try MembershipHistory.count(
                of: place.number, at: place.moment, tables, transaction
            ).members
        }
    }

    private func members(
        of segment: Name, at moment: Moment, _ head: Head,
        _ transaction: borrowing ReadTransaction
    ) throws -> PastMembers {
        let place = try place(of: segment, at: moment, head, transaction)
        return try MembershipHistory.members(
            of: place.number, at: place.moment, among: head.partners, tables, transaction)
    }

    /// A segment's number, and a moment at which it was defined.
    private func place(
        of segment: Name, at moment: Moment, _ head: Head,
        _ transaction: borrowing ReadTransaction
    ) throws -> (number: SegmentNumber, moment: LogPlace) {
        let catalog = try Catalog(tables, upTo: head.sequence, in: transaction)
        let known = try place(of: moment, head)
        try versionInForce(of: segment, at: known, catalog)
        guard let number = catalog.numbers.number(.segment, segment) else {
            throw QuestionError.unknown(.segment, segment, nearest: nil)
        }
        return (number, known)
    }

    /// The segments in force, in byte order of their ids.
    public func segments() throws -> [SegmentSummary] {
        try read { transaction, head in
            let catalog = try Catalog(tables, upTo: head.sequence, in: transaction)
            return try catalog.inForce().compactMap { definition in
                guard case .segment(let segment) = definition.definition,
                    let number = catalog.numbers.number(.segment, segment.id),
                    let latest = catalog.versions(.segment, segment.id).last
                else { return nil }
                let count = try MembershipHistory.count(
                    of: number, at: .sequence(head.sequence), tables, transaction)
                return SegmentSummary(
                    id: segment.id, name: segment.name, version: latest.version,
                    changedAt: latest.at == .unset ? nil : latest.at, members: count.members)
            }
        }
    }

    private func place(of moment: Moment, _ head: Head) throws -> LogPlace {
        switch moment {
        case .now: return .sequence(head.sequence)
        case .time(let time):
            guard time <= head.now, head.now != .unset else {
                throw QuestionError.afterNow(now: head.now == .unset ? nil : head.now)
            }
            return .time(time)
        case .sequence(let sequence):
            guard sequence <= head.sequence else {
                throw QuestionError.afterHead(head.sequence)
            }
            return .sequence(sequence)
        }
    }

    /// Finds the version of a segment that was in force at a moment.
    ///
    /// - Parameters:
    ///   - segment: The segment's id.
    ///   - moment: The moment.
    ///   - knownAt: Up to where records count, in hindsight alone: for errors.
    ///   - catalog: The definitions.
    /// - Returns: The version.
    /// - Throws: ``QuestionError`` where there was none.
    @discardableResult
    func versionInForce(
        of segment: Name, at moment: LogPlace, knownAt: Instant? = nil, _ catalog: Catalog
    ) throws(QuestionError) -> UInt32 {
        let versions = catalog.versions(.segment, segment)
        guard let first = versions.first else {
            throw .unknown(.segment, segment, nearest: nearest(segment, catalog.ids(.segment)))
        }
        guard let version = catalog.version(.segment, segment, at: moment) else {
            throw .beforeDefined(
                .segment, segment, since: first.at, first.sequence, knownAt: knownAt)
        }
        if version.canonical == nil {
            throw .afterRetired(
                .segment, segment, since: version.at, version.sequence, knownAt: knownAt)
        }
        return version.version
    }

    /// The ids of partners whose numbers ascend.
    func partnerNames(
        _ numbers: [PartnerNumber], _ transaction: borrowing ReadTransaction
    ) throws -> [Name] {
        var names: [Name] = []
        names.reserveCapacity(numbers.count)
        try eachPartnerID(numbers, transaction) { _, id in
            names.append(Name(bytes: [UInt8](copying: id)))
        }
        return names
    }

    /// Gives the ids of partners whose numbers ascend to a body, each with its index among the numbers.
    private func eachPartnerID(
        _ numbers: [PartnerNumber], _ transaction: borrowing ReadTransaction,
        _ body: (Int, Span<UInt8>) throws -> Void
    ) throws {
        var next = 0
        try transaction.cursor(tables.partnerIDs) { cursor in
            var rowEnd: PartnerNumber = 0
            while next < numbers.count {
                let before = next
                guard try cursor.seekLast(notAfter: Key.number(numbers[next])) else { break }
                try cursor.withKey { key in
                    var reader = ByteReader()
                    rowEnd = try reader.fixed32(key)
                }
                try cursor.withValue { row in
                    var reader = ByteReader()
                    while !reader.isAtEnd(row), next < numbers.count {
                        let range = try reader.prefixed(row)
                        if rowEnd == numbers[next] {
                            try body(next, row.extracting(range))
                            next += 1
                        }
                        rowEnd += 1
                    }
                }
                // The row in which it should be does not have it.
                guard next > before else { break }
            }
        }
        guard next == numbers.count else {
            throw StoreError.damaged("the id of a partner is missing")
        }
    }
}

/// The candidate that was probably meant.
func nearest(_ name: Name, _ candidates: [Name]) -> Name? {
    nearest(to: "\(name)", among: candidates.map { "\($0)" }).map { Name($0) }
}
