import Core
import Engine
import LMDB
import Wire

/// Stored sets of members against the engine's, each when the replay comes to its place.
struct CheckpointAudit {
    private struct Place {
        var sequence: EventSequence
        var time: Instant
        var segment: SegmentNumber
        var key: [UInt8]
    }

    /// By sequence, the next one last.
    private var places: [Place] = []
    /// Rows that belong to no checkpoint.
    private(set) var fault: Divergence?

    /// Finds the checkpoints up to a record.
    init(_ store: Store, upTo last: EventSequence) throws {
        var places: [Place] = []
        var fault: Divergence?
        var previous: [UInt8] = []
        var part: UInt32 = 0
        try store.eachRow(of: store.tables.checkpoints, from: Key.moment(0, .unset, 0, part: 0)) {
            key, _ in
            let place = try HistoryPlace(key)
            let prefix = [UInt8](copying: key.extracting(0..<(key.count - 4)))
            part = prefix == previous ? part + 1 : 0
            previous = prefix
            guard place.sequence <= last else { return true }
            if place.part != part, fault == nil {
                fault = Divergence(
                    .checkpoint, place.sequence, at: place.time, expected: "part \(part)",
                    found: "part \(place.part)")
            }
            if place.part == 0 {
                places.append(
                    Place(
                        sequence: place.sequence, time: place.time, segment: place.segment,
                        key: [UInt8](copying: key)))
            }
            return true
        }
        self.fault = fault
        self.places = places.sorted { ($0.sequence, $0.segment) > ($1.sequence, $1.segment) }
    }

    /// The record after which the next checkpoint holds; nil where there is none left.
    var nextSequence: EventSequence? { places.last?.sequence }

    /// Compares the checkpoints that hold after the engine's last record.
    mutating func check(
        _ engine: Engine, _ tables: Tables, _ transaction: borrowing ReadTransaction
    ) throws -> Divergence? {
        while let place = places.last, place.sequence <= engine.sequence {
            places.removeLast()
            guard place.sequence == engine.sequence, place.time == engine.now,
                Int(place.segment) < engine.members.count
            else {
                return Divergence(
                    .checkpoint, place.sequence, at: engine.now,
                    expected: "no checkpoint here", found: "one of segment \(place.segment)")
            }
            let segment = engine.registry.segmentIDs[Int(place.segment)]
            // An engine that was fed from the log's beginning has everybody's state.
            let expected = engine.members[Int(place.segment)].members.map { partner in
                let since = engine.partners[Int(partner)].memberships.since(place.segment)
                return (partner: partner, since: since ?? .unset)
            }
            var found: [(partner: PartnerNumber, since: Instant)] = []
            do {
                try transaction.cursor(tables.checkpoints) { cursor in
                    guard try cursor.seek(place.key) else { return }
                    try Checkpoints.read(&cursor) { found.append(($0, $1)) }
                }
            } catch let error as WireError {
                return Divergence(
                    .checkpoint, place.sequence, at: place.time,
                    expected: "a set of \(segment) that can be read", found: "\(error)")
            }
            let words = DecisionWords(engine)
            func text(_ member: (partner: PartnerNumber, since: Instant)) -> String {
                "\(words.partner(member.partner)) in \(segment) since "
                    + RecordWords.timestamp(member.since)
            }
            for index in 0..<max(expected.count, found.count) {
                let left = index < expected.count ? expected[index] : nil
                let right = index < found.count ? found[index] : nil
                if let left, let right, left == right { continue }
                return Divergence(
                    .checkpoint, place.sequence, at: place.time,
                    partner: (left ?? right).map { words.partner($0.partner) },
                    expected: left.map(text) ?? "nobody more in \(segment)",
                    found: right.map(text) ?? "nobody more")
            }
        }
        return nil
    }
}
