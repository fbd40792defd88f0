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
            var output = Output()
            try output.write { buffer in
                if format.format == .ndjson {
                    PartnerJSON.append(report, to: &buffer)
                } else {
                    PartnerText.append(report, isCSV: format.format == .csv, to: &buffer)
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

/// A partner as lines of a topic and its values.
private enum PartnerText {
    static func append(
        _ report: PartnerReport, isCSV: Bool, to buffer: inout [UInt8]
    ) {
        func line(_ values: [String?]) {
            for (index, value) in values.enumerated() {
                if index > 0 { buffer.append(UInt8(ascii: isCSV ? "," : "\t")) }
                let value = value ?? "-"
                if isCSV {
                    buffer.append(csv: Array(value.utf8))
                } else {
                    buffer.append(contentsOf: value.withoutControls.utf8)
                }
            }
            buffer.append(contentsOf: (isCSV ? "\r\n" : "\n").utf8)
        }
        func text(_ instant: Instant?) -> String? { instant.map { timestampText($0) } }
        line(["partner", report.partner.description])
        line(["name", report.name?.description])
        line(["email", report.email?.description])
        line(["suppressed", report.suppression.map { SendSuppression($0).word }])
        line(["relationship stage", report.stage?.word, text(report.lastTransition)])
        line(["original joined", text(report.originalJoined)])
        for contract in report.contracts {
            line([
                "contract", contract.contract.description, contract.stage.word,
                contract.term?.description,
            ])
        }
        for tag in report.tags { line(["tag", tag.tag.description, text(tag.since)]) }
        for group in report.groups { line(["group", group.group.description, text(group.since)]) }
        for attribute in report.attributes {
            let value =
                switch attribute.value {
                case .text(let name): name.description
                case .number(let number): number.description
                case .flag(let flag): String(flag)
                }
            line(["attribute", attribute.name.description, value])
        }
        for membership in report.memberships {
            line([
                "in", membership.segment.description,
                membership.since.map { "since \(timestampText($0))" },
                membership.nextFlip.map { "until \(timestampText($0))" },
            ])
        }
        for entry in report.ahead {
            line(["not in", entry.segment.description, "until \(timestampText(entry.at))"])
        }
        for send in report.sends {
            line([
                "send", String(decoding: send.id, as: UTF8.self), send.source.description,
                timestampText(send.decidedAt),
                send.suppressed == nil
                    ? send.status.rawValue : send.reason?.description,
            ])
        }
    }
}
