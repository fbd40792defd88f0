import Core
import Wire

/// What reading one line gave, with texts instead of ranges.
enum Reading: Equatable {
    case blank
    case event(id: String, partner: String, time: Instant, content: [UInt8])
    case rejected(Reject)

    var content: [UInt8]? {
        if case .event(_, _, _, let content) = self { return content }
        return nil
    }

    /// The code, and the field after a colon: `bad_field:amount`.
    var fault: String {
        switch self {
        case .blank: "blank"
        case .event: "accepted"
        case .rejected(let reject):
            reject.field.map { "\(reject.code.rawValue):\($0)" } ?? reject.code.rawValue
        }
    }

    var message: String {
        if case .rejected(let reject) = self { return reject.message }
        return ""
    }
}

let wallTime = Instant(microseconds: 1_800_000_000_000_000)

func read(
    _ line: [UInt8],
    _ envelope: Envelope = .plain,
    carefully: Bool = false
) -> Reading {
    let reader = EventReader(envelope: envelope, currency: "USD")
    var buffer: [UInt8] = [1, 2, 3]
    let outcome =
        carefully
        ? reader.readCarefully(line.span, number: 17, wallTime: wallTime, into: &buffer)
        : reader.read(line.span, number: 17, wallTime: wallTime, into: &buffer)
    switch outcome {
    case .blank: return .blank
    case .rejected(let reject):
        precondition(buffer == [1, 2, 3], "a rejected line leaves the buffer alone")
        return .rejected(reject)
    case .event(let event):
        precondition(event.id.lowerBound == 3 && event.content.upperBound == buffer.count)
        return .event(
            id: String(decoding: buffer[event.id], as: UTF8.self),
            partner: String(decoding: buffer[event.partner], as: UTF8.self),
            time: event.time,
            content: Array(buffer[event.content])
        )
    }
}

func read(_ line: String, _ envelope: Envelope = .plain) -> Reading {
    read(Array(line.utf8), envelope)
}

/// A line of a type with the given further members, written as JSON.
func line(_ type: String, _ members: String = "") -> String {
    let rest = members.isEmpty ? "" : ",\(members)"
    return
        #"{"id":"e1","type":"\#(type)","partner":"p1","time":"2026-03-01T15:00:00Z"\#(rest)}"#
}
