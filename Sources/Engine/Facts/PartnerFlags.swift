/// Verdicts of lasting leaves, memberships, and which segments have a due instant, for all partners.
///
/// Those of one partner lie side by side, because most events look at all three.
struct PartnerFlags: Sendable {
    private var rows: BitRows
    private let members: Int
    private let dues: Int

    /// Makes cleared flags.
    init(leaves: Int, segments: Int, partners: Int) {
        members = leaves
        dues = leaves + segments
        rows = BitRows(width: leaves + 2 * segments, count: partners)
    }

    mutating func appendPartner() {
        rows.appendRow()
    }

    mutating func clear(_ partner: Int) {
        rows.clear(partner)
    }

    /// The verdict of a lasting leaf.
    @inline(__always)
    subscript(leaf leaf: Int, of partner: Int) -> Bool {
        get { rows[partner, leaf] }
        set { rows[partner, leaf] = newValue }
    }

    /// Whether the partner is in the segment at a position in the order of evaluation.
    @inline(__always)
    subscript(member position: Int, of partner: Int) -> Bool {
        get { rows[partner, members + position] }
        set { rows[partner, members + position] = newValue }
    }

    /// Whether the segment at a position has a due instant.
    @inline(__always)
    subscript(due position: Int, of partner: Int) -> Bool {
        get { rows[partner, dues + position] }
        set { rows[partner, dues + position] = newValue }
    }

    /// Begins to load a partner's flags.
    mutating func prefetch(_ partner: Int) { rows.prefetch(partner) }

    /// Whether a segment can be true, as far as lasting leaves say.
    @inline(__always)
    func isOpen(_ gate: SegmentProgram.Gate, of partner: Int) -> Bool {
        gate.isOpen(rows.words.span.extracting(rows.range(partner)))
    }
}
