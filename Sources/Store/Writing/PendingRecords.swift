import Core
import Engine
import LMDB
import Wire

/// The records of a batch in their stored form.
struct PendingRecords: Sendable {
    private(set) var bytes: [UInt8] = []
    /// Where each record ends.
    private var ends: [Int] = []
    private var firstSequence: EventSequence = 0
    /// Sequences of definition records.
    var definitions: [EventSequence] = []
    /// Sequences and kinds of zone records and restore marks.
    var marks: [(sequence: EventSequence, kind: RecordCoding.Kind)] = []

    var isEmpty: Bool { ends.isEmpty }

    func range(of sequence: EventSequence) -> Range<Int>? {
        guard !ends.isEmpty, sequence >= firstSequence else { return nil }
        let index = Int(sequence - firstSequence)
        guard index < ends.count else { return nil }
        return (index == 0 ? 0 : ends[index - 1])..<ends[index]
    }

    /// Takes the records that the engine has placed, and writes the input's by `appendInput`.
    mutating func absorb(
        _ engine: inout Engine, _ hash: inout BlockHash, _ ids: inout IDIndex?,
        inputFingerprint: UInt64, appendInput: (LogRecord, inout [UInt8]) -> Void
    ) {
        for record in engine.effects.records {
            if ends.isEmpty { firstSequence = record.sequence }
            let start = bytes.count
            var fingerprint: UInt64 = 0
            switch record.kind {
            case .input:
                appendInput(record, &bytes)
                fingerprint = inputFingerprint
            case .boundary: RecordCoding.appendHeader(.boundary, record, to: &bytes)
            case .derived(let event):
                RecordCoding.appendDerived(record, event, texts: engine.texts, to: &bytes)
            }
            ends.append(bytes.count)
            hash.add(bytes.span.extracting(start..<bytes.count))
            ids?.append(fingerprint)
        }
        engine.effects.records.removeAll(keepingCapacity: true)
    }

    func write(_ tables: Tables, _ transaction: borrowing WriteTransaction) throws {
        var start = 0
        for (offset, end) in ends.enumerated() {
            try transaction.append(
                tables.log, Key.number(firstSequence + UInt64(offset)),
                bytes.span.extracting(start..<end))
            start = end
        }
        let nothing: [UInt8] = []
        for sequence in definitions {
            try transaction.append(tables.definitions, Key.number(sequence), nothing.span)
        }
        for mark in marks {
            try transaction.append(
                tables.marks, Key.number(mark.sequence), [mark.kind.rawValue].span)
        }
    }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        definitions.removeAll()
        marks.removeAll()
    }
}
