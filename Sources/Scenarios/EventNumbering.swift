import Core
import Definitions
import Wire

/// The events of one scenario through the checks of `ingest` (SPEC 2), with fresh ids for those that
/// have none.
struct EventNumbering {
    enum Outcome {
        case event(Scenario.Event)
        /// An event with this id and content came before: `ingest` does nothing.
        case duplicate
        case rejected(Reject)
    }

    /// Fields whose unquoted YAML scalars are what they look like; elsewhere they are texts.
    private static let valueKeys = ["amount", "count", "attributes", "properties"]

    private let given: Set<String>
    private var seen: [Name: Scenario.Event] = [:]
    private var count = 0

    /// Knows the ids that are given anywhere in some steps, so that fresh ones are others.
    init(givenIn steps: [Node]) {
        var given: Set<String> = []
        for step in steps {
            guard case .list(let events)? = step.value(of: "events")?.content else { continue }
            for event in events {
                switch event.value(of: "id")?.content {
                case .plain(let text), .text(let text): given.insert(text)
                default: break
                }
            }
        }
        self.given = given
    }

    /// Reads one event as `ingest` would read its line.
    mutating func read(_ entries: [Node.Entry], at: Instant, currency: Name) -> Outcome {
        var members = entries.map { entry in
            JSONMember(key: Array(entry.key.utf8), keyOffset: 0, value: Self.value(of: entry))
        }
        func add(_ key: String, _ text: String) {
            guard !entries.contains(where: { $0.key == key }) else { return }
            let value = JSONNode(offset: 0, value: .string(Array(text.utf8)))
            members.append(JSONMember(key: Array(key.utf8), keyOffset: 0, value: value))
        }
        add("id", freshID())
        add("time", timestampText(at))
        let line = canonicalJSON(JSONNode(offset: 0, value: .object(members)))
        let reader = EventReader(envelope: .plain, currency: currency)
        var buffer: [UInt8] = []
        switch reader.read(line.span, number: 1, wallTime: .latest, into: &buffer) {
        case .blank: return .duplicate
        case .rejected(let reject): return .rejected(reject)
        case .event(let encoded):
            let id = Name(bytes: Array(buffer[encoded.id]))
            let event = Scenario.Event(
                id: id, partner: Name(bytes: Array(buffer[encoded.partner])), time: encoded.time,
                content: Array(buffer[encoded.content]))
            guard let earlier = seen.updateValue(event, forKey: id) else { return .event(event) }
            guard earlier != event else { return .duplicate }
            return .rejected(
                Reject(
                    line: 1, code: .idConflict, field: "id",
                    message: "an event with this id and other content came before", text: line.span)
            )
        }
    }

    private mutating func freshID() -> String {
        repeat { count += 1 } while given.contains("event-\(count)")
        return "event-\(count)"
    }

    private static func value(of entry: Node.Entry) -> JSONNode {
        if case .plain(let text) = entry.value.content, !valueKeys.contains(entry.key) {
            return JSONNode(offset: 0, value: .string(Array(text.utf8)))
        }
        return entry.value.json
    }
}
