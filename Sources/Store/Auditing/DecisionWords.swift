import Core
import Engine
import Wire

/// Decisions in words, with ids in the place of numbers.
struct DecisionWords {
    private let engine: Engine

    init(_ engine: Engine) {
        self.engine = engine
    }

    /// A partner's id; its number where damage has made up one.
    func partner(_ number: PartnerNumber) -> Name {
        number < engine.partnerIDs.count
            ? engine.partnerIDs.name(TextID(number: number)) : Name("number \(number)")
    }

    private func source(_ number: SourceNumber) -> String {
        number < engine.registry.sources.count
            ? "\(engine.registry.sources[Int(number)].id)" : "source \(number)"
    }

    private func segment(_ number: SegmentNumber) -> String {
        number < engine.registry.segmentIDs.count
            ? "\(engine.registry.segmentIDs[Int(number)])" : "segment \(number)"
    }

    private func template(_ number: UInt32) -> String {
        number < engine.registry.templateIDs.count
            ? "\(engine.registry.templateIDs[Int(number)])" : "template \(number)"
    }

    /// Two transitions that should be one; the earlier of the two says where.
    func divergence(
        expected: Transition?, found: Transition?, isExpectedFirst: Bool
    ) -> Divergence? {
        guard let place = isExpectedFirst ? expected : found ?? expected else { return nil }
        return Divergence(
            .transition, place.sequence, at: place.time, partner: partner(place.partner),
            expected: expected.map { words($0) } ?? "nothing more",
            found: found.map { words($0) } ?? "nothing")
    }

    private func words(_ transition: Transition) -> String {
        "\(partner(transition.partner)) to \(transition.entered ? "enter" : "leave") "
            + "\(segment(transition.segment)) at \(RecordWords.timestamp(transition.time)) "
            + "by record \(transition.sequence)"
            + (transition.byDefinition ? ", by definition" : "")
    }

    /// What a row says, and the record that it names; nil where it can't be read.
    func row(
        _ subject: Divergence.Subject, _ row: Span<UInt8>
    ) -> (text: String, sequence: EventSequence?) {
        do {
            switch subject {
            case .send:
                let send = try StoredSend(row)
                let address = send.address.map { String(decoding: $0, as: UTF8.self) }
                return (
                    "send \(send.ordinal + 1) of \(source(send.source)) to \(partner(send.partner)) "
                        + "<\(address ?? "no address")>, template \(template(send.template)) "
                        + "version \(send.templateVersion), \(send.suppressed?.word ?? "pending"), "
                        + "\(send.distance) after the one before, "
                        + place(send.decidedAt, send.sequence), send.sequence
                )
            case .run:
                let run = try DecisionCoding.run(row)
                return (
                    "a run of \(source(run.workflow)) with \(run.members) members, "
                        + "\(run.withAddress) with an address, \(run.sent) sent"
                        + (run.isBlocked ? ", blocked, " : ", ") + place(run.at, run.sequence),
                    run.sequence
                )
            default:
                let halt = try DecisionCoding.halt(row)
                return (
                    "\(source(halt.automation)) not done for \(partner(halt.partner)) at depth 8, "
                        + place(halt.time, halt.sequence), halt.sequence
                )
            }
        } catch {
            return ("a row that can't be read: \(error)", nil)
        }
    }

    private func place(_ time: Instant, _ sequence: EventSequence) -> String {
        "at \(RecordWords.timestamp(time)) by record \(sequence)"
    }
}
