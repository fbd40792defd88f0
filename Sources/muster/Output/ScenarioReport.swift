import Core
import Definitions
import Scenarios
import Wire

/// What came of scenarios: a line each on standard output, failures in full on standard error.
struct ScenarioReport {
    private let format: Format
    private var output = Output()
    private var rows: Rows
    private var passedCount = 0
    private(set) var failedCount = 0

    init(_ format: Format) {
        self.format = format
        rows = Rows(["scenario", "file", "passed", "failures"], format)
    }

    mutating func append(_ scenario: Scenario, _ failures: [ScenarioFailure]) throws {
        let hasPassed = failures.isEmpty
        passedCount += hasPassed ? 1 : 0
        failedCount += hasPassed ? 0 : 1
        let name = scenario.name.withoutControls
        switch format {
        case .text:
            try output.write { buffer in
                buffer.append(contentsOf: "\(hasPassed ? "passed" : "FAILED")  \(name)\n".utf8)
            }
        case .ndjson:
            try output.write { ScenarioJSON.append(scenario, failures, to: &$0) }
        case .csv:
            try rows.append([
                Cell(scenario.name), Cell(scenario.place.file), .flag(hasPassed),
                .number(failures.count),
            ])
        }
        guard !hasPassed else { return }
        try output.flush()
        for failure in failures { ScenarioText.report(failure) }
    }

    /// Prints what is left and the closing line: with the results in text, else beside them.
    mutating func finish() throws {
        let closing = "\(passedCount) passed, \(failedCount) failed"
        if format == .text {
            try output.write { $0.append(contentsOf: (closing + "\n").utf8) }
        } else if format == .csv {
            try rows.finish()
        }
        try output.flush()
        if format != .text { Output.error(closing) }
    }
}

/// A scenario as one JSON object.
private enum ScenarioJSON {
    static func append(
        _ scenario: Scenario, _ failures: [ScenarioFailure], to buffer: inout [UInt8]
    ) {
        buffer.append(ascii: #"{"scenario":"#)
        buffer.append(jsonString: scenario.name)
        buffer.append(ascii: #","file":"#)
        buffer.append(jsonString: scenario.place.file)
        buffer.append(ascii: failures.isEmpty ? #","passed":true"# : #","passed":false"#)
        buffer.append(ascii: #","failures":["#)
        for (index, failure) in failures.enumerated() {
            if index > 0 { buffer.append(UInt8(ascii: ",")) }
            append(failure, to: &buffer)
        }
        buffer.append(ascii: "]}\n")
    }

    private static func append(_ failure: ScenarioFailure, to buffer: inout [UInt8]) {
        buffer.append(ascii: #"{"line":"#)
        buffer.append(decimal: Int64(failure.place.line))
        buffer.append(ascii: #","path":"#)
        buffer.append(jsonString: failure.path)
        buffer.append(ascii: #","at":"#)
        buffer.append(jsonInstant: failure.at)
        for (key, rows) in [("missing", failure.missing), ("unexpected", failure.unexpected)] {
            buffer.append(UInt8(ascii: ","))
            buffer.append(jsonString: key)
            buffer.append(ascii: ":[")
            for (index, row) in rows.enumerated() {
                if index > 0 { buffer.append(UInt8(ascii: ",")) }
                append(row, to: &buffer)
            }
            buffer.append(ascii: "]")
        }
        buffer.append(ascii: #","explanation":["#)
        for (index, line) in failure.explanation.enumerated() {
            if index > 0 { buffer.append(UInt8(ascii: ",")) }
            buffer.append(jsonString: line)
        }
        buffer.append(ascii: "]}")
    }

    private static func append(_ row: Row, to buffer: inout [UInt8]) {
        buffer.append(UInt8(ascii: "{"))
        for (index, field) in row.fields.enumerated() {
            if index > 0 { buffer.append(UInt8(ascii: ",")) }
            buffer.append(jsonString: field.name)
            buffer.append(UInt8(ascii: ":"))
            switch field.value {
            case .text(let name): buffer.append(jsonString: name.bytes.span)
            case .instant(let instant): buffer.append(jsonInstant: instant)
            case .number, .flag, .null: buffer.append(contentsOf: field.value.text.utf8)
            }
        }
        buffer.append(UInt8(ascii: "}"))
    }
}

/// A failure in words: expected and found side by side.
private enum ScenarioText {
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
        lines += failure.explanation.map { "  | \($0)" }
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
}
