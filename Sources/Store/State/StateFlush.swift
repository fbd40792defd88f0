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
        let states = try transaction.size(of: tables.states)
        let known = changed.prefix { $0 < states.entries }
        let newest = try newestLayer(in: transaction)
        let cheapest = StateFlush.cheapest(
            changed: known.count, of: states.entries, pages: states.pages,
            layerPages: try transaction.size(of: tables.stateLayers).pages, newestLayer: newest)
        var bytes: [UInt8] = []
        /// The row of the changed partner at a place; the next one takes its room.
        func row(_ place: Int) -> [UInt8] {
            engine.prefetch(behind: place, of: changed.count) { changed[$0] }
            bytes.removeAll(keepingCapacity: true)
            engine.withState(of: changed[place]) { PartnerStateCoding.append($0, to: &bytes) }
            return bytes
        }
        switch flush ?? cheapest {
        case .inPlace:
            for place in known.indices {
                let (table, key) = try self.place(of: known[place], upTo: newest, in: transaction)
                try transaction.put(table, key, row(place).span)
            }
        case .layer where newest < Self.layersMax:
            for place in known.indices {
                let key = Key.state(layer: newest + 1, known[place])
                try transaction.append(tables.stateLayers, key, row(place).span)
            }
        case .layer, .merge:
            try merge(known, among: states.entries, in: transaction, row)
        }
        for place in known.endIndex..<changed.endIndex {
            try transaction.append(tables.states, Key.number(changed[place]), row(place).span)
        }
    }

    /// Puts rows that have changed, and those of all layers, into `states`.
    private func merge(
        _ changed: ArraySlice<PartnerNumber>, among partners: Int,
        in transaction: borrowing WriteTransaction, _ row: (Int) -> [UInt8]
    ) throws {
        let layers = try newestLayers(partners: partners, in: transaction)
        var place = changed.startIndex
        for partner in 0..<PartnerNumber(partners) {
            let key = Key.number(partner)
            if place < changed.endIndex, changed[place] == partner {
                try transaction.put(tables.states, key, row(place).span)
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
