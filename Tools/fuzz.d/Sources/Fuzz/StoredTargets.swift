import Core
@testable import Store
import Wire

// What is read back from a store or an export: damage can have made anything of it.

func records(_ input: Span<UInt8>) {
    var reader = ByteReader()
    guard let header = try? RecordCoding.header(input, &reader) else { return }
    var own = reader
    _ = try? RecordCoding.event(input, header, sequence: 1_000, &own)
    own = reader
    _ = try? RecordCoding.derived(input, header, sequence: 1_000, &own)
    own = reader
    _ = try? RecordCoding.changes(input, &own)
    own = reader
    _ = try? RecordCoding.restoredSends(input, &own)
    own = reader
    _ = try? ProgramRecord(input, &own)
}

func states(_ input: Span<UInt8>) {
    _ = try? PartnerStateCoding.read(input)
    _ = try? PartnerStateCoding.lastSequence(input)
}

func rows(_ input: Span<UInt8>) {
    _ = try? StoredSend(input)
    _ = try? DecisionCoding.run(input)
    _ = try? DecisionCoding.halt(input)
    _ = try? Head(input)
    _ = try? StateMark(input)
    _ = try? Delivery(input)
}

func export(_ input: Span<UInt8>) {
    _ = try? ExportedRecord(input)
}
