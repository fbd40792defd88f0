import Core

/// Rows of flags of one width, packed in words.
struct BitRows: Sendable {
    /// Words a row.
    let stride: Int
    private(set) var words: [UInt64]

    /// Makes rows of cleared flags.
    init(width: Int, count: Int) {
        stride = (width + 63) / 64
        words = Array(repeating: 0, count: stride * count)
    }

    mutating func appendRow() {
        words.append(contentsOf: repeatElement(0, count: stride))
    }

    /// The positions of a row's words.
    @inline(__always)
    func range(_ row: Int) -> Range<Int> {
        (row * stride)..<((row + 1) * stride)
    }

    @inline(__always)
    subscript(row: Int, flag: Int) -> Bool {
        get { words[row * stride + flag >> 6] & (1 << UInt64(flag & 63)) != 0 }
        set {
            let bit: UInt64 = 1 << UInt64(flag & 63)
            if newValue {
                words[row * stride + flag >> 6] |= bit
            } else {
                words[row * stride + flag >> 6] &= ~bit
            }
        }
    }

    /// Begins to load a row.
    mutating func prefetch(_ row: Int) { words.prefetch(row * stride) }

    mutating func clear(_ row: Int) {
        for word in range(row) { words[word] = 0 }
    }
}

/// A set of small numbers from which the least is taken first.
struct WorkList: Sendable {
    private var words: [UInt64] = []

    mutating func resize(to width: Int) {
        words = Array(repeating: 0, count: (width + 63) / 64)
    }

    @inline(__always)
    mutating func insert(_ number: Int) {
        words[number >> 6] |= 1 << UInt64(number & 63)
    }

    mutating func insertAll(below count: Int) {
        for number in 0..<count { insert(number) }
    }

    /// Adds a row of flags of the list's own width.
    @inline(__always)
    mutating func formUnion(_ rows: borrowing BitRows, row: Int) {
        let start = row * rows.stride
        for word in words.indices { words[word] |= rows.words[start + word] }
    }

    /// Takes out the least number at or behind a word, and goes on to where it was.
    @inline(__always)
    mutating func removeFirst(from word: inout Int) -> Int? {
        while word < words.count {
            let bits = words[word]
            if bits != 0 {
                words[word] = bits & (bits - 1)
                return word << 6 + bits.trailingZeroBitCount
            }
            word += 1
        }
        return nil
    }
}
