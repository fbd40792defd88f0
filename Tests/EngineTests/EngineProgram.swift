import Core
import Definitions
import Engine
import Foundation
import Wire

/// A program in memory: the engine fed with lines and definition files, as a store would feed it.
struct EngineProgram {
    private(set) var engine: Engine
    private let reader = EventReader(envelope: .plain, currency: "USD")
    private var seen: Set<[UInt8]> = []
    /// Everything taken in so far, for measures that definitions begin to look at.
    private var events: [(partner: PartnerNumber, event: Event, sequence: EventSequence)] = []
    private var inForce: [CanonicalDefinition] = []
    private var versions: [String: UInt32] = [:]
    private(set) var effects = Effects()
    private(set) var outcome = Outcome()

    init(name: String, timezone: String) throws {
        let file = URL(fileURLWithPath: "/usr/share/zoneinfo/\(timezone)")
        let zone = try parseTimeZoneFile(
            Array(try Data(contentsOf: file)).span, name: timezone)
        engine = Engine(programName: Name(name), zone: zone)
        engine.begin()
        collect()
    }

    mutating func ingest(_ line: String, isHistory: Bool, movesClock: Bool = true) throws {
        let bytes = Array(line.utf8)
        var content: [UInt8] = []
        let outcome = reader.read(
            bytes.span, number: 1, wallTime: .latest, into: &content)
        guard case .event(let encoded) = outcome else {
            throw Failure(message: "\(outcome) for \(line)")
        }
        guard seen.insert(Array(content[encoded.id])).inserted else { return }
        let event = try decodeEvent(
            content: content.span.extracting(encoded.content), time: encoded.time,
            texts: &engine.texts)
        let isMoved = movesClock || engine.now == .unset
        engine.apply(
            event, partner: content.span.extracting(encoded.partner),
            at: isMoved ? max(engine.now, encoded.time) : engine.now, isHistory: isHistory,
            fetching: Engine.nobodyIsAbsent)
        if let number = engine.partnerIDs.find(content.span.extracting(encoded.partner)),
            let record = engine.effects.records.last(where: { $0.kind == .input })
        {
            events.append((number.number, event, record.sequence))
        }
        collect()
    }

    mutating func advance(to microseconds: Int64) {
        let instant = Instant(microseconds: microseconds)
        guard instant > engine.now else { return }
        engine.advance(to: instant, isHistory: false, fetching: Engine.nobodyIsAbsent)
        collect()
    }

    mutating func apply(_ json: String, prune: Bool) throws {
        let source = DefinitionSource(file: "definitions.json", bytes: Array(json.utf8))
        let read = try readDefinitions([source], inForce: inForce, prune: prune).definitions
        var changes: [DefinitionChange] = []
        func change(_ definition: CanonicalDefinition, to new: Definition?) {
            let key = "\(definition.definition.kind) \(definition.definition.id)"
            versions[key, default: 0] += 1
            changes.append(
                DefinitionChange(
                    kind: definition.definition.kind, id: definition.definition.id,
                    version: versions[key] ?? 0, definition: new))
        }
        func isSame(_ left: CanonicalDefinition, _ right: CanonicalDefinition) -> Bool {
            left.definition.kind == right.definition.kind
                && left.definition.id == right.definition.id
        }
        for definition in read {
            let old = inForce.first { isSame($0, definition) }
            guard old != definition else { continue }
            inForce.removeAll { isSame($0, definition) }
            inForce.append(definition)
            change(definition, to: definition.definition)
        }
        if prune {
            for old in inForce
            where old.definition.kind != .program && !read.contains(where: { isSame($0, old) }) {
                inForce.removeAll { isSame($0, old) }
                change(old, to: nil)
            }
        }
        guard !changes.isEmpty else { return }
        engine.define(changes, fetching: Engine.nobodyIsAbsent) { [events, effects] engine in
            for (partner, event, sequence) in events {
                engine.fill(event, partner: partner, sequence: sequence)
            }
            for send in effects.sends where send.suppressed == nil {
                engine.fillSend(source: send.source, partner: send.partner, at: send.decidedAt)
            }
        }
        collect()
    }

    private mutating func collect() {
        effects.records += engine.effects.records
        effects.transitions += engine.effects.transitions
        effects.sends += engine.effects.sends
        effects.runs += engine.effects.runs
        effects.halts += engine.effects.halts
        engine.effects.removeAll()
    }

    /// What came of it, in the words of the comparison.
    func finished() -> Outcome {
        var outcome = Outcome()
        func partner(_ number: PartnerNumber) -> String {
            engine.partnerIDs.name(TextID(number: number)).description
        }
        func text(_ id: TextID?) -> String { id.map { engine.texts.name($0).description } ?? "-" }
        func source(_ number: SourceNumber) -> String {
            engine.registry.sources[Int(number)].id.description
        }
        let sorted = effects.transitions.enumerated().sorted { left, right in
            let leftKey = (
                engine.registry.segmentIDs[Int(left.element.segment)].description,
                partner(left.element.partner), left.offset
            )
            let rightKey = (
                engine.registry.segmentIDs[Int(right.element.segment)].description,
                partner(right.element.partner), right.offset
            )
            return leftKey < rightKey
        }
        outcome.transitions = sorted.map { _, transition in
            "\(transition.entered ? "enter" : "leave") "
                + "\(engine.registry.segmentIDs[Int(transition.segment)]) "
                + "\(partner(transition.partner)) \(transition.time.microseconds)"
                + (transition.byDefinition ? " by definition" : "")
        }
        outcome.sends = effects.sends.map { send in
            let entry = engine.registry.sources[Int(send.source)]
            return "\(entry.kind.word) \(entry.id) \(partner(send.partner)) "
                + "\(text(send.address)) \(engine.registry.templateIDs[Int(send.template)]) "
                + "v\(send.templateVersion) \(send.decidedAt.microseconds) #\(send.ordinal) "
                + (send.suppressed?.word ?? "pending")
        }
        outcome.runs = effects.runs.map { run in
            "\(source(run.workflow)) \(run.at.microseconds) \(run.members) \(run.withAddress) "
                + "\(run.sent) \(run.isBlocked)"
        }
        outcome.derived = effects.records.compactMap { record in
            guard case .derived(let event) = record.kind, let number = record.partner else {
                return nil
            }
            let words: String
            switch event.content {
            case .tagAssigned(let tag): words = "tag.assigned \(partner(number)) \(text(tag)) -"
            case .tagRemoved(let tag): words = "tag.removed \(partner(number)) \(text(tag)) -"
            case .partnerJoined(let contract, let term):
                words =
                    "partner.joined \(partner(number)) \(text(contract)) "
                    + text(term)
            default: words = "unexpected"
            }
            return "\(words) \(record.engineTime.microseconds) at \(event.depth)"
        }
        outcome.halts = effects.halts.map { halt in
            "\(source(halt.automation)) \(partner(halt.partner)) \(halt.time.microseconds)"
        }
        return outcome
    }

    struct Failure: Error {
        var message: String
    }
}
