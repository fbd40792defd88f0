public import Core

/// Partners whose state lies in a store until something happens to them, so that opening a store costs
/// their outlines alone.
extension Engine {
    /// Stands for the stored states of an engine in which nobody is absent.
    public static func nobodyIsAbsent(_ partner: PartnerNumber) -> PartnerState {
        fatalError("partner \(partner) is absent, and its state is nowhere to be had")
    }

    /// Takes note of an absent partner.
    ///
    /// - Returns: False where the outline can't be that of a partner of this engine: it names a segment
    ///   that there is not, or an instant that has passed.
    public mutating func note(
        _ outline: borrowing PartnerOutline, of partner: PartnerNumber
    ) -> Bool {
        for entry in outline.memberships {
            guard Int(entry.segment) < members.count else { return false }
            members[Int(entry.segment)].set(partner, to: true)
            if outline.hasAddress { withAddress[Int(entry.segment)] += 1 }
            for position in rules.segmentWorkflows[Int(entry.segment)] {
                let isChosen = isCandidate(
                    entry, marks: outline.marks,
                    isReachable: outline.hasAddress && outline.suppression == nil, position)
                if isChosen { candidates[position].set(partner, to: true) }
            }
        }
        for due in outline.dues {
            guard Int(due.segment) < members.count, due.at > now else { return false }
            dueQueue.add(DueQueue.Entry(partner, due.segment, at: due.at))
        }
        return true
    }

    /// Sees to it that a partner is there.
    @inline(__always)
    mutating func admit(
        _ partner: PartnerNumber, fetching fetch: (PartnerNumber) throws -> PartnerState
    ) rethrows {
        guard partners[Int(partner)].isAbsent else { return }
        admit(partner, as: try fetch(partner))
    }

    /// Sees to it that everybody is there.
    ///
    /// - Throws: What `fetch` throws; the engine is of no more use then.
    public mutating func admitAll(
        fetching fetch: (PartnerNumber) throws -> PartnerState
    ) rethrows {
        guard absentCount > 0 else { return }
        for partner in partners.indices { try admit(PartnerNumber(partner), fetching: fetch) }
    }

    /// Sees to it that a segment's members are there.
    ///
    /// - Throws: What `fetch` throws; the engine is of no more use then.
    public mutating func admitMembers(
        of segment: SegmentNumber,
        fetching fetch: (PartnerNumber) throws -> PartnerState
    ) rethrows {
        for partner in members[Int(segment)].members { try admit(partner, fetching: fetch) }
    }

    private mutating func admit(_ partner: PartnerNumber, as state: consuming PartnerState) {
        let row = Int(partner)
        partners[row] = state
        partners[row].isUntouched = false
        partners[row].deriveRelationship()
        partners[row].deriveReachability()
        resetFlags(of: partner)
        absentCount -= 1
    }
}
