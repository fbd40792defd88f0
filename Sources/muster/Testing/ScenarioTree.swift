import Core
import Definitions
import Engine
import Scenarios

/// What came of a scenario, for programs: `Schemas/test.schema.json` says what each key means.
enum ScenarioTree {
    static func tree(_ scenario: Scenario, _ failures: [ScenarioFailure]) -> Tree {
        .object([
            ("scenario", .cell(Cell(scenario.name))),
            ("file", .cell(Cell(scenario.place.file))),
            ("passed", .cell(.flag(failures.isEmpty))),
            ("failures", .list(failures.map { tree($0) })),
        ])
    }

    private static func tree(_ failure: ScenarioFailure) -> Tree {
        .object([
            ("line", .cell(.number(failure.place.line))),
            ("path", .cell(Cell(failure.path))),
            ("at", .cell(.instant(failure.at))),
            ("missing", .list(failure.missing.map { tree($0) })),
            ("unexpected", .list(failure.unexpected.map { tree($0) })),
            ("membership", failure.membership.map { tree($0) } ?? .null),
        ])
    }

    private static func tree(_ membership: ScenarioFailure.Membership) -> Tree {
        .object([
            ("partner", .cell(Cell(membership.history.partner))),
            ("member", .cell(.flag(membership.isMember))),
            ("candidate", .cell(.flag(!membership.history.events.isEmpty))),
            ("flips_at", membership.flipsAt.map { .cell(.instant($0)) } ?? .null),
            ("condition", ExplanationTree.condition(membership.explanation, membership.history)),
        ])
    }

    private static func tree(_ row: Row) -> Tree {
        .object(row.fields.map { ($0.name, .cell(Cell($0.value))) })
    }
}

extension Cell {
    fileprivate init(_ value: FieldValue) {
        switch value {
        case .text(let name): self = Cell(name)
        case .number(let number): self = .number(number)
        case .flag(let flag): self = .flag(flag)
        case .instant(let instant): self = .instant(instant)
        case .null: self = .null
        }
    }
}
