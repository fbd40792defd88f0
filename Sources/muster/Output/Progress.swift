import Glibc

/// A progress bar with rate and time left, on a terminal alone (SPEC 7).
struct Progress {
    private let total: Int
    private let started = WallClock.monotonicSeconds
    private var lastShown = 0.0
    private static let width = 30
    private static let interval = 0.2

    /// - Parameter total: What is to be done in all, in bytes or records; nil shows nothing.
    init?(total: Int?) {
        guard let total, total > 0, Output.isErrorTerminal else { return nil }
        self.total = total
    }

    /// Shows how far things are, a few times a second at most.
    ///
    /// - Parameters:
    ///   - done: How much of the total is done.
    ///   - events: How many events that was, for the rate.
    mutating func show(done: Int, events: Int) {
        let now = WallClock.monotonicSeconds
        guard now - lastShown >= Self.interval else { return }
        lastShown = now
        let seconds = max(now - started, 0.001)
        let share = min(Double(done) / Double(total), 1)
        let filled = Int(share * Double(Self.width))
        let bar =
            String(repeating: "#", count: filled)
            + String(repeating: ".", count: Self.width - filled)
        let rate = Int(Double(events) / seconds)
        let left = share > 0 ? Int(seconds / share - seconds) : 0
        print("\r[\(bar)] \(Int(share * 100)) %  \(rate) events/s  \(left) s left  ")
    }

    /// Clears the line.
    func finish() {
        print("\r\u{1b}[K")
    }

    private func print(_ text: String) {
        _ = Files.write(Array(text.utf8), to: 2)
    }
}
