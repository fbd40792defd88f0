/// One thing done to a program, in the words that model and engine share: texts and instants.
public enum Step: Sendable, Hashable {
    /// One NDJSON line under the event clock; `history` as with `ingest --history`.
    case line(String, history: Bool)
    /// One NDJSON line under the wall clock, which it may be ahead of.
    case ahead(String)
    /// A clock record, in microseconds since 1970-01-01T00:00:00Z.
    case advance(Int64)
    /// Definitions as JSON text; `prune` as with `apply --prune`.
    case apply(String, prune: Bool)
}

extension Step: CustomStringConvertible {
    /// The step as one line to paste into a report.
    public var description: String {
        switch self {
        case .line(let text, let history): history ? "history \(text)" : "line \(text)"
        case .ahead(let text): "ahead \(text)"
        case .advance(let instant): "advance \(Instants.text(instant))"
        case .apply(let json, let prune): prune ? "apply --prune \(json)" : "apply \(json)"
        }
    }
}

extension Model {
    /// Does one step.
    public func run(_ step: Step) {
        switch step {
        case .line(let text, let history): ingest(line: text, history: history)
        case .ahead(let text): ingest(line: text, history: false, movesClock: false)
        case .advance(let instant): advance(to: instant)
        case .apply(let json, let prune): apply(definitionsJSON: json, prune: prune)
        }
    }
}
