public import Core
import Definitions
import Engine
import Glibc
import LMDB
import Wire

/// Makes a store of an export's lines (SPEC 7, `import`): the same records, and so the same of all that
/// follows from them.
///
/// It is made in a directory beside the one that it is for, and takes that one's name when it is whole;
/// what is left half-made after a fault is removed.
public final class Importer {
    /// What was made.
    public struct Report: Sendable {
        /// The log's last record.
        public var sequence: EventSequence
        /// The engine clock; nil where it was never set.
        public var now: Instant?
        /// How many sends were decided, suppressed ones too.
        public var sends: UInt64
    }

    /// The longest line that is taken in, in bytes without its end.
    public static let lineBytesMax = ExportedRecord.limits.bytes

    private let place: NewDirectory
    private let batchEvents: Int
    private var store: Store?
    private var writer: Writer?
    private var reader: EventReader?
    private var inBatch = 0
    private var buffer: [UInt8] = []

    /// Begins a store.
    ///
    /// - Parameters:
    ///   - directory: Must not exist, or be empty.
    ///   - batchEvents: How many records are stored in one transaction.
    /// - Throws: ``StoreError/storeExists(_:)`` where there is something already.
    public init(directory: String, batchEvents: Int = 100_000) throws {
        place = try NewDirectory(for: directory)
        self.batchEvents = batchEvents
    }

    /// Takes in a line without its line feed.
    ///
    /// - Throws: ``ImportError`` where the line can't be taken in, or ``StoreError``.
    public func take(_ line: Span<UInt8>) throws {
        let record = try ExportedRecord(line)
        guard let writer else {
            guard case .program(let program) = record else {
                throw ImportError("the first line has to be the program")
            }
            return try found(program)
        }
        switch record {
        case .program: throw ImportError("a log has one program alone, on its first line")
        case .definitions(let changes):
            try beginBatch(writer)
            try check(changes, writer.store)
            try writer.define(changes)
        case .clock(let instant, let isHistory):
            guard try writer.advance(to: instant, isHistory: isHistory) else {
                throw ImportError(
                    "the engine clock stands at \(timestampText(writer.engine.now)) already")
            }
        case .event(let json, let instant, let isHistory):
            try take(json, at: instant, isHistory: isHistory, writer)
        case .timezone(let zone):
            try beginBatch(writer)
            guard zone == writer.engine.zone.continued(by: zone, from: writer.engine.now),
                zone.name == writer.store.program.zone.name
            else { throw ImportError("the rules of the time zone contradict those of the past") }
            try writer.takeTimeZone(zone)
        case .restore(let sends):
            guard sends <= writer.engine.sendCount else {
                throw ImportError("only \(writer.engine.sendCount) sends were decided so far")
            }
            _ = writer.markRestored(sends: sends)
        }
        inBatch += 1
        if inBatch >= batchEvents { try beginBatch(writer) }
    }

    private func found(_ program: ProgramRecord) throws {
        try Store.create(directory: place.working, program: program)
        let store = try Store.open(directory: place.working, isReadOnly: false)
        let writer = try Writer(store, ingests: true)
        try writer.begin(waitSeconds: 0)
        self.store = store
        self.writer = writer
        reader = EventReader(
            envelope: .plain, currency: program.currency, allowsOwnIDs: true,
            limits: ExportedRecord.limits)
    }

    private func take(
        _ json: [UInt8], at instant: Instant, isHistory: Bool, _ writer: Writer
    ) throws {
        buffer.removeAll(keepingCapacity: true)
        // Whether an event came too early was judged when it was taken in first.
        switch reader?.read(json.span, number: 1, wallTime: .latest, into: &buffer) {
        case .event(let event):
            guard writer.engine.now == .unset || instant >= writer.engine.now else {
                throw ImportError(
                    "\"at\" lies before the engine clock, which stands at "
                        + timestampText(writer.engine.now))
            }
            let outcome = try writer.ingest(
                event, in: buffer, clock: .applied(at: instant), isHistory: isHistory)
            guard outcome == .accepted else {
                throw ImportError("the event's id is there already")
            }
        case .rejected(let reject):
            let field = reject.field.map { " \"\($0)\"" } ?? ""
            throw ImportError(
                "the event is refused, \(reject.code.rawValue)\(field): \(reject.message)")
        case .blank, nil: throw ImportError("the event is empty")
        }
    }

    /// Sees that definitions refer to what is there, as `apply` does.
    private func check(_ changes: [CanonicalChange], _ store: Store) throws {
        let catalog = try store.catalog()
        var document: [UInt8] = []
        document.append(UInt8(ascii: "{"))
        for kind in DefinitionKind.allCases where kind != .program {
            let ofKind = changes.filter { $0.kind == kind }.compactMap(\.canonical)
            guard !ofKind.isEmpty else { continue }
            if document.count > 1 { document.append(UInt8(ascii: ",")) }
            document.append(jsonString: kind.word + "s")
            document.append(ascii: ":[")
            document.append(contentsOf: ofKind.joined(separator: [UInt8(ascii: ",")]))
            document.append(UInt8(ascii: "]"))
        }
        document.append(UInt8(ascii: "}"))
        let remaining = try catalog.inForce().filter { definition in
            !changes.contains {
                $0.kind == definition.definition.kind && $0.id == definition.definition.id
            }
        }
        do {
            _ = try readDefinitions(
                [DefinitionSource(file: "definitions", bytes: document)], inForce: remaining)
            _ = try changes.map { try $0.decoded() }
        } catch let errors as DefinitionErrors {
            throw ImportError(errors.errors.map { "\($0)" }.joined(separator: "; "))
        } catch StoreError.damaged(let message) {
            throw ImportError(message)
        }
        for change in changes {
            let latest = catalog.versions(change.kind, change.id).last?.version ?? 0
            guard change.version == latest + 1 else {
                throw ImportError(
                    "the next version of \(change.kind.word) \(change.id) is \(latest + 1), not "
                        + "\(change.version)")
            }
        }
    }

    /// Stores what was taken in, and begins anew.
    private func beginBatch(_ writer: Writer) throws {
        _ = try writer.commit()
        try writer.begin(waitSeconds: 0)
        inBatch = 0
    }

    /// Stores the last batch, and gives the store its name.
    ///
    /// - Throws: ``ImportError`` where no line was taken in, or ``StoreError``.
    public func finish() throws -> Report {
        guard let writer else { throw ImportError("there is no program: the input is empty") }
        // What the other store has mailed is not known here beyond its log.
        let sequence = writer.engine.sequence
        let tables = writer.store.tables
        let row = NumberRow.row(sequence)
        _ = try writer.commit(
            flushingState: true,
            also: { try $0.put(tables.meta, Key.imported, row.span) })
        let now = writer.engine.now
        let report = Report(
            sequence: writer.engine.sequence, now: now == .unset ? nil : now,
            sends: writer.engine.sendCount)
        self.writer = nil
        store = nil
        try place.keep()
        return report
    }
}
