/// What of an input was not taken in because the user stopped it.
enum LeftUnread {
    /// What follows a line, or some message; it can be fed again.
    case rest(of: String, after: Int?)
    /// A line whose end had not come yet.
    case halfLine(number: Int, of: String)
    /// A message whose end had not come yet.
    case halfMessage(number: Int, of: String)
    /// An input that was not opened.
    case all(of: String)

    /// Whether the input was to be read to its end; a pipe was read as far as it came.
    var isCutShort: Bool {
        switch self {
        case .halfLine, .halfMessage: false
        case .rest, .all: true
        }
    }

    /// What to tell the user.
    var message: String {
        switch self {
        case .rest(let name, nil):
            "interrupted in \(name): what follows was not taken in; feed it again"
        case .rest(let name, let line?):
            "interrupted at line \(line) of \(name): what follows was not taken in; feed it again"
        case .halfLine(let number, let name):
            "interrupted in the middle of line \(number) of \(name), which was not taken in; feed it "
                + "again"
        case .halfMessage(let number, let name):
            "interrupted in message \(number) of \(name), whose end had not come: it was not taken "
                + "in; feed it again"
        case .all(let name): "\(name) was not read; feed it again"
        }
    }
}

extension IngestLoop {
    /// Notes what an interrupt leaves of a source of lines.
    mutating func noteInterruption(of source: LineSource) {
        guard Interruption.isRequested, !isStopped, source.hasMore || !ahead.isEmpty else { return }
        interruptions.append(
            source.holdsHalfLine
                ? .halfLine(number: lineNumber + 1, of: source.name)
                : .rest(of: source.name, after: lineNumber))
    }

    /// Notes what an interrupt leaves of a mailbox.
    mutating func noteInterruption(of source: MailSource) {
        guard Interruption.isRequested, !isStopped else { return }
        if source.hasMore || !source.isPipe && source.begunNumber != nil {
            interruptions.append(.rest(of: source.name, after: nil))
        } else if let number = source.begunNumber {
            interruptions.append(.halfMessage(number: number, of: source.name))
        }
    }
}
