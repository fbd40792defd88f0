import Store

/// `--emit sends`: each send is printed once it is durable, behind a cursor that the store keeps (SPEC 7).
extension IngestLoop {
    /// Prints the sends behind the cursor that are to be mailed.
    mutating func emitSends(always: Bool) throws {
        guard options.emitsSends, always || writer.sendCount > emitted else { return }
        var rows = SendRows(.ndjson, needsReader: true)
        var filter = DecisionFilter()
        filter.status = .pending
        emitted = try writer.store.eachSend(filter, from: emitted) { send in
            try rows.append(send)
            return true
        }
        try rows.finish()
        writer.noteEmitted(upTo: emitted)
    }
}
