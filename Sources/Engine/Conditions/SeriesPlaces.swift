/// Where the series of one partner are among its points: many leaves ask for different windows of one measure.
struct SeriesPlaces {
    /// The evaluation at hand, from 1; what was found in others is of no use.
    private var generation: UInt64 = 1
    /// By slot.
    private var found: [(generation: UInt64, place: Activity.SeriesPlace)]

    /// Makes one in which nothing was found.
    init(slots: Int) {
        found = Array(repeating: (0, .short(0..<0)), count: slots)
    }

    /// Forgets what was found: the partner's facts, or the partner, are others now.
    mutating func forgetAll() { generation += 1 }

    /// The place of a slot's points, looked up once an evaluation.
    mutating func place(of slot: Int, in activity: borrowing Activity) -> Activity.SeriesPlace {
        if found[slot].generation != generation {
            found[slot] = (generation, activity.place(of: slot))
        }
        return found[slot].place
    }
}
