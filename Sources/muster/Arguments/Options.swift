import ArgumentParser
import Core
import Glibc
import Store
import Wire

/// Which store a command works on.
struct StoreOptions: ParsableArguments {
    @Option(help: "The store's directory (default: MUSTER_STORE, else ./muster-store).")
    var store: String?

    var directory: String {
        if let store { return store }
        let given = getenv("MUSTER_STORE").map { String(cString: $0) } ?? ""
        return given.isEmpty ? "./muster-store" : given
    }

    func open(isReadOnly: Bool, comparesChecksums: Bool = true) throws -> Store {
        try Store.open(
            directory: directory, isReadOnly: isReadOnly, comparesChecksums: comparesChecksums)
    }
}

/// How long a command waits for the right to write.
struct WaitOptions: ParsableArguments {
    @Option(
        name: .customLong("wait"),
        help: "How long to wait for another writer to hand over, such as 10s or 2m. (default: 10s)",
        transform: DurationArgument.init(_:))
    var duration = DurationArgument(seconds: 10)

    var seconds: Int { duration.seconds }
}

/// A duration as SPEC 10 writes them: `90s`, `15m`, `24h`, `7d`; only 0 goes without a unit.
struct DurationArgument {
    /// What a text that is none should have been.
    struct Unreadable: Error, CustomStringConvertible {
        let description = "write a whole number and its unit, such as 90s, 15m, 24h or 7d"
    }

    var seconds: Int

    init(seconds: Int) {
        self.seconds = seconds
    }

    init(_ argument: String) throws {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        if argument == "0" {
            seconds = 0
            return
        }
        guard let unit = argument.last.flatMap({ units[$0] }),
            argument.dropLast().allSatisfy(\.isNumber),
            let count = Int(argument.dropLast()), (0...1_000_000).contains(count)
        else { throw Unreadable() }
        seconds = count * unit
    }
}

/// How a command writes its results.
struct FormatOptions: ParsableArguments {
    @Option(help: "text (a table on a terminal, plain rows in a pipe), ndjson or csv.")
    var format: Format = .text
}

/// Which part of a list is wanted.
struct ListOptions: ParsableArguments {
    @Option(help: "At most so many rows.")
    var limit: Int?

    @Option(
        help: "From this instant or date on.",
        transform: MomentArgument.init(_:))
    var since: MomentArgument?

    @Option(
        help: "Before this instant or date.",
        transform: MomentArgument.init(_:))
    var until: MomentArgument?

    func validate() throws {
        if let limit, limit < 0 { throw ValidationError("--limit must not be negative.") }
    }

    /// The instants from `since` until `until`.
    func interval(_ zone: ZoneRules) -> Interval {
        Interval(since: since?.instant(zone), until: until?.instant(zone))
    }

    struct Interval {
        var since: Instant?
        var until: Instant?

        func includes(_ instant: Instant) -> Bool {
            if let since, instant < since { return false }
            if let until, instant >= until { return false }
            return true
        }
    }
}

/// From where the past is looked at (SPEC 6).
struct ViewpointOptions: ParsableArguments {
    @Option(
        help: "A past instant, or a date for its first instant.",
        transform: MomentArgument.init(_:))
    var at: MomentArgument?

    @Option(
        help: ArgumentHelp(
            "With late events in their place, as far as they were known at this instant, and under the "
                + "definitions in force then."), transform: KnownAt.init(_:))
    var knownAt: KnownAt?

    @Flag(help: "With late events in their place, as far as they are known now: --known-at now.")
    var corrected = false

    func validate() throws {
        if knownAt != nil, corrected {
            throw ValidationError("Give --known-at or --corrected, not both.")
        }
    }

    func viewpoint(_ zone: ZoneRules) -> Viewpoint {
        Viewpoint(at: at?.instant(zone), hindsight: hindsight(zone))
    }

    /// Nil for what the engine knew at the time.
    func hindsight(_ zone: ZoneRules) -> Viewpoint.Hindsight? {
        switch knownAt {
        case nil: corrected ? .now : nil
        case .now: .now
        case .moment(let moment): .instant(moment.instant(zone))
        }
    }
}

/// Until when late events are known: an instant, a date, or `now` (SPEC 6).
enum KnownAt {
    case now
    case moment(MomentArgument)

    init(_ argument: String) throws {
        self = argument == "now" ? .now : .moment(try MomentArgument(argument))
    }
}

/// An instant, or a date that stands for its first instant (SPEC 6).
struct MomentArgument {
    /// What a text that is none should have been.
    struct Unreadable: Error, CustomStringConvertible {
        let description =
            "write an instant from 1970 on with its offset, such as 2026-03-01T12:00:00Z or "
            + "2026-03-01T12:00:00-05:00, or a date from 1970 on, such as 2026-03-01"
    }

    private enum Form {
        case instant(Instant)
        case date(Day)
    }

    private let form: Form

    init(_ argument: String) throws {
        let bytes = Array(argument.utf8)
        if let day = try? parseDate(bytes.span), day.number >= 0 {
            form = .date(day)
        } else if let instant = try? parseTimestamp(bytes.span) {
            form = .instant(instant)
        } else {
            throw Unreadable()
        }
    }

    func instant(_ zone: ZoneRules) -> Instant {
        switch form {
        case .instant(let instant): instant
        case .date(let day): zone.start(of: day)
        }
    }
}
