import Core

/// How lines of input wrap events (SPEC 2, 2.2).
public enum Envelope: String, CaseIterable, Sendable {
    case plain
    case cloudEvents = "cloudevents"
    case segment
}

/// How much a line may hold.
public struct LineLimits: Sendable {
    /// Bytes without the line's end.
    public var bytes: Int
    /// Levels of arrays and objects; the outermost is level 1.
    public var depth: Int

    /// Makes limits.
    public init(bytes: Int, depth: Int) {
        self.bytes = bytes
        self.depth = depth
    }

    /// Those of input (SPEC 2.1).
    public static let input = LineLimits(bytes: lineBytesMax, depth: 32)
}

/// A valid event, encoded into a buffer that the reader was given.
///
/// Two events with the same id have the same content (SPEC 2.1) exactly when partner, time and
/// content are equal.
public struct EncodedEvent: Sendable, Equatable {
    /// Where the id lies in the buffer.
    public var id: Range<Int>
    /// Where the partner's id lies in the buffer.
    public var partner: Range<Int>
    /// When it happened.
    public var time: Instant
    /// Where type and fields lie in the buffer, in the layout of ``decodeEvent(content:time:texts:)``.
    public var content: Range<Int>

    /// Makes an encoded event of its parts.
    public init(id: Range<Int>, partner: Range<Int>, time: Instant, content: Range<Int>) {
        self.id = id
        self.partner = partner
        self.time = time
        self.content = content
    }
}

/// What became of a line.
public enum LineOutcome: Sendable, Equatable {
    /// Only blanks: to be skipped.
    case blank
    case event(EncodedEvent)
    case rejected(Reject)
}

/// Reads lines of input as events (SPEC 2): checks them and encodes them canonically.
///
/// Lines go through a quick scanner first, and those that it gives up on through the JSON parser.
/// Both end in the same fields, which one piece of code checks, so that how a line is written never
/// changes what it means.
public struct EventReader: Sendable {
    /// How far ahead of the wall clock an event may be, in microseconds (SPEC 2.1).
    public static let aheadMax: Int64 = 5 * .minute

    /// How lines wrap events.
    public let envelope: Envelope
    /// The program's currency.
    public let currency: Name

    /// What the id's field is called in the lines.
    public var idLabel: String {
        let labels = envelope == .segment ? FieldLabels.segment(amount: "", name: "") : .plain
        return labels.label(.id)
    }

    private let limits: LineLimits
    private let scanner = LineScanner()
    private let encoder: FieldEncoder

    /// Makes a reader for a program.
    ///
    /// - Parameters:
    ///   - envelope: How lines wrap events.
    ///   - currency: The program's currency.
    ///   - allowsOwnIDs: Whether ids may begin with `muster:`, as those of the engine's own events do.
    ///   - limits: How much a line may hold.
    public init(
        envelope: Envelope, currency: Name, allowsOwnIDs: Bool = false,
        limits: LineLimits = .input
    ) {
        self.envelope = envelope
        self.currency = currency
        self.limits = limits
        encoder = FieldEncoder(currency: currency, allowsOwnIDs: allowsOwnIDs)
    }

    /// Reads one line.
    ///
    /// - Parameters:
    ///   - line: The line without its line feed; a carriage return at its end is a blank.
    ///   - number: The line's number, for the reject.
    ///   - wallTime: The wall clock's time, for `future_time`.
    ///   - buffer: Takes the id, the partner's id and the content of a valid event at its end;
    ///     otherwise left as it is.
    /// - Returns: Where the event lies in the buffer, or why there is none.
    public func read(
        _ line: Span<UInt8>,
        number: Int,
        wallTime: Instant,
        into buffer: inout [UInt8]
    ) -> LineOutcome {
        let size = buffer.count
        do throws(Fault) {
            guard let event = try scan(line, wallTime, &buffer) else { return .blank }
            return .event(event)
        } catch {
            buffer.removeLast(buffer.count - size)
            return .rejected(Reject(line: number, fault: error, text: line))
        }
    }

