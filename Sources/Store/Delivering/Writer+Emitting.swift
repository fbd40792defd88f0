public import Core
import Engine
import LMDB
import Wire

/// A store whose sends `ingest --emit sends` hands out (SPEC 7): no `deliver` looks at them before they are
/// mailed, so all that the log tells of them is noted in time.
extension Writer {
    /// Makes the store one that emits, durably: to be called before the first send is printed, by the
    /// process that has the ``DeliveryLock``.
    ///
    /// The first time, what a `deliver` left claimed is settled as the next one would have, and so are sends of
    /// which the log tells already; that reads the log once.
    ///
    /// - Parameters:
    ///   - waitSeconds: How long to wait for the right to write.
    ///   - wallTime: The wall clock.
    /// - Throws: ``DeliveryRefusal/held(mark:)`` where a restore or an import is not released, or
    ///   ``StoreError``.
    public func beginEmitting(waitSeconds: Int, at wallTime: Instant) throws {
        let emits = try store.read { transaction, _ in
            if let mark = try store.unreleasedMark(transaction) {
                throw DeliveryRefusal.held(mark: mark)
            }
            return try NumberRow.read(Key.emitted, store.tables, transaction) != nil
        }
        guard !emits else { return }
        try begin(waitSeconds: waitSeconds)
        do {
            _ = try store.recoverClaims(at: wallTime, attemptsMax: .max)
            news += try store.newsOfSends()
        } catch {
            abandon()
            throw error
        }
        noteEmitted(upTo: 0)
        _ = try commit()
    }
}
