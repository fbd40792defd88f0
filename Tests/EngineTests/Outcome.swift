/// What came of a program, in words that engine and model share, so that the two can be compared
/// line by line.
struct Outcome: Equatable {
    /// By segment and partner, then in order.
    var transitions: [String] = []
    /// In order of decision.
    var sends: [String] = []
    var runs: [String] = []
    /// In the order in which they were appended.
    var derived: [String] = []
    var halts: [String] = []

    /// The first line in which two outcomes differ.
    func difference(from other: Outcome) -> String? {
        let parts: [(String, [String], [String])] = [
            ("transition", transitions, other.transitions), ("send", sends, other.sends),
            ("run", runs, other.runs), ("derived event", derived, other.derived),
            ("halt", halts, other.halts),
        ]
        for (name, mine, others) in parts where mine != others {
            let index =
                zip(mine, others).enumerated().first { $1.0 != $1.1 }?.offset
                ?? min(mine.count, others.count)
            func line(_ list: [String]) -> String { index < list.count ? list[index] : "none" }
            return "\(name) \(index): engine \(line(mine)), model \(line(others))"
        }
        return nil
    }
}
