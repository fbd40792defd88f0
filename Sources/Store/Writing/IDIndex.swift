import Core
import Wire

/// Which event ids the log holds: 64-bit fingerprints in memory, confirmed against the records.
///
/// Random ids would cost a random page each if they were keys of a table. Here they are rows of
/// fingerprints that only grow at their end (`Schemas/FORMAT.md`, "fingerprints"), read whole by who
/// ingests and by nobody else.
struct IDIndex {
    static let sequencesPerChunk: UInt64 = 4096
    /// So many slots are loaded ahead when chunks are read.
    private static let aheadCount = 16
    /// Events are refused beyond this: sequences take 32 bits here, less room for what one derives.
    static let sequenceMax = EventSequence(UInt32.max) - (1 << 24)

    private var fingerprints: [UInt64]
    private var sequences: [UInt32]
    private var count = 0

    /// Fingerprints of the sequences since the last full chunk, 0 where a record has no id.
    private var openChunk: [UInt64] = []
    /// Full chunks that are not stored yet.
    private(set) var fullChunks: [(chunk: UInt64, row: [UInt8])] = []
    private var nextChunk: UInt64 = 0

    /// Makes an empty index with room for so many ids.
    init(expecting count: Int) {
        var slots = 1 << 12
        while (count + 1) * 4 > slots * 3 { slots *= 2 }
        fingerprints = Array(repeating: 0, count: slots)
        sequences = Array(repeating: 0, count: slots)
    }

    /// The last sequence that the index covers.
    var coveredSequence: EventSequence {
        nextChunk * Self.sequencesPerChunk + UInt64(openChunk.count)
    }

    /// A fingerprint of an id, never 0.
    static func fingerprint(_ id: Span<UInt8>) -> UInt64 {
        var hash: UInt64 = 0x9e37_79b9_7f4a_7c15 ^ UInt64(id.count)
        var index = 0
        while index + 8 <= id.count {
            let word = id.bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
            hash = mix(hash ^ word)
            index += 8
        }
        var tail: UInt64 = 0
        while index < id.count {
            tail = tail << 8 | UInt64(id[index])
            index += 1
        }
        return max(1, mix(hash ^ tail))
    }

    /// The multiplication of MUM hashes: both halves of the 128-bit product.
    private static func mix(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: 0xa076_1d64_78bd_642f)
        return product.high ^ product.low
    }

    /// Begins to load where the search for a fingerprint begins.
    mutating func prefetch(_ fingerprint: UInt64) {
        let slot = Int(truncatingIfNeeded: fingerprint) & (fingerprints.count - 1)
        fingerprints.prefetch(slot)
        sequences.prefetch(slot)
    }

    /// Gives the sequences that a fingerprint might belong to, to a test; returns the first passing.
    func find(
        _ fingerprint: UInt64, _ isIt: (EventSequence) throws -> Bool
    ) rethrows -> EventSequence? {
        var slot = Int(truncatingIfNeeded: fingerprint) & (fingerprints.count - 1)
        while fingerprints[slot] != 0 {
            if fingerprints[slot] == fingerprint, try isIt(EventSequence(sequences[slot])) {
                return EventSequence(sequences[slot])
            }
            slot = (slot + 1) & (fingerprints.count - 1)
        }
        return nil
    }

    /// Adds the next record: its id's fingerprint, or 0 where it has none.
    mutating func append(_ fingerprint: UInt64) {
        openChunk.append(fingerprint)
        if fingerprint != 0 { insert(fingerprint, coveredSequence) }
        guard openChunk.count == Self.sequencesPerChunk else { return }
        var row: [UInt8] = []
        row.reserveCapacity(openChunk.count * 8)
        for fingerprint in openChunk { row.append(fixed64: fingerprint) }
        fullChunks.append((nextChunk, row))
        nextChunk += 1
        openChunk.removeAll(keepingCapacity: true)
    }

    /// Takes in a stored chunk.
    mutating func load(chunk row: Span<UInt8>) throws(WireError) {
        var reader = ByteReader()
        var ahead = ByteReader(offset: Self.aheadCount * 8)
        let first = nextChunk * Self.sequencesPerChunk + 1
        for offset in 0..<Self.sequencesPerChunk {
            if ahead.offset + 8 <= row.count { prefetch(try ahead.fixed64(row)) }
            let fingerprint = try reader.fixed64(row)
            if fingerprint != 0 { insert(fingerprint, first + offset) }
        }
        nextChunk += 1
    }

    mutating func removeFullChunks() {
        fullChunks.removeAll()
    }

    private mutating func insert(_ fingerprint: UInt64, _ sequence: EventSequence) {
        if (count + 1) * 4 > fingerprints.count * 3 { grow() }
        place(fingerprint, UInt32(sequence))
        count += 1
    }

    private mutating func place(_ fingerprint: UInt64, _ sequence: UInt32) {
        var slot = Int(truncatingIfNeeded: fingerprint) & (fingerprints.count - 1)
        while fingerprints[slot] != 0 { slot = (slot + 1) & (fingerprints.count - 1) }
        fingerprints[slot] = fingerprint
        sequences[slot] = sequence
    }

    private mutating func grow() {
        let (oldFingerprints, oldSequences) = (fingerprints, sequences)
        fingerprints = Array(repeating: 0, count: oldFingerprints.count * 2)
        sequences = Array(repeating: 0, count: oldFingerprints.count * 2)
        for (slot, fingerprint) in oldFingerprints.enumerated() where fingerprint != 0 {
            place(fingerprint, oldSequences[slot])
        }
    }
}
