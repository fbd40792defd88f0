import Core
import Definitions
import Delivery
import Feedback
import Scenarios
import Wire

/// Parsers by name.
///
/// Beside not crashing, what has a second way to the same result must come to it.
let targets: [String: @Sendable (Span<UInt8>) -> Void] = [
    "json": json, "events": events, "cloudevents": cloudEvents, "segment": segment,
    "content": content, "times": times, "amounts": amounts, "base64": base64, "zones": zones,
    "mail": mail, "sendgrid": { provider(.sendGrid, $0) }, "ses": { provider(.ses, $0) },
    "definitions": definitions, "canonical": canonical, "scenarios": scenarios,
    "templates": templates, "records": records, "states": states, "rows": rows, "export": export,
]

private func bytes(_ input: Span<UInt8>) -> [UInt8] {
    input.withUnsafeBufferPointer { [UInt8]($0) }
}

private func json(_ input: Span<UInt8>) {
    guard let node = try? parseJSON(input) else { return }
    let written = canonicalJSON(node)
    guard let again = try? parseJSON(written.span) else {
        fatalError("canonical JSON can't be read: \(String(decoding: written, as: UTF8.self))")
    }
    demand(canonicalJSON(again) == written, "canonical JSON is not its own canonical form")
    demand(jsonDifferences(node, again).isEmpty, "canonical JSON says something else")
}

private let wallTime = Instant(microseconds: 1_800_000_000_000_000)

private func read(_ envelope: Envelope, _ input: Span<UInt8>) {
    let reader = EventReader(envelope: envelope, currency: Name("USD"))
    var quick: [UInt8] = []
    var careful: [UInt8] = []
    let outcome = reader.read(input, number: 1, wallTime: wallTime, into: &quick)
    let slow = reader.readCarefully(input, number: 1, wallTime: wallTime, into: &careful)
    demand(outcome == slow && quick == careful, "the quick and the careful reading differ")
    if case .event(let event) = outcome {
        var texts = TextTable()
        let content = quick.span.extracting(event.content)
        guard (try? decodeEvent(content: content, time: event.time, texts: &texts)) != nil else {
            fatalError("an accepted event can't be decoded")
        }
        var line: [UInt8] = []
        guard (try? appendContentJSON(content, time: event.time, to: &line)) != nil else {
            fatalError("an accepted event can't be written")
        }
    }
    if case .rejected(let reject) = outcome {
        var line: [UInt8] = []
        reject.appendJSON(to: &line)
        demand((try? parseJSON(line.span)) != nil, "a reject is not JSON")
    }
}

private func events(_ input: Span<UInt8>) { read(.plain, input) }
private func cloudEvents(_ input: Span<UInt8>) { read(.cloudEvents, input) }
private func segment(_ input: Span<UInt8>) { read(.segment, input) }

private func content(_ input: Span<UInt8>) {
    var texts = TextTable()
    _ = try? decodeEvent(content: input, time: wallTime, texts: &texts)
    _ = try? factKinds(ofContent: input)
    var line: [UInt8] = []
    _ = try? appendContentJSON(input, time: wallTime, to: &line)
}

private func times(_ input: Span<UInt8>) {
    if let instant = try? parseTimestamp(input), instant.microseconds >= 0, instant <= .latest {
        let text = Array(timestampText(instant).utf8)
        demand((try? parseTimestamp(text.span)) == instant, "a time does not come back")
    }
    if let day = try? parseDate(input) {
        let text = Array(dateText(day).utf8)
        demand((try? parseDate(text.span)) == day, "a date does not come back")
    }
}

private func amounts(_ input: Span<UInt8>) {
    if let amount = parseAmount(input) {
        let text = Array(millionthsText(Int128(amount)).utf8)
        demand(parseAmount(text.span) == amount, "an amount does not come back")
    }
    _ = parseCount(input)
    _ = parseDecimal(input)
    _ = isName(input)
}

private func base64(_ input: Span<UInt8>) {
    let given = bytes(input)
    demand(Base64.decode(Base64.encode(given)) == given, "base 64 does not come back")
    _ = Base64.decode(given)
    _ = Base64.decodeBody(given)
}

private func zones(_ input: Span<UInt8>) {
    guard let rules = try? parseTimeZoneFile(input, name: "X") else { return }
    for second in [Int64(0), 1_000_000_000, 2_000_000_000, 4_000_000_000] {
        let instant = Instant(microseconds: second * 1_000_000)
        let day = rules.day(of: instant)
        demand(rules.start(of: day) <= instant, "a day begins after an instant of it")
        demand(rules.nextHour(after: instant) > instant, "the next hour is not later")
    }
}

private func mail(_ input: Span<UInt8>) {
    _ = try? MailReport.read(bytes(input)) { _ in nil }
}

private func provider(_ provider: Provider, _ input: Span<UInt8>) {
    _ = try? ProviderReader(provider).read(input) { _ in nil }
}

private func definitions(_ input: Span<UInt8>) {
    let source = DefinitionSource(file: "fuzz.yaml", bytes: bytes(input))
    do {
        for definition in try readDefinitions([source]).definitions {
            let again = try decodeDefinition(
                kind: definition.definition.kind, bytes: definition.bytes)
            demand(again.bytes == definition.bytes, "a canonical definition changes when read")
        }
    } catch {
        _ = "\(error)"
    }
}

private func canonical(_ input: Span<UInt8>) {
    for kind in DefinitionKind.allCases {
        guard let read = try? decodeDefinition(kind: kind, bytes: bytes(input)) else { continue }
        let again = try? decodeDefinition(kind: kind, bytes: read.bytes)
        demand(again?.bytes == read.bytes, "a canonical definition changes when read")
    }
}

private func scenarios(_ input: Span<UInt8>) {
    let source = DefinitionSource(file: "fuzz.yaml", bytes: bytes(input))
    let surroundings = Surroundings(
        read: { _, _, _ in throw DefinitionErrors(errors: []) }, zone: { _ in nil },
        sendID: { _, _, _, _, _ in Name("snd") }, templateErrors: { _, _, _ in [] })
    _ = try? readScenarios(source, surroundings)
}

private func templates(_ input: Span<UInt8>) {
    let text = String(decoding: bytes(input), as: UTF8.self)
    let template = Template(id: "t", name: "t", subject: text, text: text, html: text)
    let problems = Renderer.problems(in: template, settings: ProgramSettings())
    guard problems.isEmpty, let renderer = try? Renderer(template) else { return }
    let context = MailContext(
        partner: "p", name: "N", email: "a@b.c", tags: ["x"], programName: "acme")
    _ = try? renderer.render(context)
}
