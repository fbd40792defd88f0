import Core
import Store

/// Sends added and gone, added up.
struct SimulationTotals {
    private struct Source: Hashable, Comparable {
        var id: Name
        var kind: DefinitionKind

        static func < (left: Source, right: Source) -> Bool {
            (left.id, left.kind.rawValue) < (right.id, right.kind.rawValue)
        }
    }

    private struct Count {
        var added = 0
        var gone = 0

        mutating func add(_ change: SendDifference.Change) {
            switch change {
            case .added: added += 1
            case .gone: gone += 1
            }
        }
    }

    private var all = Count()
    private var bySource: [Source: Count] = [:]
    private var byPartner: [Name: Count] = [:]

    mutating func add(_ difference: SendDifference) {
        let send = difference.send
        all.add(difference.change)
        bySource[Source(id: send.source, kind: send.kind), default: Count()]
            .add(difference.change)
        byPartner[send.partner, default: Count()].add(difference.change)
    }

    /// Prints rows in byte order of ids.
    func print(by grouping: Simulate.Grouping, _ format: Format, limit: Int) throws {
        switch grouping {
        case .source:
            var rows = Rows(["source", "kind", "added", "gone"], format)
            for (source, count) in bySource.sorted(by: { $0.key < $1.key }).prefix(limit) {
                try rows.append([
                    Cell(source.id), Cell(source.kind.word), .number(count.added),
                    .number(count.gone),
                ])
            }
            try rows.finish()
        case .partner:
            var rows = Rows(["partner", "added", "gone"], format)
            for (partner, count) in byPartner.sorted(by: { $0.key < $1.key }).prefix(limit) {
                try rows.append([Cell(partner), .number(count.added), .number(count.gone)])
            }
            try rows.finish()
        }
    }

    /// Says on standard error how many there are in all, and of each source.
    func report() {
        for (source, count) in bySource.sorted(by: { $0.key < $1.key }) {
            Output.error(
                "\(source.kind.word) \(source.id): \(count.added) added, \(count.gone) gone")
        }
        Output.error("sends: \(all.added) added, \(all.gone) gone")
    }
}
