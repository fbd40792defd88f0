import LMDB

/// Why a store could not be opened, read or written.
public enum StoreError: Error, Sendable, Equatable {
    /// There is no store in the directory.
    case noStore(String)
    /// The directory holds a store already.
    case storeExists(String)
    /// Another process writes and did not hand over in time.
    case busy(waitedSeconds: Int)
    /// The store could not be created.
    case cannotCreate(String)
    /// The disk or the system refused to write; nothing of the batch is stored.
    case cannotWrite(String)
    /// The system refused to read.
    case cannotRead(String)
    /// So many processes have the store open that no more may.
    case tooManyReaders(max: Int)
    /// The store's bytes contradict each other; `audit` finds where.
    case damaged(String)
    /// The store was made by another version of the format.
    case otherFormat(found: UInt32, known: UInt32)

    init(_ error: LMDBError, writing: Bool) {
        switch error {
        case .mapFull: self = .cannotWrite("the map is full and could not be enlarged")
        case .noSpace(let message): self = .cannotWrite(message)
        case .damaged(let message): self = .damaged(message)
        case .notFound(let message): self = .damaged("missing: \(message)")
        case .readersFull: self = .tooManyReaders(max: Environment.readersMax)
        case .inputOutput(let operation, let message), .system(let operation, let message):
            let text = "\(operation): \(message)"
            self = writing ? .cannotWrite(text) : .cannotRead(text)
        }
    }

    /// Runs a body that founds a store: what can't be written or read then can't be created.
    static func translatingCreation(_ body: () throws -> Void) throws {
        do {
            try translating(writing: true, body)
        } catch StoreError.cannotWrite(let message) {
            throw StoreError.cannotCreate(message)
        } catch StoreError.cannotRead(let message) {
            throw StoreError.cannotCreate(message)
        }
    }

    /// Runs a body and turns LMDB's and the coding's errors into this one.
    static func translating<Result>(
        writing: Bool, _ body: () throws -> Result
    ) throws -> Result {
        do {
            return try body()
        } catch let error as LMDBError {
            throw StoreError(error, writing: writing)
        }
    }
}
