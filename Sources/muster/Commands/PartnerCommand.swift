import ArgumentParser
import Core
import Engine
import Store
import Wire

struct PartnerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "partner",
        abstract: "Show one partner: its state, memberships and sends.",
        discussion: """
              muster partner p1 --at 2026-03-01
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions

    @Argument(help: "The partner's id.")
    var id: String

    @OptionGroup var view: ViewpointOptions

    func run() throws {
        try Failure.translating {
            let store = try store.open(isReadOnly: true)
            let report = try store.partner(Name(id), view.viewpoint(store.zone))
            let facts = PartnerRows(report)
            if format.format == .csv { return try facts.printCSV() }
            var output = Output()
            try output.write { buffer in
                if format.format == .ndjson {
                    PartnerJSON.append(report, to: &buffer)
                } else {
                    facts.appendText(to: &buffer)
                }
            }
            try output.flush()
        }
    }
}

/// A partner as one JSON object.
private enum PartnerJSON {
    static func append(_ report: PartnerReport, to buffer: inout [UInt8]) {
        buffer.append(UInt8(ascii: "{"))
        text("partner", report.partner, &buffer)
        text("name", report.name, &buffer)
        text("email", report.email, &buffer)
        text("suppressed", report.suppression.map { Name(SendSuppression($0).word) }, &buffer)
        text("relationship_stage", report.stage.map { Name($0.word) }, &buffer)
        instant("last_transition", report.lastTransition, &buffer)
        instant("original_joined", report.originalJoined, &buffer)
        list("contracts", report.contracts, &buffer) { contract, buffer in
            text("contract", contract.contract, &buffer)
            text("stage", Name(contract.stage.word), &buffer)
            text("template_term", contract.term, &buffer)
        }
        list("tags", report.tags, &buffer) { tag, buffer in
            text("tag", tag.tag, &buffer)
            instant("since", tag.since, &buffer)
        }
        list("groups", report.groups, &buffer) { group, buffer in
            text("group", group.group, &buffer)
            instant("since", group.since, &buffer)
        }
        buffer.append(jsonKey: "attributes")
        buffer.append(UInt8(ascii: "{"))
        for (index, attribute) in report.attributes.enumerated() {
            if index > 0 { buffer.append(UInt8(ascii: ",")) }
            buffer.append(jsonString: attribute.name.bytes.span)
            buffer.append(UInt8(ascii: ":"))
            switch attribute.value {
            case .text(let name): buffer.append(jsonString: name.bytes.span)
            case .number(let number): buffer.append(decimal: number)
            case .flag(let flag): buffer.append(contentsOf: (flag ? "true" : "false").utf8)
            }
        }
        buffer.append(UInt8(ascii: "}"))
        list("memberships", report.memberships, &buffer) { membership, buffer in
            text("segment", membership.segment, &buffer)
            instant("since", membership.since, &buffer)
            instant("next_flip", membership.nextFlip, &buffer)
        }
        list("ahead", report.ahead, &buffer) { entry, buffer in
            text("segment", entry.segment, &buffer)
            instant("next_flip", entry.at, &buffer)
        }
        list("sends", report.sends, &buffer) { send, buffer in
            text("send", Name(bytes: send.id), &buffer)
            text("source", send.source, &buffer)
            text("kind", Name(send.kind.word), &buffer)
            text("template", send.template, &buffer)
            instant("decided_at", send.decidedAt, &buffer)
            text("status", Name(send.status.rawValue), &buffer)
            if let reason = send.reason { text("reason", reason, &buffer) }
        }
        buffer.append(contentsOf: "}\n".utf8)
    }

    private static func text(_ key: StaticString, _ value: Name?, _ buffer: inout [UInt8]) {
        buffer.append(jsonKey: key)
        if let value {
            buffer.append(jsonString: value.bytes.span)
        } else {
            buffer.append(ascii: "null")
        }
    }

    private static func instant(_ key: StaticString, _ value: Instant?, _ buffer: inout [UInt8]) {
        buffer.append(jsonKey: key)
        if let value {
            buffer.append(jsonInstant: value)
        } else {
            buffer.append(ascii: "null")
        }
    }

    private static func list<Element>(
        _ key: StaticString, _ elements: [Element], _ buffer: inout [UInt8],
        _ body: (Element, inout [UInt8]) -> Void
    ) {
        buffer.append(jsonKey: key)
        buffer.append(UInt8(ascii: "["))
        for (index, element) in elements.enumerated() {
            if index > 0 { buffer.append(UInt8(ascii: ",")) }
            buffer.append(UInt8(ascii: "{"))
            body(element, &buffer)
            buffer.append(UInt8(ascii: "}"))
        }
        buffer.append(UInt8(ascii: "]"))
    }
}

/// A partner as rows of a fact each.
///
/// As text, values that a fact does not have are left out.
private struct PartnerRows {
    /// One fact: what it is about, what is so, and for how long.
    struct Fact {
        var fact: String
        var id: Name?
        var value: String?
        var detail: String?
        /// When it became so; a send's decision.
        var since: Instant?
        var until: Instant?
    }

    private(set) var facts: [Fact] = []

    init(_ report: PartnerReport) {
        add("partner", report.partner.description)
        add("name", report.name?.description)
        add("email", report.email?.description)
        add("suppressed", report.suppression.map { SendSuppression($0).word })
        add("relationship stage", report.stage?.word, since: report.lastTransition)
        add("original joined", since: report.originalJoined)
        for contract in report.contracts {
            add(
                "contract", id: contract.contract, contract.stage.word,
                detail: contract.term?.description)
        }
        for tag in report.tags { add("tag", id: tag.tag, since: tag.since) }
        for group in report.groups { add("group", id: group.group, since: group.since) }
        for attribute in report.attributes {
            let value =
                switch attribute.value {
                case .text(let name): name.description
                case .number(let number): number.description
                case .flag(let flag): String(flag)
                }
            add("attribute", id: attribute.name, value)
        }
        for membership in report.memberships {
            add(
                "in", id: membership.segment, since: membership.since, until: membership.nextFlip)
        }
        for entry in report.ahead { add("not in", id: entry.segment, until: entry.at) }
        for send in report.sends {
            add(
                "send", id: Name(bytes: send.id),
                send.suppressed == nil ? send.status.rawValue : send.reason?.description,
                detail: send.source.description, since: send.decidedAt)
        }
    }

    private mutating func add(
        _ fact: String, id: Name? = nil, _ value: String? = nil, detail: String? = nil,
        since: Instant? = nil, until: Instant? = nil
    ) {
        facts.append(
            Fact(fact: fact, id: id, value: value, detail: detail, since: since, until: until))
    }

    func printCSV() throws {
        var rows = Rows(["fact", "id", "value", "detail", "since", "until"], .csv)
        for fact in facts {
            try rows.append([
                Cell(fact.fact), fact.id.map { Cell($0) } ?? .null,
                fact.value.map { Cell($0) } ?? .null, fact.detail.map { Cell($0) } ?? .null,
                fact.since.map { .instant($0) } ?? .null,
                fact.until.map { .instant($0) } ?? .null,
            ])
        }
        try rows.finish()
    }

    /// Lines of a fact and its values.
    func appendText(to buffer: inout [UInt8]) {
        for fact in facts {
            var values = [fact.id?.description, fact.value, fact.detail].compactMap { $0 }
            if let since = fact.since {
                let word = fact.fact == "send" ? "decided" : "since"
                values.append("\(word) \(timestampText(since))")
            }
            if let until = fact.until { values.append("until \(timestampText(until))") }
            let line = [fact.fact] + (values.isEmpty ? ["-"] : values)
            buffer.append(
                contentsOf: (line.map(\.withoutControls).joined(separator: "\t") + "\n").utf8)
        }
    }
}
