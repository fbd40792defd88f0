/// Expected rows and those found, paired so that as many as possible have a partner.
///
/// An expected row may match several that were found, and the other way round: who takes the first
/// that fits can leave nothing for a later one. So a pair gives way where that lets both have one
/// (augmenting paths in a bipartite graph).
package struct Pairing {
    /// Expected rows that were found, in their order.
    package private(set) var matched: [Row] = []
    /// Expected rows that were not.
    package private(set) var missing: [Row] = []
    /// Rows found that nothing expected.
    package private(set) var unexpected: [Row] = []

    /// Pairs as many as can be paired, in the order of both lists.
    package init(expected: [Row], found: [Row]) {
        var expectedOfFound = [Int?](repeating: nil, count: found.count)
        // Most rows name their partner: only that partner's need to be looked at.
        var ofPartner: [FieldValue?: [Int]] = [:]
        for index in found.indices {
            ofPartner[found[index].value(of: "partner"), default: []].append(index)
        }
        let everyone = Array(found.indices)
        let candidates = expected.map { row in
            row.value(of: "partner").map { ofPartner[$0] ?? [] } ?? everyone
        }
        for start in expected.indices {
            let first = candidates[start].first {
                expectedOfFound[$0] == nil && expected[start].matches(found[$0])
            }
            if let first {
                expectedOfFound[first] = start
                continue
            }
            var waiting = [start]
            /// The expected row that asks for a row found; none where none has in this search.
            var asker: [Int: Int] = [:]
            var free: Int?
            var next = 0
            while free == nil, next < waiting.count {
                let row = waiting[next]
                next += 1
                for index in candidates[row]
                where asker[index] == nil && expected[row].matches(found[index]) {
                    asker[index] = row
                    guard let holder = expectedOfFound[index] else {
                        free = index
                        break
                    }
                    waiting.append(holder)
                }
            }
            while let index = free, let row = asker[index] {
                let given = expectedOfFound.firstIndex(of: row)
                expectedOfFound[index] = row
                if let given, given != index { expectedOfFound[given] = nil }
                free = row == start ? nil : given
            }
        }
        let isPaired = Set(expectedOfFound.compactMap { $0 })
        for index in expected.indices {
            if isPaired.contains(index) {
                matched.append(expected[index])
            } else {
                missing.append(expected[index])
            }
        }
        for index in found.indices where expectedOfFound[index] == nil {
            unexpected.append(found[index])
        }
    }
}
