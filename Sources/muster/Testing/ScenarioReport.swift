import Core
import Definitions
import Scenarios

/// What came of scenarios: a line each on standard output, failures in full on standard error.
struct ScenarioReport {
    private let format: Format
    private var output = Output()
    private var rows: Rows
    private var passedCount = 0
    private(set) var failedCount = 0

    /// Whether no scenario was run.
    var isEmpty: Bool { passedCount + failedCount == 0 }

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
            try output.write { buffer in
                ScenarioTree.tree(scenario, failures).append(to: &buffer)
                buffer.append(UInt8(ascii: "\n"))
            }
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