    /// Reads one line through the JSON parser only: slower, and always the same outcome as
    /// ``read(_:number:wallTime:into:)``, which tests hold it to.
    public func readCarefully(
        _ line: Span<UInt8>,
        number: Int,
        wallTime: Instant,
        into buffer: inout [UInt8]
    ) -> LineOutcome {
        let size = buffer.count
        do throws(Fault) {
            guard try begin(of: line) < line.count else { return .blank }
            return .event(try parse(line, wallTime, &buffer))
        } catch {
            buffer.removeLast(buffer.count - size)
            return .rejected(Reject(line: number, fault: error, text: line))
        }
    }

    /// The first byte that is no blank, or the line's end.
    private func begin(of line: Span<UInt8>) throws(Fault) -> Int {
        let endsInReturn = !line.isEmpty && line[line.count - 1] == 0x0d
        let length = endsInReturn ? line.count - 1 : line.count
        guard length <= limits.bytes else {
            throw Fault(
                code: .tooLong,
                message: "the line has more than \(limits.bytes) bytes: shorten it"
            )
        }
        var offset = 0
        while offset < line.count, isJSONBlank(line[offset]) { offset += 1 }
        return offset
    }

    private func scan(
        _ line: Span<UInt8>,
        _ wallTime: Instant,
        _ buffer: inout [UInt8]
    ) throws(Fault) -> EncodedEvent? {
        let start = try begin(of: line)
        guard start < line.count else { return nil }
        if envelope == .plain, line[start] == UInt8(ascii: "{") {
            var fields = LineFields()
            if scanner.scan(line, from: start, into: &fields) {
                let type = plainType(fields[.type], line)
                if hasOwnFieldsOnly(fields, type) {
                    return try encoder.encode(
                        fields,
                        type,
                        in: line,
                        wallTime: wallTime,
                        into: &buffer
                    )
                }
            }
        }
        return try parse(line, wallTime, &buffer)
    }

    private func hasOwnFieldsOnly(_ fields: LineFields, _ type: TypeOutcome) -> Bool {
        guard case .known(let type) = type else { return true }
        return type.fields.union(.common).isSuperset(of: fields.given)
    }

    private func parse(
        _ line: Span<UInt8>,
        _ wallTime: Instant,
        _ buffer: inout [UInt8]
    ) throws(Fault) -> EncodedEvent {
        let members = try parseObject(line)
        let mapped =
            switch envelope {
            case .plain: MappedLine(plain: members)
            case .cloudEvents: MappedLine(cloudEvent: members)
            case .segment: MappedLine(segment: members)
            }
        return try encoder.encode(
            mapped.fields,
            mapped.type,
            in: mapped.text.span,
            wallTime: wallTime,
            envelopeFault: mapped.fault,
            into: &buffer
        )
    }

    private func parseObject(_ line: Span<UInt8>) throws(Fault) -> [JSONMember] {
        let node: JSONNode
        do {
            node = try parseJSON(line, depthMax: limits.depth)
        } catch {
            throw Fault(error, in: line)
        }
        guard case .object(let members) = node.value else {
            throw .notAnObject
        }
        return members
    }
}

/// The type of a line, or what is wrong with it.
enum TypeOutcome {
    case known(EventType)
    case fault(Fault)
}

/// The type that a token names.
func plainType(_ token: Token, _ text: Span<UInt8>) -> TypeOutcome {
    switch token.kind {
    case .absent:
        return .fault(.missing("type", "`type` is missing: say what happened, as in tag.assigned"))
    case .text:
        let word = text.extracting(token.range)
        if let type = EventType.named(word) { return .known(type) }
        return .fault(unknownType(word))
    default:
        return .fault(.bad("type", "`type` must be a string, not \(token.kind.words)"))
    }
}

private func unknownType(_ word: Span<UInt8>) -> Fault {
    let words = EventType.allCases.map { "\($0.word)" }
    let hint =
        nearestWord(to: word, among: words).map { "the nearest known type is \"\($0)\"" }
        ?? "use one of \(words.joined(separator: ", "))"
    return Fault(code: .unknownType, message: "unknown type \(quoted(word)): \(hint)")
}
