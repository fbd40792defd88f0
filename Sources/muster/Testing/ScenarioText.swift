import Core
import Definitions
import Engine
import Scenarios
import Wire

/// A failure in words: expected and found side by side.
enum ScenarioText {
    /// How many rows of each kind are shown.
    private static let rowsMax = 20

    static func report(_ failure: ScenarioFailure) {
        var lines = ["\(failure.place): \(failure.path), at \(timestampText(failure.at))"]
        let columns = columns(of: failure)
        func text(_ row: Row) -> String {
            columns.map { row.value(of: $0)?.text ?? "*" }.joined(separator: "  ")
        }
        var table = failure.matched.prefix(rowsMax).map { (" ", text($0), " ", text($0)) }
        for index in 0..<min(rowsMax, max(failure.missing.count, failure.unexpected.count)) {
            let missing = index < failure.missing.count ? text(failure.missing[index]) : nil
            let found = index < failure.unexpected.count ? text(failure.unexpected[index]) : nil
            table.append(
                (missing == nil ? " " : "-", missing ?? "", found == nil ? " " : "+", found ?? ""))
        }
        let head = columns.count > 1 ? " (\(columns.joined(separator: ", ")))" : ""
        let width = (table.map(\.1.count) + ["expected".count + head.count]).max() ?? 0
        table.insert((" ", "expected" + head, " ", "found"), at: 0)
        for (left, expected, right, found) in table {
            let gap = String(repeating: " ", count: width - expected.count)
            let line = "  \(left) \(expected)\(gap)  \(right) \(found)"
            lines.append(String(line.reversed().drop { $0 == " " }.reversed()))
        }
        for (rows, word) in [
            (failure.matched, "as expected"), (failure.missing, "missing"),
            (failure.unexpected, "unexpected"),
        ] where rows.count > rowsMax {
            lines.append("  … and \(rows.count - rowsMax) more \(word)")
        }
        if let earlier = failure.earlier {
            let time = earlier.row.value(of: "decided_at") ?? earlier.row.value(of: "at")
            lines.append(
                "  | \(text(earlier.row)) was decided at \(time?.text ?? "*"), before the "
                    + "expectation of \(earlier.step)")
        }
        if let membership = failure.membership {
            lines += explanation(membership).map { "  | \($0)" }
        }
        for line in lines { Output.error("  " + line.withoutControls) }
    }

    /// The fields that the expectation names, else those that tell rows apart.
    private static func columns(of failure: ScenarioFailure) -> [String] {
        let expected = failure.matched + failure.missing
        let named = failure.subject.columns.filter { column in
            expected.contains { $0.value(of: column) != nil }
        }
        return named.isEmpty ? failure.subject.mainColumns : named
    }

    /// Why the first wrong member is in the segment, or why not.
    private static func explanation(_ membership: ScenarioFailure.Membership) -> [String] {
        let history = membership.history
        let verdict = membership.isMember ? "in" : "not in"
        let flip =
            membership.flipsAt.map { ", until \(timestampText($0)) if nothing happens" } ?? ""
        let head = "\(history.partner) is \(verdict) it\(flip)"
        guard !history.events.isEmpty else {
            return [head, "no event has named it, and who has none is in no segment"]
        }
        var text = ExplanationText()
        text.add(membership.explanation, history, depth: 0)
        return [head] + text.lines
    }
}
