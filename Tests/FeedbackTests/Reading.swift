import Core
import Feedback
import Wire

/// The send that the tests' store decided, and one that it did not.
let knownSend = "snd_0123456789abcdefghjkmnpqrs"
let unknownSend = "snd_zzzzzzzzzzzzzzzzzzzzzzzzzz"

func lookUp(_ send: [UInt8]) -> SendOwner? {
    guard send == Array(knownSend.utf8) else { return nil }
    return SendOwner(partner: Array("p1".utf8), source: Array("celebrate".utf8))
}

extension Notice {
    /// The event line, the field or code of the fault, or `skipped`.
    var words: String {
        switch self {
        case .event(let line): String(decoding: line, as: UTF8.self)
        case .skipped: "skipped"
        case .rejected(let fault):
            fault.field.map { "\(fault.code.rawValue):\($0)" } ?? fault.code.rawValue
        }
    }
}

/// What a line of a provider says, in words.
func read(_ provider: Provider, _ line: String) throws -> [String] {
    let bytes = Array(line.utf8)
    return try ProviderReader(provider).read(bytes.span, lookUp)?.map(\.notice.words) ?? []
}

/// What a message says, in words; lines may end in LF alone.
func read(mail text: String) throws -> [String] {
    try MailReport.read(Array(text.utf8), lookUp).map(\.words)
}

/// Whether a line is an event that `ingest` would take.
func isAccepted(_ line: String) -> Bool {
    let reader = EventReader(envelope: .plain, currency: "USD")
    var buffer: [UInt8] = []
    let bytes = Array(line.utf8)
    let wallTime = Instant(microseconds: 1_800_000_000_000_000)
    let outcome = reader.read(bytes.span, number: 1, wallTime: wallTime, into: &buffer)
    if case .event = outcome { return true }
    return false
}
