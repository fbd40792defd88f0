import Core
import Engine
import Glibc
import LMDB
import Wire

extension Store {
    /// Founds a store: its first record is the program with its zone's rules.
    ///
    /// The environment is made in a directory inside the store's and moved to its place when it is whole and
    /// on disk: what a kill or a loss of power left of an earlier attempt is no store, and is replaced.
    ///
    /// - Parameters:
    ///   - directory: May exist and hold other things.
    ///   - program: The program.
    /// - Throws: ``StoreError``; an existing store is untouched.
    public static func create(directory: String, program: ProgramRecord) throws {
        try refuseExisting(directory)
        if mkdir(directory, 0o755) != 0, errno != EEXIST {
            throw StoreError.cannotCreate("\(directory): \(String(cString: strerror(errno)))")
        }
        try StoreError.translatingCreation {
            let lock = try WriteLock(directory: directory)
            try lock.acquire(waitSeconds: foundingSeconds)
            defer { lock.release() }
            // Another process may have been first.
            try refuseExisting(directory)
            let working = directory + "/founding"
            removeEnvironment(working)
            defer { removeEnvironment(working) }
            guard mkdir(working, 0o755) == 0 else {
                throw StoreError.cannotCreate("\(working): \(String(cString: strerror(errno)))")
            }
            try writeFirstRecord(of: program, to: working)
            guard rename(working + "/data.mdb", directory + "/data.mdb") == 0 else {
                throw StoreError.cannotCreate("\(directory): \(String(cString: strerror(errno)))")
            }
            try Names.flush(in: directory)
            try Names.flush(of: directory)
        }
    }

    /// How long another process that founds the same store is waited for.
    private static let foundingSeconds = 10

    private static func refuseExisting(_ directory: String) throws(StoreError) {
        var data = stat()
        if stat(directory + "/data.mdb", &data) == 0, data.st_size > 0 {
            throw .storeExists(directory)
        }
    }

    private static func removeEnvironment(_ directory: String) {
        for name in ["data.mdb", "lock.mdb"] { unlink("\(directory)/\(name)") }
        rmdir(directory)
    }

    private static func writeFirstRecord(of program: ProgramRecord, to directory: String) throws {
        let environment = try Environment(
            directory: directory, tablesMax: Tables.names.count, isReadOnly: false)
        let tables = try Tables(environment, creating: true)
        var engine = Engine(programName: program.name, zone: program.zone)
        engine.begin()
        var record: [UInt8] = []
        for placed in engine.effects.records {
            RecordCoding.appendHeader(.program, placed, to: &record)
        }
        program.append(to: &record)
        var hash = BlockHash(after: 0, hash: [])
        hash.add(record.span)
        var head = Head()
        head.sequence = engine.sequence
        head.hash = hash.head
        try environment.write { transaction in
            try transaction.append(tables.log, Key.number(engine.sequence), record.span)
            try transaction.put(tables.meta, Key.head, head.row.span)
        }
    }
}
