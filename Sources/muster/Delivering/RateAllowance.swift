/// How many mails may go out now, at so many a second; what a second has spared is not kept longer.
struct RateAllowance {
    private let perSecond: Int?
    private var tokens: Double
    private var filledAt = WallClock.monotonicSeconds

    init(perSecond: Int?) {
        self.perSecond = perSecond
        tokens = 1
    }

    var available: Int {
        mutating get {
            guard let perSecond else { return .max }
            let now = WallClock.monotonicSeconds
            tokens = min(Double(perSecond), tokens + (now - filledAt) * Double(perSecond))
            filledAt = now
            return Int(tokens)
        }
    }

    mutating func take() {
        if perSecond != nil { tokens -= 1 }
    }
}
