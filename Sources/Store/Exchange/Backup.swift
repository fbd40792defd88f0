public import Core
import Engine
import LMDB

/// What a restore came to.
public struct RestoreReport: Sendable, Equatable {
    /// The restore mark's sequence, by which `deliver --release` names it (SPEC 8, promise 6).
    public var mark: EventSequence
    /// How many sends the backup held, suppressed ones too.
    public var sends: UInt64
    /// The engine clock; nil where it was never set.
    public var now: Instant?
}

extension Store {
    /// Copies the store as it is after some commit into a new directory, while others may write.
    ///
    /// - Parameters:
    ///   - directory: Must not exist, or be empty.
    ///   - verify: Is given the copy; what it throws ends the backup, and nothing is left.
    /// - Throws: ``StoreError``, or what `verify` throws.
    public func backUp(to directory: String, verify: (Store) throws -> Void) throws {
        let place = try NewDirectory(for: directory)
        try StoreError.translatingCreation { try environment.copy(to: place.working) }
        try verify(try Store.open(directory: place.working, isReadOnly: true))
        try place.keep()
    }

    /// Makes a new store of this one, a backup, and appends a restore mark to it.
    ///
    /// What was decided and mailed after the backup will be decided again when the missing input is fed:
    /// the mark lets `deliver` hold it.
    ///
    /// - Parameters:
    ///   - directory: Must not exist, or be empty.
    ///   - verify: Is given the copy before the mark; what it throws ends it, and nothing is left.
    /// - Returns: The mark and what the backup held.
    /// - Throws: ``StoreError``, or what `verify` throws.
    public func restore(
        to directory: String, verify: (Store) throws -> Void
    ) throws -> RestoreReport {
        let place = try NewDirectory(for: directory)
        try StoreError.translatingCreation { try environment.copy(to: place.working) }
        try verify(try Store.open(directory: place.working, isReadOnly: true))
        let report = try Self.mark(place.working)
        try place.keep()
        return report
    }

    private static func mark(_ directory: String) throws -> RestoreReport {
        let writer = try Writer(Store.open(directory: directory, isReadOnly: false), ingests: false)
        try writer.begin(waitSeconds: 0)
        let mark = writer.markRestored()
        _ = try writer.commit(flushingState: true)
        let now = writer.engine.now
        return RestoreReport(
            mark: mark, sends: writer.engine.sendCount, now: now == .unset ? nil : now)
    }
}
