import ArgumentParser
import Core
import Store

struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say why: a send, a membership, or what a workflow did with a partner.",
        discussion: """
            Shows the conditions with their verdicts, the values they looked at, the events that \
            made them so, and when a verdict changes if nothing happens.

              muster explain send snd_emmb8ge5jefajpfwx7bwfa9qyh
              muster explain member dormant p1 --at 2026-03-01
              muster explain workflow celebrate p1
            """,
        subcommands: [ExplainSend.self, ExplainMember.self, ExplainWorkflow.self])
}

struct ExplainSend: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send",
        abstract: "Say why an email was decided, or why it was suppressed.",
        discussion: """
              muster explain send snd_emmb8ge5jefajpfwx7bwfa9qyh --partner ada
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: TreeFormatOptions

    @Argument(help: "The send's id.")
    var id: String

    @Option(help: "The partner it went to: saves looking through all sends.")
    var partner: String?

    func run() throws {
        try Failure.translating {
            let answer = try store.open(isReadOnly: true)
                .explainSend(Name(id), partner: partner.map { Name($0) })
            try format.print(ExplanationTree.tree(answer)) { $0.add(answer) }
        }
    }
}

struct ExplainMember: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "member",
        abstract: "Say why a partner is in a segment, or why not.",
        discussion: """
              muster explain member dormant p1 --at 2026-03-01T12:00:00Z
              muster explain member dormant p1 --at 2026-03-01 --corrected
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: TreeFormatOptions
    @OptionGroup var view: ViewpointOptions

    @Argument(help: "The segment's id.")
    var segment: String

    @Argument(help: "The partner's id.")
    var partner: String

    func run() throws {
        try Failure.translating {
            let store = try store.open(isReadOnly: true)
            let answer = try store.explainMember(
                Name(segment), Name(partner), view.viewpoint(store.zone))
            try format.print(ExplanationTree.tree(answer)) { $0.add(answer) }
        }
    }
}

struct ExplainWorkflow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workflow",
        abstract: "Say when a workflow acted on a partner, or why it did not.",
        discussion: """
              muster explain workflow celebrate p1
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: TreeFormatOptions

    @Argument(help: "The workflow's id.")
    var workflow: String

    @Argument(help: "The partner's id.")
    var partner: String

    func run() throws {
        try Failure.translating {
            let answer = try store.open(isReadOnly: true)
                .explainWorkflow(Name(workflow), Name(partner))
            try format.print(ExplanationTree.tree(answer)) { $0.add(answer) }
        }
    }
}

/// How an explanation is written.
struct TreeFormatOptions: ParsableArguments {
    @Option(
        help: "text for people, ndjson: one object, or csv: a row for each of its values.")
    var format: Format = .text

    func print(_ tree: Tree, text: (inout ExplanationText) -> Void) throws {
        var output = Output()
        switch format {
        case .csv:
            var rows = Rows(["path", "value"], .csv)
            try tree.eachValue { path, value in try rows.append([Cell(path), value]) }
            try rows.finish()
        case .ndjson:
            try output.write { buffer in
                tree.append(to: &buffer)
                buffer.append(10)
            }
        case .text:
            var explanation = ExplanationText()
            text(&explanation)
            try output.write { buffer in
                for line in explanation.lines { buffer.append(contentsOf: (line + "\n").utf8) }
            }
        }
        try output.flush()
    }
}
