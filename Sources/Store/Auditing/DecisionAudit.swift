import Core
import Engine
import LMDB
import Wire

/// What the replay decided against what the store holds: transitions, sends, runs and halts.
///
/// Keeps a place in each table, so that every row is read once and none is passed over.
struct DecisionAudit {
    private(set) var transitions = 0
    private(set) var sends = DecisionList()
    private(set) var runs = DecisionList()
    private(set) var halts = DecisionList()
    private var places: [TransitionPlace] = []

    /// Compares what was decided since the last call.
    ///
    /// - Returns: The first difference by sequence, if there is one.
    mutating func check(
        _ engine: Engine, _ tables: Tables, _ transaction: borrowing ReadTransaction
    ) throws -> Divergence? {
        let effects = engine.effects
        let words = DecisionWords(engine)
        var found: [Divergence] = []
        if let divergence = try checkTransitions(engine, words, tables, transaction) {
            found.append(divergence)
        }
        let sent = effects.sends.map { send in
            var row: [UInt8] = []
            StoredSend(send, texts: engine.texts).append(to: &row)
            return DecisionList.Decision(
                sequence: send.sequence, at: send.decidedAt, partner: send.partner, row: row)
        }
        let ran = effects.runs.map { run in
            var row: [UInt8] = []
            DecisionCoding.append(run, to: &row)
            return DecisionList.Decision(
                sequence: run.sequence, at: run.at, partner: nil, row: row)
        }
        let halted = effects.halts.map { halt in
            var row: [UInt8] = []
            DecisionCoding.append(halt, to: &row)
            return DecisionList.Decision(
                sequence: halt.sequence, at: halt.time, partner: halt.partner, row: row)
        }
        let last = engine.sequence
        found += [
            try sends.check(.send, sent, upTo: last, tables.sends, words, transaction),
            try runs.check(.run, ran, upTo: last, tables.runs, words, transaction),
            try halts.check(.halt, halted, upTo: last, tables.halts, words, transaction),
        ].compactMap { $0 }
        return found.min { $0.precedes($1) }
    }

    private mutating func checkTransitions(
        _ engine: Engine, _ words: DecisionWords, _ tables: Tables,
        _ transaction: borrowing ReadTransaction
    ) throws -> Divergence? {
        while places.count < engine.registry.segmentIDs.count {
            places.append(TransitionPlace(segment: SegmentNumber(places.count)))
        }
        var bySegment = [[Transition]](repeating: [], count: places.count)
        for transition in engine.effects.transitions {
            bySegment[Int(transition.segment)].append(transition)
        }
        transitions += engine.effects.transitions.count
        var found: [Divergence] = []
        for segment in places.indices {
            let divergence = try places[segment].check(
                bySegment[segment], upTo: engine.sequence, words, tables, transaction)
            if let divergence { found.append(divergence) }
        }
        return found.min { $0.precedes($1) }
    }
}

/// How far one segment's transitions have been compared.
private struct TransitionPlace {
    let segment: SegmentNumber
    /// The row of the next transition.
    private var row: [UInt8]
    /// How many transitions of the row are behind.
    private var passed = 0
    /// What those behind add up to.
    private var count = TransitionCoding.Count()

    init(segment: SegmentNumber) {
        self.segment = segment
        row = Key.moment(segment, .unset, 0, part: 0)
    }

    private static func words(_ count: TransitionCoding.Count) -> String {
        "a row behind \(count.transitions) transitions and \(count.members) members"
    }

    /// Compares a segment's next transitions, and sees that the store holds no others up to a record.
    mutating func check(
        _ expected: [Transition], upTo last: EventSequence, _ words: DecisionWords,
        _ tables: Tables, _ transaction: borrowing ReadTransaction
    ) throws -> Divergence? {
        try transaction.cursor(tables.transitions) { cursor in
            var next = 0
            var divergence: Divergence?
            var isThere = try cursor.seek(row)
            rows: while isThere {
                let key = cursor.withKey { [UInt8](copying: $0) }
                guard let place = try? HistoryPlace(key.span), place.segment == segment else {
                    break
                }
                if key != row { (row, passed) = (key, 0) }
                var index = 0
                do {
                    let wantsMore = try cursor.withValue { value in
                        let before = try TransitionCoding.count(before: value)
                        return try TransitionCoding.read(key: key.span, value: value) { found in
                            index += 1
                            guard index > passed else { return true }
                            if next < expected.count, found == expected[next] {
                                guard index > 1 || before == count else {
                                    divergence = Divergence(
                                        .transition, found.sequence, at: found.time,
                                        expected: Self.words(count), found: Self.words(before))
                                    return false
                                }
                                next += 1
                                passed = index
                                count.add(found)
                                return true
                            }
                            guard next < expected.count || found.sequence <= last else {
                                return false
                            }
                            let isEarlier =
                                next < expected.count
                                && expected[next].sequence <= found.sequence
                            divergence = words.divergence(
                                expected: next < expected.count ? expected[next] : nil,
                                found: found, isExpectedFirst: isEarlier)
                            return false
                        }
                    }
                    if !wantsMore { break rows }
                } catch let error as WireError {
                    return Divergence(
                        .transition,
                        next < expected.count ? expected[next].sequence : place.sequence,
                        at: place.time, expected: "transitions that can be read",
                        found: "\(error)")
                }
                isThere = try cursor.next()
            }
            if divergence == nil, next < expected.count {
                divergence = words.divergence(
                    expected: expected[next], found: nil, isExpectedFirst: true)
            }
            return divergence
        }
    }
}

/// Decisions that a table holds one a row, by number.
struct DecisionList {
    /// One decision and the row that it should have.
    struct Decision {
        var sequence: EventSequence
        var at: Instant
        var partner: PartnerNumber?
        var row: [UInt8]
    }

    /// How many were compared.
    private(set) var count: UInt64 = 0

    /// Compares the next decisions, and sees that the store holds no others up to a record.
    mutating func check(
        _ subject: Divergence.Subject, _ expected: [Decision], upTo last: EventSequence,
        _ table: Environment.Table, _ words: DecisionWords,
        _ transaction: borrowing ReadTransaction
    ) throws -> Divergence? {
        try transaction.cursor(table) { cursor in
            var isThere = try cursor.seek(Key.number(count))
            for decision in expected {
                let isSame =
                    isThere && cursor.isAt(count)
                    && cursor.withValue { $0.elementsEqual(decision.row.span) }
                guard isSame else {
                    let found = isThere ? cursor.withValue { words.row(subject, $0) } : nil
                    return Divergence(
                        subject, decision.sequence, at: decision.at,
                        partner: decision.partner.map { words.partner($0) },
                        expected: words.row(subject, decision.row.span).text,
                        found: found?.text ?? "nothing")
                }
                count += 1
                isThere = try cursor.next()
            }
            guard isThere else { return nil }
            let found = cursor.withValue { words.row(subject, $0) }
            guard let sequence = found.sequence else {
                return Divergence(subject, last, expected: "nothing more", found: found.text)
            }
            guard sequence <= last else { return nil }
            return Divergence(subject, sequence, expected: "nothing more", found: found.text)
        }
    }
}
