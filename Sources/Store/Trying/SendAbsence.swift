public import Core
public import Engine
import Wire

/// Why a send that was decided in one world was not decided in the other (SPEC 6, `simulate`).
public enum SendAbsence: Sendable, Equatable {
    /// The workflow or automation is not in force there.
    case notDefined(DefinitionKind)
    /// It is in force, but draft or paused.
    case notActive(DefinitionKind, ActivityState)
    /// It does not send this template.
    case noSuchAction(template: Name)
    /// The same send is there, but is to be mailed (nil), or suppressed for another reason.
    case otherStatus(SendSuppression?)
    /// The same send is there, but fewer times.
    case fewerTimes
    /// The run was blocked, because more members than the cap had an address.
    case runBlocked(withAddress: Int, cap: Int)
    /// The partner was not in the segment.
    case notMember(segment: Name)
    /// The workflow had acted on the partner before; when it last did by email, if it did.
    case alreadyActed(at: Instant?)
    /// The partner entered the segment only when the run was over.
    case enteredAfterRun(segment: Name)
    /// The trigger stood at depth 8, and was not done.
    case tooDeep
    /// The tag was not assigned then.
    case notAssigned(tag: Name)
    /// The partner did not enter the segment then, being in it since that instant, if that is known.
    case alreadyMember(segment: Name, since: Instant?)
    /// The partner did not leave the segment then, but is in it.
    case stillMember(segment: Name)

    /// The word for the reason, and after a colon what belongs to it.
    public var text: String {
        switch self {
        case .notDefined(let kind): "\(kind.word)_not_defined"
        case .notActive(let kind, let state): "\(kind.word)_not_active: \(state.word)"
        case .noSuchAction(let template): "no_such_action: \(template)"
        case .otherStatus(nil): "other_status: pending"
        case .otherStatus(let reason?): "other_status: suppressed, \(reason.word)"
        case .fewerTimes: "fewer_times"
        case .runBlocked(let withAddress, let cap):
            "run_blocked: \(withAddress) with an address, cap \(cap)"
        case .notMember(let segment): "not_member: \(segment)"
        case .alreadyActed(let instant):
            "already_acted" + (instant.map { ": \(timestampText($0))" } ?? "")
        case .enteredAfterRun(let segment): "entered_after_run: \(segment)"
        case .tooDeep: "too_deep"
        case .notAssigned(let tag): "not_assigned: \(tag)"
        case .alreadyMember(let segment, let since):
            "already_member: \(segment)" + (since.map { ", since \(timestampText($0))" } ?? "")
        case .stillMember(let segment): "still_member: \(segment)"
        }
    }
}
