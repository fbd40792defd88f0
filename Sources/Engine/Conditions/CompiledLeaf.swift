import Core

/// A leaf compiled into plain values, so that looking at one touches no reference.
enum CompiledLeaf: BitwiseCopyable {
    case relationshipStage(StageSet)
    case contractStage(StageSet)
    case lastTransition(DateCondition)
    case originalJoined(DateCondition)
    case tagged(TextID, DateCondition)
    case grouped(TextID, DateCondition)
    case measure(slot: Int, Window, Comparison)
    /// A leaf that names lists or texts: its place among the matchers.
    case matching(Int)

    /// Whether the verdict can change with time alone.
    func dependsOnTime(_ matchers: [LeafMatcher]) -> Bool {
        switch self {
        case .relationshipStage, .contractStage: false
        case .lastTransition(let condition), .originalJoined(let condition),
            .tagged(_, let condition), .grouped(_, let condition):
            condition.dependsOnTime
        case .measure(_, let window, _):
            switch window {
            case .allTime, .daysAfterJoining: false
            case .sinceOriginalJoined: true
            case .date(let condition): condition.dependsOnTime
            }
        case .matching(let matcher): matchers[matcher].dependsOnTime
        }
    }

    /// Whether the verdict looks at when the partner originally joined.
    func dependsOnJoining(_ matchers: [LeafMatcher]) -> Bool {
        switch self {
        case .originalJoined: true
        case .measure(_, let window, _): window.dependsOnJoining
        case .matching(let matcher): matchers[matcher].dependsOnJoining
        default: false
        }
    }
}
