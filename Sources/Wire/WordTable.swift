/// A fixed set of short ASCII words, each with its number, found by a look at its ends.
///
/// Built once; a look-up costs a hash of the first and last eight bytes and one comparison.
struct WordTable: Sendable {
    private struct Entry {
        var first: UInt64 = 0
        var last: UInt64 = 0
        var length = -1
        var number = 0
    }

    private var entries: [Entry]
    private let words: [[UInt8]]
    private let mask: Int

    init(_ words: [String]) {
        self.words = words.map { Array($0.utf8) }
        var size = 16
        while size < words.count * 4 { size *= 2 }
        mask = size - 1
        entries = Array(repeating: Entry(), count: size)
        for (number, word) in self.words.enumerated() {
            let (first, last) = Self.ends(word.span, 0, word.count)
            var slot = Self.hash(first, last, word.count) & mask
            while entries[slot].length >= 0 { slot = (slot + 1) & mask }
            entries[slot] = Entry(first: first, last: last, length: word.count, number: number)
        }
    }

    /// All words, for a message.
    var list: String {
        words.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ", ")
    }

    /// The number of the word that lies from `start` up to `end`, or nil where it is none of them.
    func find(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Int? {
        let length = end - start
        let (first, last) = Self.ends(bytes, start, end)
        var slot = Self.hash(first, last, length) & mask
        while true {
            let entry = entries[slot]
            if entry.length < 0 { return nil }
            if entry.length == length, entry.first == first, entry.last == last,
                length <= 16 || isEqual(entry.number, bytes, start, end)
            {
                return entry.number
            }
            slot = (slot + 1) & mask
        }
    }

    private func isEqual(_ number: Int, _ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        for index in start..<end where words[number][index - start] != bytes[index] {
            return false
        }
        return true
    }

    /// The first and the last eight bytes; a shorter word stands in the first, padded with zeros.
    @inline(__always)
    private static func ends(
        _ bytes: Span<UInt8>, _ start: Int, _ end: Int
    ) -> (UInt64, UInt64) {
        let length = end - start
        if length >= 8 { return (wordAt(start, bytes), wordAt(end - 8, bytes)) }
        if start + 8 <= bytes.count {
            return (wordAt(start, bytes) & ((1 << (UInt64(length) * 8)) - 1), 0)
        }
        var first: UInt64 = 0
        for index in start..<end { first |= UInt64(bytes[index]) << UInt64((index - start) * 8) }
        return (first, 0)
    }

    @inline(__always)
    private static func hash(_ first: UInt64, _ last: UInt64, _ length: Int) -> Int {
        let mixed =
            (first ^ (last &* 0x9e37_79b9_7f4a_7c15) ^ UInt64(truncatingIfNeeded: length))
            &* 0xff51_afd7_ed55_8ccd
        return Int(truncatingIfNeeded: mixed >> 40)
    }
}
