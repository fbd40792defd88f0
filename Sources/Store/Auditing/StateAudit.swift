import Core
import Engine
import LMDB
import Wire

/// The flushed working state against the engine's, when the replay comes to the record that it is good
/// for.
///
/// A running writer may flush again meanwhile, so the rows are looked at once, at the beginning: of
/// each a fingerprint is kept.
struct StateAudit {
    private let mark: StateMark
    private let rows: [UInt64]
    private let texts: TextTable

    /// Looks at the working state as it is in a snapshot; nil where none was ever flushed.
    ///
    /// - Throws: ``WireError`` or ``StoreError`` where it can't be read.
    init?(_ tables: Tables, _ transaction: borrowing ReadTransaction) throws {
        let mark = try transaction.value(tables.meta, Key.state) { try StateMark($0) }
        guard let mark else { return nil }
        self.mark = mark
        texts = try TextChunks.read(tables.texts, count: Int(mark.texts), in: transaction)
        var rows = [UInt64](repeating: 0, count: try transaction.size(of: tables.states).entries)
        try StoredStates(tables: tables).eachRow(partners: mark.partners, in: transaction) {
            rows[Int($0)] = IDIndex.fingerprint($1)
        }
        self.rows = rows
    }

    /// The record that the working state is good for.
    var sequence: EventSequence { mark.sequence }

    /// Compares the working state with that of an engine at its record.
    ///
    /// The engine stays as it is: it is handed in so that it lends its states instead of copying them.
    func check(_ engine: inout Engine) -> Divergence? {
        let own = StateMark(
            sequence: engine.sequence, now: engine.now, isInHistory: engine.isInHistory,
            partners: UInt64(engine.partners.count), texts: UInt64(engine.texts.count),
            sends: engine.sendCount)
        let now = engine.now
        func differs(_ expected: String, _ found: String, partner: Name? = nil) -> Divergence {
            Divergence(
                .state, mark.sequence, at: now, partner: partner, expected: expected,
                found: found)
        }
        guard own == mark else { return differs(Self.words(own), Self.words(mark)) }
        for number in 0..<texts.count {
            let text = TextID(number: UInt32(number))
            guard texts.name(text) == engine.texts.name(text) else {
                return differs(
                    "text \(number) to be \(engine.texts.name(text))", "\(texts.name(text))")
            }
        }
        var row: [UInt8] = []
        for number in 0..<PartnerNumber(engine.partners.count) {
            row.removeAll(keepingCapacity: true)
            engine.withState(of: number) { PartnerStateCoding.append($0, to: &row) }
            guard IDIndex.fingerprint(row.span) == rows[Int(number)] else {
                return differs(
                    "the state that the log leads to", "another one",
                    partner: engine.partnerIDs.name(TextID(number: number)))
            }
        }
        return nil
    }

    private static func words(_ mark: StateMark) -> String {
        "working state of \(mark.partners) partners, \(mark.texts) texts and \(mark.sends) sends "
            + "at record \(mark.sequence), \(RecordWords.timestamp(mark.now))"
            + (mark.isInHistory ? ", history" : "")
    }
}
