/// A worked example of SPEC 4 and 5 as data, with what must come of it.
///
/// The same cases run on the model and through the engine; expected instants are worked out by hand
/// in the comments beside them.
public struct Example: Sendable, CustomStringConvertible {
    /// One thing done, or one thing that must be true at that point.
    public enum Part: Sendable {
        /// An event; `fields` are further members as JSON text, without braces. It gets a fresh id.
        case event(_ time: String, _ type: String, _ partner: String, _ fields: String = "")
        /// A clock record.
        case advance(String)
        /// Changed definitions.
        case apply(String)
        /// The members of a segment by now, in order of first appearance.
        case members(_ segment: String, _ partners: [String])
    }
    /// A part with ids filled in.
    public enum Resolved: Sendable {
        /// Something to do.
        case step(Step)
        /// Something to check.
        case members(segment: String, partners: [String])
    }
    /// A send that must have been decided.
    public struct ExpectedSend: Hashable, Sendable {
        /// The workflow's or automation's id.
        public var source: String
        /// The partner's id.
        public var partner: String
        /// Engine time, in microseconds.
        public var decidedAt: Int64
        /// Why it is suppressed; nil if it is not.
        public var reason: String?

        /// A send by its source and partner; `at` is RFC 3339.
        public init(_ source: String, _ partner: String, at: String, reason: String? = nil) {
            guard let instant = Instants.parse(at) else { preconditionFailure("no instant: \(at)") }
            self.source = source
            self.partner = partner
            self.decidedAt = instant
            self.reason = reason
        }
    }

    /// A sentence that names it.
    public var name: String
    /// The program's time zone.
    public var timezone: String
    /// The definitions at the start, as JSON text.
    public var definitionsJSON: String
    /// What happens, in order.
    public var parts: [Part]
    /// All sends, in order of decision.
    public var sends: [ExpectedSend] = []
    /// All runs, in order; nil where they are not looked at.
    public var runs: [Run]?
    /// All derived events, in order; nil where they are not looked at.
    public var derived: [Derived]?

    /// The name.
    public var description: String { name }

    /// The steps and checks, beginning with the definitions.
    public var resolved: [Resolved] {
        var result: [Resolved] = [.step(.apply(definitionsJSON, prune: false))]
        for (index, part) in parts.enumerated() {
            switch part {
            case .event(let time, let type, let partner, let fields):
                let head = #"{"id":"e\#(index)","type":"\#(type)","partner":"\#(partner)","#
                let rest = fields.isEmpty ? "" : "," + fields
                result.append(
                    .step(.line(head + #""time":"\#(time)"\#(rest)}"#, history: false))
                )
            case .advance(let time):
                guard let instant = Instants.parse(time) else {
                    preconditionFailure("no instant: \(time)")
                }
                result.append(.step(.advance(instant)))
            case .apply(let json): result.append(.step(.apply(json, prune: false)))
            case .members(let segment, let partners):
                result.append(.members(segment: segment, partners: partners))
            }
        }
        return result
    }

    /// Definitions from the lists' elements as JSON text; each template named gets a body.
    static func definitions(
        templates: [String] = [],
        segments: [String],
        workflows: [String] = [],
        automations: [String] = []
    ) -> String {
        let bodies = templates.map { #"{"id":"\#($0)","subject":"News","text":"Hello"}"# }
        func list(_ key: String, _ elements: [String]) -> String {
            "\"" + key + "\":[" + elements.joined(separator: ",") + "]"
        }
        let lists = [
            list("templates", bodies), list("segments", segments), list("workflows", workflows),
            list("automations", automations),
        ]
        return "{" + lists.joined(separator: ",") + "}"
    }

    /// A segment whose conditions must all hold.
    static func segment(_ id: String, _ conditions: String...) -> String {
        #"{"id":"\#(id)","match":{"all":["# + conditions.joined(separator: ",") + "]}}"
    }

    /// An active workflow with one action.
    static func workflow(_ id: String, _ segment: String, _ action: String) -> String {
        #"{"id":"\#(id)","segment":"\#(segment)","do":[\#(action)],"state":"active"}"#
    }

    /// An active automation with one action.
    static func automation(_ id: String, _ trigger: String, _ action: String) -> String {
        #"{"id":"\#(id)","on":{\#(trigger)},"do":[\#(action)],"state":"active"}"#
    }

    /// The action that mails a template.
    static func email(_ template: String) -> String {
        #"{"send_email":"\#(template)"}"#
    }
}

extension Example.Part {
    /// An address for the partner, given at an instant.
    static func address(_ time: String, _ partner: String) -> Example.Part {
        .event(time, "partner.updated", partner, #""email":"mail@example.com""#)
    }

    /// One revenue action.
    static func sale(_ time: String, _ partner: String, _ amount: String) -> Example.Part {
        .event(time, "action.recorded", partner, #""amount":"\#(amount)""#)
    }
}
