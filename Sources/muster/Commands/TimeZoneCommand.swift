import ArgumentParser
import Core
import Engine
import Store
import Wire

struct TimeZoneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "timezone",
        abstract: "Show the time zone's offset changes, or read its rules anew.",
        discussion: """
            The rules are in the log since init, so that a replay elsewhere gives the same answers. \
            --refresh reads those of the system's tz database and records them, in force from now: \
            local days that are over stay what they were. Whom that moves into or out of a segment \
            sets off no automation. Without --since the list begins with the offset in force now, and as \
            text shows the next changes alone; with it, with the first change from there on.

              muster timezone --limit 3
              muster timezone --refresh
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var wait: WaitOptions
    @OptionGroup var format: FormatOptions
    @OptionGroup var list: ListOptions

    @Flag(help: "Take over the rules of the system's tz database, from now on.")
    var refresh = false

    private static let rowsShown = 4

    func run() throws {
        try Failure.translating {
            if refresh { return try takeOver() }
            let store = try store.open(isReadOnly: true)
            try show(store.zone, now: store.now())
        }
    }

    private func takeOver() throws {
        let writer = try Writer(store.open(isReadOnly: false), ingests: false)
        let newer = try ZoneFiles.rules(writer.store.program.zone.name)
        try writer.begin(waitSeconds: wait.seconds)
        let before = writer.engine.zone
        guard try writer.refreshTimeZone(newer) else {
            writer.abandon()
            return Output.error("nothing to change: the rules of \(before.name) are up to date")
        }
        let commit = try writer.commit(flushingState: true)
        let now = writer.engine.now
        Output.error(
            "new rules of \(before.name) are in force"
                + (now == .unset ? "" : " from \(timestampText(now)) on") + ", record "
                + "\(commit.sequence)")
        for line in Self.differences(before, writer.engine.zone) { Output.error(line) }
    }

    /// What one set of rules has and the other has not, a line each, the first few.
    private static func differences(_ before: ZoneRules, _ after: ZoneRules) -> [String] {
        func lines(
            _ changes: [ZoneRules.Change], without others: [ZoneRules.Change], _ word: String
        ) -> [(at: Int64, line: String)] {
            let others = Set(others)
            return changes.filter { !others.contains($0) }.map { change in
                let at = timestampText(Instant(microseconds: change.at * .second))
                return (change.at, "\(word): \(at) to \(offsetText(change.offset))")
            }
        }
        let gone = lines(before.changes, without: after.changes, "gone")
        let added = lines(after.changes, without: before.changes, "new")
        let all = (gone + added).sorted { ($0.at, $0.line) < ($1.at, $1.line) }
        let rest = all.count - 10
        return all.prefix(10).map(\.line) + (rest > 0 ? ["and \(rest) more"] : [])
    }

    /// Prints the changes from `--since` on, or the offset in force now and the changes after it.
    private func show(_ zone: ZoneRules, now: Instant?) throws {
        var rows = Rows(["timezone", "at", "offset"], format.format)
        let interval = list.interval(zone)
        let changes = zone.changes.map { (Instant(microseconds: $0.at * .second), $0.offset) }
        let isShort = list.since == nil && list.until == nil && format.format == .text
        let limit = list.limit ?? (isShort ? Self.rowsShown : .max)
        var shown: [(at: Instant?, offset: Int32)] = []
        if interval.since == nil {
            let past = changes.last { $0.0 <= now ?? .unset }
            shown.append((past?.0, past?.1 ?? zone.initialOffset))
        }
        for (at, offset) in changes
        where interval.includes(at) && (interval.since != nil || at > now ?? .unset) {
            shown.append((at, offset))
        }
        for row in shown.prefix(limit) {
            try rows.append([
                Cell(zone.name), row.at.map { .instant($0) } ?? .null, Cell(offsetText(row.offset)),
            ])
        }
        try rows.finish()
        let rest = shown.count - Self.rowsShown
        if list.limit == nil, isShort, rest > 0 {
            Output.error("and \(rest) more: see them with --limit \(shown.count) or --since DATE")
        }
    }
}

/// An offset from UTC as `+05:45`, with seconds only where there are some.
private func offsetText(_ offset: Int32) -> String {
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let size = abs(offset)
    let seconds = size % 60 == 0 ? "" : ":\(two(size % 60))"
    return "\(offset < 0 ? "-" : "+")\(two(size / 3600)):\(two(size / 60 % 60))\(seconds)"
}
