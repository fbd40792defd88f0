import Core
import Engine
import LMDB
import Wire

/// Rows of the states that have changed, in order of partners.
struct ChangedStates: Sendable {
    /// Whose they are.
    private(set) var partners: [PartnerNumber] = []
    private(set) var rows: [UInt8] = []
    private var ends: [Int] = []

    /// Encodes the states that an engine has changed, where there are none yet.
    ///
    /// - Parameter engine: Is not changed; as a whole it can't be lent otherwise.
    mutating func encode(_ engine: inout Engine) {
        partners = engine.changedPartners.list.sorted()
        ends.reserveCapacity(partners.count)
        for (place, partner) in partners.enumerated() {
            engine.prefetch(behind: place, of: partners.count) { partners[$0] }
            engine.withState(of: partner) { PartnerStateCoding.append($0, to: &rows) }
            ends.append(rows.count)
        }
    }

    /// Empties it and keeps its room.
    mutating func removeAll() {
        partners.removeAll()
        rows.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
    }

    /// Where the row of the partner at a place is in `rows`.
    func range(_ place: Int) -> Range<Int> {
        (place == 0 ? 0 : ends[place - 1])..<ends[place]
    }
}

extension StoredStates {
    /// Stores the states that have changed, in the way given or, for nil, in that which writes the fewest
    /// pages.
    func put(
        _ changed: ChangedStates, as flush: StateFlush?,
        in transaction: borrowing WriteTransaction
    ) throws {
        let states = try transaction.size(of: tables.states)
        let known = changed.partners.prefix { $0 < states.entries }
        let newest = try newestLayer(in: transaction)
        let cheapest = StateFlush.cheapest(
            changed: known.count, of: states.entries, pages: states.pages,
            layerPages: try transaction.size(of: tables.stateLayers).pages, newestLayer: newest)
        let rows = changed.rows.span
        switch flush ?? cheapest {
        case .inPlace:
            for place in known.indices {
                let (table, key) = try self.place(of: known[place], upTo: newest, in: transaction)
                try transaction.put(table, key, rows.extracting(changed.range(place)))
            }
        case .layer where newest < Self.layersMax:
            for place in known.indices {
                let key = Key.state(layer: newest + 1, known[place])
                try transaction.append(
                    tables.stateLayers, key, rows.extracting(changed.range(place)))
            }
        case .layer, .merge:
            try merge(changed, among: states.entries, in: transaction)
        }
        for place in known.endIndex..<changed.partners.endIndex {
            let key = Key.number(changed.partners[place])
            try transaction.append(tables.states, key, rows.extracting(changed.range(place)))
        }
    }

    /// Puts rows that have changed, and those of all layers, into `states`.
    private func merge(
        _ changed: ChangedStates, among partners: Int,
        in transaction: borrowing WriteTransaction
    ) throws {
        let layers = try newestLayers(partners: partners, in: transaction)
        let rows = changed.rows.span
        var place = 0
        for partner in 0..<PartnerNumber(partners) {
            let key = Key.number(partner)
            if place < changed.partners.count, changed.partners[place] == partner {
                try transaction.put(tables.states, key, rows.extracting(changed.range(place)))
                place += 1
            } else if layers[Int(partner)] > 0 {
                // What a transaction reads is good until it writes.
                let stored = try transaction.value(
                    tables.stateLayers, Key.state(layer: layers[Int(partner)], partner)
                ) { [UInt8](copying: $0) }
                if let stored { try transaction.put(tables.states, key, stored.span) }
            }
        }
        try transaction.removeAll(tables.stateLayers)
    }
}
