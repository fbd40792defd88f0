public import Core

/// The order of facts about one thing: by time, then by arrival (SPEC 2).
public struct FactOrder: Hashable, Comparable, Sendable {
    /// When it happened.
    public var time: Instant
    /// The record that says so.
    public var sequence: EventSequence

    /// Makes a place in the order.
    public init(time: Instant, sequence: EventSequence) {
        self.time = time
        self.sequence = sequence
    }

    /// Whether the left fact comes first.
    public static func < (left: FactOrder, right: FactOrder) -> Bool {
        left.time != right.time ? left.time < right.time : left.sequence < right.sequence
    }
}

/// Something with a place in the order of facts.
protocol Ordered {
    var order: FactOrder { get }
}

extension Array where Element: Ordered {
    /// Puts a fact in its place; at the end, where it nearly always belongs, in constant time.
    mutating func insertInOrder(_ fact: Element) {
        makeRoom()
        guard let last, fact.order < last.order else {
            append(fact)
            return
        }
        var low = 0
        var high = count - 1
        while low < high {
            let middle = (low + high) / 2
            if fact.order < self[middle].order { high = middle } else { low = middle + 1 }
        }
        insert(fact, at: low)
    }
}
