public import Core
import Engine
import Glibc
import LMDB

/// How much a store holds (SPEC 7, `stats`).
public struct Statistics: Sendable {
    /// The log's last record.
    public var sequence: EventSequence
    /// The engine clock; nil where it was never set.
    public var now: Instant?
    /// Partners that events have named.
    public var partners: UInt64
    /// Sends decided, suppressed ones too.
    public var sends: UInt64
    /// Runs that acted on somebody or were blocked.
    public var runs: UInt64
    /// Triggers at depth 8, recorded and not done.
    public var halts: UInt64
    /// Definitions in force, by kind.
    public var inForce: [(kind: DefinitionKind, count: Int)]
    /// Bytes of the data file.
    public var bytes: Int
}

extension Store {
    /// Counts what the store holds.
    ///
    /// - Throws: ``StoreError``.
    public func statistics() throws -> Statistics {
        try read { transaction, head in
            let catalog = try Catalog(tables, upTo: head.sequence, in: transaction)
            var data = stat()
            _ = stat(directory + "/data.mdb", &data)
            let kinds = DefinitionKind.allCases.filter { $0 != .program }
            return Statistics(
                sequence: head.sequence, now: head.now == .unset ? nil : head.now,
                partners: head.partners, sends: head.sends, runs: head.runs, halts: head.halts,
                inForce: kinds.map { kind in
                    (
                        kind,
                        catalog.ids(kind).count {
                            catalog.versions(kind, $0).last?.canonical != nil
                        }
                    )
                }, bytes: Int(data.st_size))
        }
    }
}
