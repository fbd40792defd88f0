public import Core
import Definitions
public import Engine
import LMDB

/// When a workflow acted on a partner, or why not (SPEC 6, `explain workflow`).
public struct WorkflowAnswer: Sendable {
    /// The workflow's id.
    public var workflow: Name
    /// Its latest version, which may be a retirement.
    public var version: UInt32
    /// The segment whose members it acts on, as of now or when it was retired.
    public var segment: Name
    /// The sends that it decided for the partner.
    public var sends: [SendRow]
    /// When it acted on the partner: tops of the hour.
    public var actedAt: [Instant]
    /// Each stay of the partner in the segment, the latest first, as far as they are looked at.
    public var stays: [Stay]
    /// What keeps it from acting at the next top of the hour, in the order in which it asks; empty
    /// where it will act.
    public var obstacles: [Obstacle]
    /// The next top of the hour.
    public var nextRun: Instant
    /// The partner's membership now; nil where the segment is not in force.
    public var membership: MemberAnswer?
    /// What the answer rests on.
    public var history: PartnerHistory

    /// A stay in the segment.
    public struct Stay: Sendable {
        /// When it began.
        public var from: Instant
        /// When it ended; nil where it lasts.
        public var to: Instant?
        /// When the workflow acted in it; nil where it did not.
        public var actedAt: Instant?
        /// What kept it from acting at the stay's last top of the hour; empty where it acted.
        public var obstacles: [Obstacle]
    }

    /// What keeps a workflow from acting on a partner.
    public enum Obstacle: Sendable, Equatable {
        /// There was no such workflow.
        case notInForce
        /// It was over another segment then.
        case overAnother(segment: Name)
        /// It was a draft, or paused.
        case inactive(ActivityState)
        /// The partner was not in the segment; since when, where it had been.
        case notMember(since: Instant?)
        /// No top of the hour fell into the stay.
        case noTopOfHour
        /// The partner had no address; the event that removed it, if one did.
        case noAddress(event: Int?)
        /// The partner was suppressed, by this event.
        case suppressed(Suppression, event: Int?)
        /// It had acted on the partner before.
        case actedBefore(Instant)
        /// More members had an address than the cap allows, or will have at the next run.
        case blocked(at: Instant, withAddress: Int, cap: Int)
        /// The next run still belongs to history: what it mails is recorded as suppressed.
        case history
    }
}
