public import Core
import Definitions
public import Engine
import LMDB
import Wire

/// Why a partner was emailed, or why the email was suppressed (SPEC 6, `explain send`).
public struct SendAnswer: Sendable {
    /// The send.
    public var send: SendRow
    /// The version of the workflow or automation that decided it.
    public var sourceVersion: UInt32
    /// What it came of.
    public var cause: Cause
    /// The event that suppressed the partner or took its address away, by the decision or, where it was
    /// found at the claim, by then.
    public var suppressedBy: PartnerHistory.PastEvent?
    /// What the answer rests on.
    public var history: PartnerHistory

    /// What a send can come of.
    public enum Cause: Sendable {
        /// A workflow's run, and the partner's membership on its snapshot.
        case run(RunRow, MemberAnswer)
        /// An automation's tag, and the event that assigned it by its place in the history.
        case tag(Name, event: Int?)
        /// An automation's segment, entered or left.
        case segment(entered: Bool, MemberAnswer)
    }
}

extension Store {
    /// Explains a send.
    ///
    /// - Parameters:
    ///   - id: The send's id.
    ///   - partner: The partner that it went to: then only that partner's sends are looked through
    ///     instead of all.
    /// - Returns: The send and what it came of.
    /// - Throws: ``QuestionError/unknownSend(_:)``, ``QuestionError/unknownPartner(_:)`` or
    ///   ``StoreError``.
    public func explainSend(_ id: Name, partner: Name?) throws -> SendAnswer {
        try read { transaction, head in
            let catalog = try Catalog(tables, upTo: head.sequence, in: transaction)
            let found = try partner ?? self.partner(ofSend: id, catalog, transaction)
            guard let partner = found else { throw QuestionError.unknownSend(id) }
            var texts = TextTable()
            let trail = try PartnerTrail(
                of: partner, in: self, head, catalog, texts: &texts, transaction)
            guard let index = trail.history.sends.firstIndex(where: { $0.id == id }) else {
                throw QuestionError.unknownSend(id)
            }
            let decision = SendDecision(
                store: self, catalog: catalog, trail: trail, texts: texts, index: index)
            var answer = try decision.answer(transaction)
            answer.suppressedBy = suppressingEvent(of: answer, in: trail.history)
            return answer
        }
    }

    /// The event that a send's suppression comes of.
    ///
    /// The wall time of a claim may lie a little before the engine time of what it saw (SPEC 2.1).
    private func suppressingEvent(
        of answer: SendAnswer, in history: PartnerHistory
    ) -> PartnerHistory.PastEvent? {
        if let reason = answer.send.suppressed {
            return Explainer.suppressingEvent(in: answer.history, reason: reason)
                .map { answer.history.events[$0] }
        }
        guard let delivery = answer.send.delivery, delivery.status == .suppressed,
            let reason = SendSuppression.allCases.first(where: {
                Name($0.word) == delivery.detail
            })
        else { return nil }
        let known = history.known(at: delivery.changedAt)
        let index =
            Explainer.suppressingEvent(in: known, reason: reason)
            ?? Explainer.suppressingEvent(in: history, reason: reason)
        return index.map { history.events[$0] }
    }

    /// The run of a workflow at a top of the hour.
    func run(
        of workflow: SourceNumber, at hour: Instant, _ head: Head, _ catalog: Catalog,
        _ transaction: borrowing ReadTransaction
    ) throws -> RunRow? {
        try transaction.cursor(tables.runs) { cursor in
            let first = try firstRun(from: hour, head, transaction)
            var isThere = try cursor.seek(Key.number(first))
            while isThere {
                let found = try cursor.withValue { try DecisionCoding.run($0) }
                guard found.at == hour else { return nil }
                if found.workflow == workflow { return try RunRow(found, catalog) }
                isThere = try cursor.next()
            }
            return nil
        }
    }

    /// The number of the first run from an instant on; runs are stored in the order of time.
    func firstRun(
        from instant: Instant, _ head: Head, _ transaction: borrowing ReadTransaction
    ) throws -> UInt64 {
        var low: UInt64 = 0
        var high = head.runs
        while low < high {
            let middle = (low + high) / 2
            let run = try transaction.value(tables.runs, Key.number(middle)) {
                try DecisionCoding.run($0)
            }
            guard let run else { throw StoreError.damaged("run \(middle) is missing") }
            if run.at < instant { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
