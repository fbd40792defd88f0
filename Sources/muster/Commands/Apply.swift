import ArgumentParser
import Core
import Definitions
import Store

struct Apply: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put segments, templates, workflows and automations in force.",
        discussion: """
            Everything is checked first, and nothing is changed if anything is wrong. What changed \
            takes effect at once; whom that moves into or out of a segment sets off no automation. \
            Several files may hold the same definition, if they say it in the same way. \
            Constants and the unsubscribe_base that a program section does not give stay as they are; \
            constants: {}, unsubscribe_base: null or, where there is such a section, --prune removes them.

              muster apply program.yaml campaigns/*.yaml
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var wait: WaitOptions

    @Flag(help: "Retire what is in force and the files no longer name.")
    var prune = false

    @Argument(help: "Definition files, YAML or JSON; - is standard input.")
    var files: [String]

    func run() throws {
        let sources = try files.map { DefinitionSource(file: $0, bytes: try Files.read($0)) }
        let (changes, catalog) = try Failure.translating {
            let writer = try Writer(store.open(isReadOnly: false), ingests: false)
            try writer.begin(waitSeconds: wait.seconds)
            let catalog = try writer.store.catalog()
            let changes = try DefinitionPlan.changes(
                sources, catalog, writer.store.program, prune: prune)
            if changes.isEmpty {
                writer.abandon()
            } else {
                try writer.define(changes)
                _ = try writer.commit(flushingState: true)
            }
            return (changes, catalog)
        }
        for change in changes {
            let id = change.kind == .program ? "settings" : change.id.description
            Output.error("\(catalog.effect(of: change).word) \(change.kind.word) \(id)")
        }
        if changes.isEmpty { Output.error("nothing to change") }
    }
}
