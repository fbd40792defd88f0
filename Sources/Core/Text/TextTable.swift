/// A dense number for a text, in order of first appearance; 0 is the first.
public struct TextID: Hashable, Comparable, Sendable, BitwiseCopyable {
    /// The position in its table.
    public var number: UInt32

    /// Makes the id of a position.
    @inlinable
    public init(number: UInt32) {
        self.number = number
    }

    /// Whether the left text appeared first.
    @inlinable
    public static func < (left: TextID, right: TextID) -> Bool {
        left.number < right.number
    }
}

/// Texts as dense numbers: every name that events carry is interned once, and compared as a number
/// from then on.
///
/// Numbers follow the order of first interning, which happens only while records are applied in log
/// order; so two processes that have applied the same log hold the same table. The bytes lie one
/// after the other in one buffer, and an open-addressing table of half-empty slots finds them.
public struct TextTable: Sendable {
    private var bytes: [UInt8] = []
    private var ends: [Int] = []
    /// The hash of the text in each slot and its number plus one, 0 where empty; the size is a power
    /// of two.
    private var slots: [UInt64] = Array(repeating: 0, count: 16)

    /// Makes an empty table.
    public init() {}

    /// Makes an empty table with room for so many texts.
    public init(expecting count: Int) {
        ends.reserveCapacity(count)
        var size = slots.count
        while size < count * 2 + 2 { size *= 2 }
        slots = Array(repeating: 0, count: size)
    }

    /// How many texts there are.
    public var count: Int { ends.count }

    /// The id of a text, which is added where it is new.
    public mutating func intern(_ text: Span<UInt8>) -> TextID {
        let hash = Self.hash(text)
        let (found, slot) = find(text, hash)
        if let found { return found }
        for index in text.indices { bytes.append(text[index]) }
        ends.append(bytes.count)
        slots[slot] = UInt64(hash) << 32 | UInt64(ends.count)
        if ends.count * 2 > slots.count { grow() }
        return TextID(number: UInt32(ends.count - 1))
    }

    /// The id of a name, which is added where it is new.
    public mutating func intern(_ name: Name) -> TextID {
        intern(name.bytes.span)
    }

    /// The id of a text, or nil where it never occurred.
    public func find(_ text: Span<UInt8>) -> TextID? {
        find(text, Self.hash(text)).id
    }

    // MARK: Looking for many at once

    /// Begins to load where the search for a text begins.
    ///
    /// Looking for many texts is quicker in steps over all of them, each of which begins to load what the
    /// next one looks at: this one, `prefetchCandidate(at:)`, `prefetchBytes(of:)`, and then `find(_:)`.
    ///
    /// - Returns: The slot at which it begins, until the next text is interned.
    public mutating func prefetchSlot(of text: Span<UInt8>) -> Int {
        let slot = Int(Self.hash(text)) & (slots.count - 1)
        slots.prefetch(slot)
        return slot
    }

    /// Begins to load where the text at a slot stands.
    ///
    /// - Returns: That text, most likely the one that is looked for; nil where the slot is empty.
    public mutating func prefetchCandidate(at slot: Int) -> TextID? {
        guard slots[slot] != 0 else { return nil }
        let number = UInt32(truncatingIfNeeded: slots[slot]) - 1
        ends.prefetch(Int(number))
        return TextID(number: number)
    }

    /// Begins to load a text's bytes.
    public mutating func prefetchBytes(of id: TextID) {
        bytes.prefetch(range(Int(id.number)).lowerBound)
    }

    /// The id of a name, or nil where it never occurred.
    public func find(_ name: Name) -> TextID? {
        find(name.bytes.span)
    }

    /// Appends the bytes of a text to a buffer.
    public func append(_ id: TextID, to buffer: inout [UInt8]) {
        buffer.append(contentsOf: bytes[range(Int(id.number))])
    }

    /// The text as a name of its own.
    public func name(_ id: TextID) -> Name {
        Name(bytes: Array(bytes[range(Int(id.number))]))
    }

    // MARK: Inside

    /// The id of a text, or the empty slot in which it belongs.
    private func find(_ text: Span<UInt8>, _ hash: UInt32) -> (id: TextID?, slot: Int) {
        var slot = Int(hash) & (slots.count - 1)
        while slots[slot] != 0 {
            let number = UInt32(truncatingIfNeeded: slots[slot]) - 1
            if slots[slot] >> 32 == hash, equals(Int(number), text) {
                return (TextID(number: number), slot)
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        return (nil, slot)
    }

    private func range(_ number: Int) -> Range<Int> {
        (number == 0 ? 0 : ends[number - 1])..<ends[number]
    }

    private func equals(_ number: Int, _ text: Span<UInt8>) -> Bool {
        let range = range(number)
        guard range.count == text.count else { return false }
        for index in text.indices where bytes[range.lowerBound + index] != text[index] {
            return false
        }
        return true
    }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: 0, count: old.count * 2)
        for entry in old where entry != 0 {
            var slot = Int(entry >> 32) & (slots.count - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = entry
        }
    }

    /// FNV-1a, with a last mix so that the low bits depend on every byte.
    private static func hash(_ text: Span<UInt8>) -> UInt32 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for index in text.indices {
            hash = (hash ^ UInt64(text[index])) &* 0x0000_0100_0000_01b3
        }
        hash ^= hash >> 32
        hash = hash &* 0x9e37_79b9_7f4a_7c15
        return UInt32(truncatingIfNeeded: hash >> 32)
    }
}
