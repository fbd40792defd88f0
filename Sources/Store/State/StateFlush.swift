import Core
import Engine
import LMDB
import Wire

/// How a flush stores the states that have changed since the one before.
///
/// LMDB writes whole pages. Rows of partners who are spread over a large table cost a page each, however
/// short they are; appended behind each other they cost their bytes, until all layers are merged into
/// `states` again, which costs all of its pages once (a log-structured merge: O'Neil et al., 1996).
/// Partners who are new stand behind all others and are appended to `states` in any case.
public enum StateFlush: Sendable, CaseIterable {
    /// Each row where the partner's newest one is.
    case inPlace
    /// All rows as a new layer.
    case layer
    /// All rows, and those of all layers, in `states`; no layer is left.
    case merge

    /// What writes the fewest pages, the share of the next merge included.
    ///
    /// - Parameters:
    ///   - changed: How many states are to be stored that were stored before.
    ///   - stored: How many were.
    ///   - pages: How many pages `states` has.
    ///   - layerPages: How many `state_layers` has.
    ///   - newestLayer: The number of layers.
    /// - Returns: The way.
    package static func cheapest(
        changed: Int, of stored: Int, pages: Int, layerPages: Int, newestLayer: UInt32
    ) -> StateFlush {
        guard changed > 0 else { return .inPlace }
        let spread = min(changed, pages)
        let appended = changed * pages / stored
        if spread <= appended + pages / Int(StoredStates.layersMax) { return .inPlace }
        let isFull = newestLayer == StoredStates.layersMax || layerPages + appended > pages
        return isFull ? .merge : .layer
    }
}

extension StoredStates {
    /// Stores the states that have changed, in the way given or, for nil, in that which writes the fewest
    /// pages.
    func putChanged(
        of engine: inout Engine, as flush: StateFlush?,
        in transaction: borrowing WriteTransaction
    ) throws {
        let changed = engine.changedPartners.list.sorted()
        let states = transaction.size(of: tables.states)
        let knownCount = changed.firstIndex { $0 >= states.entries } ?? changed.count
        let newest = try newestLayer(in: transaction)
        var bytes: [UInt8] = []
        func encode(_ place: Int) {
            engine.prefetch(behind: place, of: changed.count) { changed[$0] }
            bytes.removeAll(keepingCapacity: true)
            engine.withState(of: changed[place]) { PartnerStateCoding.append($0, to: &bytes) }
        }
        let cheapest = StateFlush.cheapest(
            changed: knownCount, of: states.entries, pages: states.pages,
            layerPages: transaction.size(of: tables.stateLayers).pages, newestLayer: newest)
        switch flush ?? cheapest {
        case .layer where newest < Self.layersMax:
            for place in 0..<knownCount {
                encode(place)
                try transaction.append(
                    tables.stateLayers, Key.state(layer: newest + 1, changed[place]), bytes.span)
            }
        case .inPlace where newest == 0:
            for place in 0..<knownCount {
                encode(place)
                try transaction.put(tables.states, Key.number(changed[place]), bytes.span)
            }
        case .inPlace:
            for place in 0..<knownCount {
                encode(place)
                let (table, key) = try self.place(of: changed[place], in: transaction)
                try transaction.put(table, key, bytes.span)
            }
        case .merge, .layer:
            let layerOf = try newestLayers(partners: states.entries, in: transaction)
            var place = 0
            for partner in 0..<PartnerNumber(states.entries) {
                if place < knownCount, changed[place] == partner {
                    encode(place)
                    place += 1
                } else if layerOf[Int(partner)] > 0 {
                    let key = Key.state(layer: layerOf[Int(partner)], partner)
                    try transaction.value(tables.stateLayers, key) { row in
                        bytes.removeAll(keepingCapacity: true)
                        bytes.append(bytes: row)
                    }
                } else {
                    continue
                }
                try transaction.put(tables.states, Key.number(partner), bytes.span)
            }
            try transaction.removeAll(tables.stateLayers)
        }
        for place in knownCount..<changed.count {
            encode(place)
            try transaction.append(tables.states, Key.number(changed[place]), bytes.span)
        }
    }
}
