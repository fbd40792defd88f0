public import Core
import LMDB

/// The way of results into the log: by any process that writes it, or by the one that delivers.
extension Deliverer {
    /// What tells whether somebody else will make records of the results.
    public struct Standing: Sendable {
        /// Whether there are results that no record tells of yet.
        public var hasResults: Bool
        /// The log's last record.
        public var sequence: EventSequence
        /// Whether somebody has the right to write just now; looked at only where there are results.
        public var isBeingWritten: Bool
    }

    /// Looks at where the log stands.
    ///
    /// - Throws: ``StoreError``.
    public func standing() throws -> Standing {
        try store.read { transaction, head in
            let hasResults = try !outbox.results(limit: 1, transaction).isEmpty
            return Standing(
                hasResults: hasResults, sequence: head.sequence,
                isBeingWritten: hasResults && lock.isTaken)
        }
    }

    /// Makes records of all results that none tells of yet.
    ///
    /// The first time this loads an engine.
    ///
    /// - Parameter waitSeconds: How long to wait for the right to write.
    /// - Throws: ``StoreError/busy(waitedSeconds:)`` where it was not to be had, the results being kept for
    ///   whoever writes next, or ``StoreError``.
    public func logResults(waitSeconds: Int) throws {
        let writer = try writer ?? Writer(store, ingests: false)
        self.writer = writer
        while true {
            try writer.begin(waitSeconds: waitSeconds)
            guard try writer.takeResults() > 0 else {
                writer.abandon()
                return
            }
            _ = try writer.commit()
        }
    }

    /// Flushes the working state, where this process has written the log.
    public func close(waitSeconds: Int) throws {
        try writer?.close(waitSeconds: waitSeconds)
    }
}
