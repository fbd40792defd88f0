import TestSupport

extension EngineProgram {
    mutating func run(_ step: Step) throws {
        switch step {
        case .line(let line, let history): try ingest(line, isHistory: history)
        case .ahead(let line): try ingest(line, isHistory: false, movesClock: false)
        case .advance(let instant): advance(to: instant)
        case .apply(let json, let prune): try apply(json, prune: prune)
        }
    }
}
