public import Core

/// A set of partners as plain bits, one a partner number.
public struct PartnerSet: Sendable {
    private var words: [UInt64] = []
    /// How many partners are in the set.
    public private(set) var count = 0

    /// Makes an empty set.
    public init() {}

    /// Whether a partner is in the set.
    public func contains(_ partner: PartnerNumber) -> Bool {
        let word = Int(partner >> 6)
        return word < words.count && words[word] & (1 << UInt64(partner & 63)) != 0
    }

    /// Puts a partner in or takes it out.
    public mutating func set(_ partner: PartnerNumber, to isIn: Bool) {
        let word = Int(partner >> 6)
        let bit: UInt64 = 1 << UInt64(partner & 63)
        if word >= words.count {
            guard isIn else { return }
            let room = max(word + 1, words.count * 2)
            words.append(contentsOf: repeatElement(0, count: room - words.count))
        }
        guard (words[word] & bit != 0) != isIn else { return }
        words[word] ^= bit
        count += isIn ? 1 : -1
    }

    /// The partners in the order in which the log first saw them.
    public var members: [PartnerNumber] {
        var list: [PartnerNumber] = []
        list.reserveCapacity(count)
        for (index, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                list.append(PartnerNumber(index * 64 + rest.trailingZeroBitCount))
                rest &= rest - 1
            }
        }
        return list
    }
}
