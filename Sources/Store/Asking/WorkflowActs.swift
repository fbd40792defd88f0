import Core
import Definitions
import Engine
import LMDB
import Wire

/// When a workflow acted on one partner (SPEC 3, 5).
///
/// Sends and derived events show most of it. What a workflow that only accepts applications did to a
/// partner with none to accept shows in its recorded run alone: a run that was not blocked acted on every
/// member whom such a workflow had not acted on before.
struct WorkflowActs {
    /// One action on the partner.
    struct Act {
        /// The top of the hour.
        var at: Instant
        /// The last record that the run's snapshot saw.
        var seen: EventSequence

        /// Whether the snapshot saw a transition.
        func comesAfter(_ transition: Transition) -> Bool {
            transition.time < at || transition.time == at && transition.sequence <= seen
        }
    }

    private let store: Store
    private let catalog: Catalog
    private let trail: PartnerTrail
    private let id: Name
    /// In the order of time.
    private(set) var list: [Act] = []
    /// The partner's transitions by segment, as far as they were asked for, in the order of the log.
    private var transitions: [SegmentNumber: [Transition]] = [:]

    /// Looks through the runs since the partner's first record.
    init(
        of id: Name, on trail: PartnerTrail, in store: Store, _ head: Head, _ catalog: Catalog,
        _ transaction: borrowing ReadTransaction
    ) throws {
        self.store = store
        self.catalog = catalog
        self.trail = trail
        self.id = id
        guard let first = trail.history.events.first?.engineTime,
            let number = catalog.numbers.number(.workflow, id)
        else { return }
        let own = PartnerHistory.Source(kind: .workflow, id: id)
        let shown = Set(
            trail.history.sends.filter { $0.source == own }.map(\.decidedAt)
                + trail.history.events.filter { $0.source == own }.map(\.engineTime))
        var runs: [Run] = []
        try transaction.cursor(store.tables.runs) { cursor in
            let start = try store.firstRun(from: first, head, transaction)
            var isThere = try cursor.seek(Key.number(start))
            while isThere {
                let run = try cursor.withValue { try DecisionCoding.run($0) }
                if run.workflow == number, !run.isBlocked { runs.append(run) }
                isThere = try cursor.next()
            }
        }
        for run in runs {
            let act = Act(at: run.at, seen: try lastSeen(by: run, head, transaction))
            if shown.contains(run.at) {
                list.append(act)
            } else if try isQuietAct(act, transaction) {
                list.append(act)
            }
        }
    }

    /// The last record that a run's snapshot saw: its boundary's own, or the last event that automations
    /// derived at the boundary before workflows ran.
    private func lastSeen(
        by run: Run, _ head: Head, _ transaction: borrowing ReadTransaction
    ) throws -> EventSequence {
        var last = run.sequence
        while last < head.sequence {
            let isBefore = try transaction.value(store.tables.log, Key.number(last + 1)) {
                var reader = ByteReader()
                let header = try RecordCoding.header($0, &reader)
                guard header.kind == .derived else { return false }
                let derived = try RecordCoding.derived(
                    $0, header, sequence: last + 1, &reader)
                return try catalog.source(derived.source).kind == .automation
            }
            guard isBefore == true else { break }
            last += 1
        }
        return last
    }

    /// Whether a run acted on the partner though nothing came of it.
    private mutating func isQuietAct(
        _ act: Act, _ transaction: borrowing ReadTransaction
    ) throws -> Bool {
        let before = LogPlace.time(act.at.advanced(byMicroseconds: -1))
        guard
            case .workflow(let workflow)? = try catalog.definition(.workflow, id, at: before),
            workflow.actions.allSatisfy({
                if case .acceptApplication = $0 { true } else { false }
            }),
            let entry = try transitions(in: workflow.segment, transaction)
                .last(where: { act.comesAfter($0) }),
            entry.entered
        else { return false }
        guard let last = list.last else { return true }
        return workflow.repeats == .onReentry && !entry.byDefinition && !last.comesAfter(entry)
    }

    private mutating func transitions(
        in segment: Name, _ transaction: borrowing ReadTransaction
    ) throws -> [Transition] {
        guard let number = catalog.numbers.number(.segment, segment),
            let first = trail.history.events.first?.engineTime
        else { return [] }
        if let known = transitions[number] { return known }
        var found: [Transition] = []
        try MembershipHistory.eachTransitionBackwards(
            of: number, of: trail.number, at: .time(.never), notBefore: first, store.tables,
            transaction
        ) {
            found.append($0)
            return true
        }
        found.reverse()
        transitions[number] = found
        return found
    }
}
