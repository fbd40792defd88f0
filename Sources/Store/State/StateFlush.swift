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
