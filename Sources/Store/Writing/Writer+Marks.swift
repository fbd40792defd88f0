public import Core
import Engine
import Wire

/// Records that change neither facts nor definitions: rules of the time zone, and restore marks.
extension Writer {
    /// Takes in new rules of the program's time zone, in force from `now`.
    ///
    /// Nothing may have been taken in since `begin`, as what needs the log's past reads it from the
    /// store.
    ///
    /// - Returns: Whether they differ from those in force; else nothing was done.
    public func refreshTimeZone(_ newer: ZoneRules) throws -> Bool {
        let zone = engine.zone.continued(by: newer, from: engine.now)
        guard zone != engine.zone else { return false }
        try takeTimeZone(zone)
        return true
    }

    func takeTimeZone(_ zone: ZoneRules) throws {
        invariant(
            pending.isEmpty && storing == nil, "the past of a zone record is read from the store")
        try engine.takeTimeZone(zone, fetching: storedState, filling: fillFromStore)
        pending.marks.append((engine.sequence, .timezone))
        pending.absorb(&engine, &hash, &ids, inputFingerprint: 0) { record, bytes in
            RecordCoding.appendTimeZone(record, zone, to: &bytes)
        }
    }

    /// Takes in a restore mark: from here on the store goes its own way (SPEC 8, promise 6).
    ///
    /// - Returns: The mark's sequence.
    public func markRestored() -> EventSequence {
        markRestored(sends: engine.sendCount)
    }

    func markRestored(sends: UInt64) -> EventSequence {
        engine.noteRestore()
        pending.marks.append((engine.sequence, .restore))
        pending.absorb(&engine, &hash, &ids, inputFingerprint: 0) { record, bytes in
            RecordCoding.appendRestore(record, sends: sends, to: &bytes)
        }
        return engine.sequence
    }
}
