import Core

/// A place in the log.
enum LogPlace {
    /// After all records and boundaries with engine time up to this instant.
    case time(Instant)
    /// After this record.
    case sequence(EventSequence)

    func includes(_ time: Instant, _ sequence: EventSequence) -> Bool {
        switch self {
        case .time(let last): time <= last
        case .sequence(let last): sequence <= last
        }
    }
}
