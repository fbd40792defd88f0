public import Core
import Glibc
import LMDB
import Wire

/// One program's store: a directory with one LMDB environment (SPEC 1).
public final class Store: Sendable {
    /// The directory.
    public let directory: String
    /// The program that it was founded for.
    public let program: ProgramRecord
    /// The rules of the program's time zone that were in force when the store was opened; of days in the
    /// past they say what those in force then said.
    public let zone: ZoneRules
    /// The record that brought them; nil where they are those that the store was founded with.
    let zoneRecord: EventSequence?
    let environment: Environment
    let tables: Tables

    private init(
        directory: String, program: ProgramRecord, zone: ZoneRules, zoneRecord: EventSequence?,
        environment: Environment, tables: Tables
    ) {
        self.directory = directory
        self.program = program
        self.zone = zone
        self.zoneRecord = zoneRecord
        self.environment = environment
        self.tables = tables
    }

    /// The files of a store in its directory.
    public static let fileNames = [
        "data.mdb", "lock.mdb", "turnstile.lock", "writer.lock", "deliver.lock",
    ]

    /// Opens a store.
    ///
    /// - Parameters:
    ///   - directory: The store's directory.
    ///   - isReadOnly: Opens it for reading alone.
    ///   - comparesChecksums: Whether a row that is not what was written is an error to who reads it. An audit
    ///     says itself what is wrong, and of which record.
    /// - Returns: The store.
    /// - Throws: ``StoreError/noStore(_:)`` where there is none, ``Divergence`` where its first record
    ///   can't be read.
    public static func open(
        directory: String, isReadOnly: Bool, comparesChecksums: Bool = true
    ) throws -> Store {
        // LMDB would make an environment of an empty file that it may write.
        var data = stat()
        let isThere = stat(directory + "/data.mdb", &data) == 0
        if !isThere, errno == EACCES {
            throw StoreError.cannotRead("\(directory): \(String(cString: strerror(EACCES)))")
        }
        guard isThere, data.st_size > 0 else { throw StoreError.noStore(directory) }
        // On a medium that nobody can write, LMDB does without.
        guard access(directory + "/lock.mdb", R_OK | W_OK) == 0 || errno != EACCES else {
            throw StoreError.cannotRead(
                "who reads has to note it in \(directory)/lock.mdb, and must be allowed to write "
                    + "there")
        }
        return try StoreError.translating(writing: false) {
            let environment = try Environment(
                directory: directory, tablesMax: Tables.names.count, isReadOnly: isReadOnly)
            let tables: Tables
            do {
                tables = try Tables(
                    environment, creating: false, comparesChecksums: comparesChecksums)
            } catch LMDBError.notFound(let message) {
                // All tables are made in one transaction: where there is one, there were all.
                if let log = try? environment.tables(["log"], creating: false).first {
                    // One of another format has other tables, and its first record says so.
                    _ = try environment.read { try program(log, $0) }
                    throw StoreError.damaged("missing: \(message)")
                }
                guard (try? environment.tables(["meta"], creating: false)) == nil else {
                    throw StoreError.damaged("missing: \(message)")
                }
                // Damage at the root hides all of them; what is whole was made by another program.
                try environment.checkPages()
                throw StoreError.noStore(directory)
            }
            let opened = try environment.read { transaction in
                guard let program = try program(tables.log, transaction) else {
                    guard try transaction.size(of: tables.log).entries == 0 else {
                        throw StoreError.damaged("record 1 is missing")
                    }
                    throw StoreError.noStore(directory)
                }
                do {
                    let record = try ZoneHistory.record(
                        at: .sequence(.max), tables, transaction)
                    let zone = try record.map {
                        try ZoneHistory.rules(ofRecord: $0, tables, transaction)
                    }
                    return (program: program, zone: zone ?? program.zone, record: record)
                } catch let error as WireError {
                    throw StoreError.damaged("rules of the time zone can't be read: \(error)")
                }
            }
            return Store(
                directory: directory, program: opened.program, zone: opened.zone,
                zoneRecord: opened.record,
                environment: environment, tables: tables)
        }
    }

    /// The record that founds the program; nil where there is none.
    private static func program(
        _ log: Environment.Table, _ transaction: borrowing ReadTransaction
    ) throws -> ProgramRecord? {
        let first = Key.number(1 as UInt64)
        // What it says of its format comes before its checksum: other formats have others, or none.
        _ = try transaction.value(log.checked(false), first, programRecord)
        return try transaction.value(log, first, programRecord)
    }

    private static func programRecord(_ record: Span<UInt8>) throws -> ProgramRecord {
        do {
            var reader = ByteReader()
            let header = try RecordCoding.header(record, &reader)
            if header.kind == .program { return try ProgramRecord(record, &reader) }
            throw WireError(.invalid("a record that founds a program"), offset: 0)
        } catch let error as WireError {
            throw Divergence(
                .record, 1, expected: "a program that can be read", found: "\(error)")
        }
    }

    /// The engine clock; nil where it was never set.
    public func now() throws -> Instant? {
        try read { _, head in head.now == .unset ? nil : head.now }
    }

    func head(_ transaction: borrowing ReadTransaction) throws -> Head {
        guard let head = try transaction.value(tables.meta, Key.head, { try Head($0) }) else {
            guard try transaction.size(of: tables.log).entries == 0 else {
                throw StoreError.damaged("its head is missing")
            }
            throw StoreError.noStore(directory)
        }
        return head
    }

    /// Runs a body over one snapshot, with the head that belongs to it.
    func read<Result>(
        _ body: (borrowing ReadTransaction, Head) throws -> Result
    ) throws -> Result {
        try StoreError.translating(writing: false) {
            do {
                return try environment.read { try body($0, try head($0)) }
            } catch let error as WireError {
                throw StoreError.damaged("a row can't be read: \(error)")
            } catch let divergence as Divergence {
                throw StoreError.damaged("\(divergence)")
            }
        }
    }
}
