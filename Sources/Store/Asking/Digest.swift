public import Core
import Engine
import Hashing
import LMDB
import Wire

/// What a store has decided, as one hash (SPEC 7).
public struct Digest: Sendable, Equatable {
    /// SHA-256 over the dump's lines in lower-case hexadecimal.
    public var hash: String
    /// The last record that it covers.
    public var sequence: EventSequence
    /// The engine clock there; nil where it was never set.
    public var now: Instant?
}

extension Store {
    /// The hash of everything decided so far: memberships with their intervals, runs and sends.
    ///
    /// Two stores that took in the same input have the same one, whatever their batches were; no
    /// sequence and nothing of delivery is in it.
    ///
    /// - Throws: ``StoreError``.
    public func digest() throws -> Digest {
        let hash = SHA256()
        let head = try eachDecisionLine { hash.update($0) }
        return Digest(
            hash: hexadecimal(hash.digest), sequence: head.sequence,
            now: head.now == .unset ? nil : head.now)
    }

    /// Gives the lines that the digest is made of to a body (`Schemas/FORMAT.md`, "The digest").
    ///
    /// - Parameter body: Is given each line with its line feed.
    /// - Throws: ``StoreError``, or what `body` throws.
    public func eachDigestLine(_ body: (Span<UInt8>) throws -> Void) throws {
        _ = try eachDecisionLine(body)
    }

    private func eachDecisionLine(_ body: (Span<UInt8>) throws -> Void) throws -> Head {
        let (head, catalog, partners) = try read { transaction, head in
            (
                head, try Catalog(tables, upTo: head.sequence, in: transaction),
                try TextChunks.read(
                    tables.partnerIDs, count: Int(head.partners), in: transaction)
            )
        }
        var line: [UInt8] = []
        func write(_ fields: (inout [UInt8]) throws -> Void) throws {
            line.removeAll(keepingCapacity: true)
            try fields(&line)
            line.append(UInt8(ascii: "\n"))
            try body(line.span)
        }
        func check(_ partner: PartnerNumber) throws {
            guard partner < partners.count else {
                throw StoreError.damaged("a decision is about partner \(partner), who has no id")
            }
        }

        for segment in catalog.ids(.segment) {
            guard let number = catalog.numbers.number(.segment, segment) else { continue }
            for interval in try intervals(of: number, upTo: head.sequence) {
                try check(interval.partner)
                try write { line in
                    line.append(ascii: "member\t")
                    line.append(contentsOf: segment.bytes)
                    line.append(UInt8(ascii: "\t"))
                    partners.append(TextID(number: interval.partner), to: &line)
                    line.append(UInt8(ascii: "\t"))
                    line.append(timestamp: interval.from)
                    line.append(UInt8(ascii: "\t"))
                    if let to = interval.to { line.append(timestamp: to) }
                }
            }
        }
        var left = head.runs
        try eachRow(of: tables.runs, from: Key.number(0 as UInt64)) { _, row in
            guard left > 0 else { return false }
            left -= 1
            let run = try DecisionCoding.run(row)
            try write { line in
                line.append(ascii: "run\t")
                line.append(contentsOf: try catalog.source(run.workflow).id.bytes)
                line.append(UInt8(ascii: "\t"))
                line.append(timestamp: run.at)
                for count in [run.members, run.withAddress, run.sent] {
                    line.append(UInt8(ascii: "\t"))
                    line.append(decimal: Int64(count))
                }
                line.append(ascii: run.isBlocked ? "\tblocked" : "\tdone")
            }
            return true
        }
        left = head.sends
        try eachRow(of: tables.sends, from: Key.number(0 as UInt64)) { _, row in
            guard left > 0 else { return false }
            left -= 1
            let send = try StoredSend(row)
            try check(send.partner)
            let source = try catalog.source(send.source)
            let partner = partners.name(TextID(number: send.partner))
            try write { line in
                line.append(ascii: "send\t")
                line.append(
                    contentsOf: SendID.make(
                        program: program.name, kind: source.kind, source: source.id,
                        partner: partner, ordinal: send.ordinal))
                for text in [
                    Array(source.kind.word.utf8), source.id.bytes, partner.bytes,
                    send.address ?? [], try catalog.templateID(send.template).bytes,
                ] {
                    line.append(UInt8(ascii: "\t"))
                    line.append(contentsOf: text)
                }
                line.append(UInt8(ascii: "\t"))
                line.append(decimal: UInt64(send.templateVersion))
                line.append(UInt8(ascii: "\t"))
                line.append(timestamp: send.decidedAt)
                line.append(UInt8(ascii: "\t"))
                line.append(contentsOf: (send.suppressed?.word ?? "pending").utf8)
            }
            return true
        }
        return head
    }

    /// A stretch of engine time during which a partner was in a segment; without end while it is.
    private struct Interval {
        var partner: PartnerNumber
        var from: Instant
        var to: Instant?
    }

    /// A segment's intervals by their beginning, then in the log's order of partners, then by end.
    private func intervals(
        of segment: SegmentNumber, upTo last: EventSequence
    ) throws -> [Interval] {
        var intervals: [Interval] = []
        var open: [PartnerNumber: Int] = [:]
        let start = Key.moment(segment, .unset, 0, part: 0)
        try eachRow(of: tables.transitions, from: start) { key, value in
            guard try HistoryPlace(key).segment == segment else { return false }
            return try TransitionCoding.read(key: key, value: value) { transition in
                guard transition.sequence <= last else { return false }
                if transition.entered {
                    open[transition.partner] = intervals.count
                    intervals.append(
                        Interval(partner: transition.partner, from: transition.time))
                } else if let index = open.removeValue(forKey: transition.partner) {
                    intervals[index].to = transition.time
                } else {
                    throw StoreError.damaged(
                        "record \(transition.sequence) takes a partner out of a segment that it "
                            + "is not in")
                }
                return true
            }
        }
        return intervals.sorted { left, right in
            (left.from, left.partner, left.to ?? .never)
                < (right.from, right.partner, right.to ?? .never)
        }
    }
}
