import Foundation
import Testing

/// What the pages promise is so: the demo's output, and an example in every command's help.
struct ReadmeTests {
    /// Fenced blocks of the README called `console`: a line that begins with `$` is a command, the
    /// lines up to the next one are all that it prints.
    private static func transcripts() throws -> [[(command: String, output: String)]] {
        let text = try String(contentsOfFile: Programs.path("README.md"), encoding: .utf8)
        return text.components(separatedBy: "```console\n").dropFirst().map { block in
            var steps: [(command: String, output: String)] = []
            for line in block.components(separatedBy: "```")[0].components(separatedBy: "\n") {
                if line.hasPrefix("$ ") {
                    steps.append((String(line.dropFirst(2)), ""))
                } else if !line.isEmpty, !steps.isEmpty {
                    steps[steps.count - 1].output += line + "\n"
                }
            }
            return steps
        }
    }

    /// The files that the README shows: a line with the name in code and a colon, then the block.
    private static func files() throws -> [(name: String, text: String)] {
        let text = try String(contentsOfFile: Programs.path("README.md"), encoding: .utf8)
        let block = #/\n`([a-z.]+)`:\n\n?```[a-z]*\n((?s).*?)```/#
        return text.matches(of: block).map { (String($0.1), String($0.2)) }
    }

    @Test("the demo in the README prints what the README says")
    func demo() throws {
        let transcripts = try Self.transcripts()
        #expect(!transcripts.isEmpty)
        let scratch = try Scratch()
        defer { scratch.remove() }
        for file in try Self.files() {
            try Data(file.text.utf8).write(to: scratch.url(file.name))
        }
        for steps in transcripts {
            for step in steps {
                let outcome = try Programs.run(
                    "/bin/bash", ["-c", "\(step.command) 2>&1"], in: scratch.directory)
                #expect(outcome.text == step.output, "after: \(step.command)")
            }
        }
    }

    @Test("every command's help shows an example of it")
    func helpHasExamples() throws {
        let help = try Programs.muster(["--help"])
        let commands =
            help.text.components(separatedBy: "SUBCOMMANDS:\n").last?
            .components(separatedBy: "\n")
            .compactMap { $0.firstMatch(of: #/^  ([a-z-]+) /#).map { String($0.1) } } ?? []
        #expect(commands.count >= 11)
        for command in commands where command != "help" {
            let text = try Programs.muster([command, "--help"]).text
            #expect(text.contains("  muster \(command) "), "\(command) --help has no example")
        }
    }

    @Test("completion scripts are made for each shell", arguments: ["bash", "zsh", "fish"])
    func completions(shell: String) throws {
        let script = try Programs.muster(["--generate-completion-script", shell])
        #expect(script.status == 0)
        #expect(script.text.contains("schema"))
    }
}
