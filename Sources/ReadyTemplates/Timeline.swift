import Core
import Wire

/// A scenario file in the making: steps on days counted from 2 March 2026, in UTC.
struct Timeline {
    private static let firstDay = Day(number: 20_514)
    private var text: String

    init(_ scenario: String, program: String) {
        text = """
            scenario: \(scenario)
            definitions: [\(program).yaml]
            # Without a program section the days are those of UTC.
            steps:

            """
    }

    /// The instant at a time of a day, counted from 0; negative before.
    static func instant(_ day: Int, _ time: String) -> String {
        "\(dateText(firstDay.adding(days: Int32(day))))T\(time)Z"
    }

    /// Adds a step.
    mutating func step(
        _ day: Int, _ time: String, why: String? = nil, events: [String] = [],
        members: [(segment: String, partners: [String])] = [], sends: [String]? = nil
    ) {
        if let why { text += "  # \(why)\n" }
        text += "  - at: \(Self.instant(day, time))\n"
        if !events.isEmpty {
            text += "    events:\n" + events.map { "      - { \($0) }\n" }.joined()
        }
        guard !members.isEmpty || sends != nil else { return }
        text += "    expect:\n"
        if !members.isEmpty {
            text += "      members:\n"
            for (segment, partners) in members {
                text += "        \(segment): [\(partners.joined(separator: ", "))]\n"
            }
        }
        if let sends {
            text +=
                sends.isEmpty
                ? "      sends: []\n"
                : "      sends:\n" + sends.map { "        - { \($0) }\n" }.joined()
        }
    }

    var file: String { text }

    // MARK: Events and sends

    static func address(_ partner: String) -> String {
        "type: partner.updated, partner: \(partner), name: \(quoted(partner.capitalizedName)), "
            + "email: \(partner)@example.com"
    }

    static func joined(_ partner: String) -> String { "type: partner.joined, partner: \(partner)" }

    static func stage(_ partner: String, _ stage: String) -> String {
        "type: relationship.changed, partner: \(partner), stage: \(stage)"
    }

    static func sale(_ partner: String, _ amount: String) -> String {
        "type: action.recorded, partner: \(partner), amount: \(amount)"
    }

    static func application(_ partner: String, _ contract: String, term: String) -> String {
        "type: application.submitted, partner: \(partner), contract: \(contract), "
            + "template_term: \(quoted(term))"
    }

    static func tag(_ partner: String, _ tag: String) -> String {
        "type: tag.assigned, partner: \(partner), tag: \(quoted(tag))"
    }

    static func send(_ source: String, _ partner: String, _ day: Int, _ time: String) -> String {
        "source: \(source), partner: \(partner), decided_at: \(instant(day, time))"
    }
}

extension String {
    fileprivate var capitalizedName: String { prefix(1).uppercased() + dropFirst() }
}
