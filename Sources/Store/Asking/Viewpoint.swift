public import Core
import Engine

/// From where the past is looked at (SPEC 6).
public struct Viewpoint: Sendable {
    /// The instant asked about; nil is the engine clock, or in hindsight the instant up to which
    /// records count.
    public var at: Instant?
    /// Nil for what the engine knew at that instant; else late events stand in their place.
    public var hindsight: Hindsight?

    /// Up to where records count in hindsight.
    public enum Hindsight: Sendable {
        /// `--corrected`: up to the engine clock.
        case now
        /// `--known-at`: up to this engine time.
        case instant(Instant)
    }

    /// Makes a viewpoint.
    public init(at: Instant? = nil, hindsight: Hindsight? = nil) {
        self.at = at
        self.hindsight = hindsight
    }

    /// Checks the viewpoint against the log's head.
    ///
    /// - Throws: ``QuestionError`` where an instant lies ahead, or records stop before the instant.
    func resolved(_ head: Head) throws(QuestionError) -> ResolvedViewpoint {
        guard head.now != .unset else { throw .afterNow(now: nil) }
        var later: Instant?
        switch hindsight {
        case nil: break
        case .now: later = head.now
        case .instant(let instant): later = instant
        }
        let instant = at ?? later ?? head.now
        guard max(instant, later ?? instant) <= head.now else { throw .afterNow(now: head.now) }
        if let later, later < instant { throw .knownBefore(instant) }
        return ResolvedViewpoint(instant: instant, later: later)
    }
}

/// A viewpoint with its instants found.
struct ResolvedViewpoint {
    /// The instant asked about.
    var instant: Instant
    /// Up to where records count, in hindsight alone.
    var later: Instant?

    /// When the definitions that answer were in force.
    var rules: LogPlace { .time(later ?? instant) }

    /// What of a partner's history counts.
    func part(of history: PartnerHistory) -> PartnerHistory {
        later.map { history.corrected(at: instant, knownAt: $0) } ?? history.known(at: instant)
    }

    /// When a partner is first known, looked at in this way; nil where nothing ever happened to it.
    ///
    /// In hindsight that is the time of its earliest event, once one is known, and else when it became
    /// known.
    func first(of history: PartnerHistory) -> Instant? {
        let known = later.map { later in history.events.filter { $0.engineTime <= later } } ?? []
        return known.map(\.place).min() ?? history.events.first?.engineTime
    }
}
