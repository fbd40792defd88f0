public import Core
import Engine
import LMDB

/// One partner entering or leaving a segment in the time ahead.
public struct ForecastRow: Sendable, Equatable {
    /// The partner's id.
    public var partner: Name
    /// Whether the partner enters; else it leaves.
    public var enters: Bool
    /// Engine time.
    public var at: Instant
}

extension Store {
    /// Time that is let pass in one go, so that what is decided meanwhile need not be kept.
    private static let forecastStep = 7 * Int64.day

    /// Who enters and leaves a segment until an instant if no event comes, in the order in which it
    /// happens; writes nothing (SPEC 6).
    ///
    /// What passing time makes workflows and automations do, and what that moves, is part of it: the
    /// rows are what `advance` would bring about.
    ///
    /// - Throws: ``QuestionError`` where there is no such segment, the clock is not set or stands
    ///   beyond the instant, or ``StoreError``.
    public func forecast(_ segment: Name, to instant: Instant) throws -> [ForecastRow] {
        try read { transaction, head in
            guard head.now != .unset else { throw QuestionError.afterNow(now: nil) }
            guard instant >= head.now else { throw QuestionError.beforeNow(now: head.now) }
            var engine = try LoadedEngine(self, in: transaction).engine
            guard let number = engine.segmentsInForce.first(where: { $0.id == segment })?.number
            else {
                throw QuestionError.unknown(
                    .segment, segment,
                    nearest: nearest(segment, engine.segmentsInForce.map(\.id)))
            }
            let states = StoredStates(tables: tables)
            var rows: [ForecastRow] = []
            while engine.now < instant {
                // Nothing is due before the next boundary, however far away that is.
                let start = max(engine.now, min(engine.nextBoundary, instant))
                let next = min(instant, start.advanced(byMicroseconds: Self.forecastStep))
                try engine.pass(to: next, isHistory: false) {
                    try states.state(of: $0, in: transaction)
                }
                for transition in engine.effects.transitions where transition.segment == number {
                    rows.append(
                        ForecastRow(
                            partner: engine.partnerIDs.name(TextID(number: transition.partner)),
                            enters: transition.entered, at: transition.time))
                }
                engine.effects.removeAll()
            }
            return rows
        }
    }
}
