/// What the process ends with (SPEC 7).
enum ExitStatus: Int32, CaseIterable {
    case done = 0
    case no = 1
    case usage = 64
    case dataError = 65
    case noInput = 66
    case cannotCreate = 73
    case ioError = 74
    case busy = 75

    var meaning: String {
        switch self {
        case .done: "done"
        case .no: "the answer is no: no such segment or partner, no such instant, audit diverged"
        case .usage: "the command line is wrong"
        case .dataError: "some input was rejected, or a definition is wrong"
        case .noInput: "no such store or file"
        case .cannotCreate: "could not create the store or a file"
        case .ioError: "could not read or write"
        case .busy: "another writer holds the store"
        }
    }

    /// All statuses, a line each.
    static var table: String {
        allCases.map { status in
            let number = String(status.rawValue)
            return String(repeating: " ", count: 4 - number.count) + number + "  "
                + status.meaning
        }.joined(separator: "\n")
    }
}
