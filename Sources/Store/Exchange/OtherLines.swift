import Wire

/// What else than an export somebody may give to `import`.
enum OtherLines {
    case log, events

    /// Recognizes a line by its members; nil where it may be an export's.
    init?(_ line: JSONNode) {
        func has(_ keys: String...) -> Bool { keys.allSatisfy { line.member($0) != nil } }
        guard !has("record") else { return nil }
        if has("seq", "kind", "bytes") || has("block", "hash") {
            self = .log
        } else if has("id", "type") || has("messageId", "type") {
            self = .events
        } else {
            return nil
        }
    }

    /// What it is, and what would be right.
    var error: ImportError {
        switch self {
        case .log:
            ImportError(
                "this is the log as export --log prints it for an auditor, with records of the "
                    + "engine's own",
                fix: "export without --log, and import that")
        case .events:
            ImportError(
                "this is an event as ingest takes it, not a line of an export",
                fix: "make a store with muster init and muster apply, and feed the events with "
                    + "muster ingest")
        }
    }
}
