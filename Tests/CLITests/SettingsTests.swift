import Testing

/// What a `program` section changes and what it leaves (SPEC 5), with templates in force that use the settings (SPEC 10).
struct SettingsTests {
    private static let rules = """
        program: { name: acme, unsubscribe_base: "https://u.example/x", constants: { link: "https://l.example" } }
        templates:
          - { id: a, subject: Hello, text: "See {{constants.link}}" }
          - { id: b, subject: Hello, text: "Leave: {{unsubscribe_url}}" }
        automations:
          - { id: greet, on: { tag_assigned: now }, do: [{ send_email: a }, { send_email: b }], state: active }

        """

    private func apply(
        _ sandbox: Sandbox, _ definitions: String, _ more: String...
    ) throws -> Outcome {
        try sandbox.write(definitions, to: "next.yaml")
        return try sandbox.run(["apply", "next.yaml"] + more)
    }

    @Test("What a program section does not give stays as it is, and mail can be made of it")
    func stays() throws {
        let sandbox = try Sandbox(Self.rules)
        let header = "program: { name: acme, timezone: UTC, currency: USD }\n"
        let next = try apply(sandbox, header)
        #expect(next.status == 0 && next.err == "nothing to change\n", "\(next)")
        let other = try apply(
            sandbox, "program: { constants: { link: \"https://l2.example\" } }\n")
        #expect(other.status == 0 && other.err == "changed program settings\n", "\(other)")
        try sandbox.must(
            "ingest",
            input: address("1", "ada", at: "2026-03-01T12:00:00Z")
                + tag("2", "ada", "now", at: "2026-03-01T12:10:00Z"))
        let mailed = try sandbox.muster("deliver", "--to", "stdout", "--max-age", "100000d")
        #expect(mailed.err == "2 delivered\n", "\(mailed)")
        #expect(mailed.out.contains("See https://l2.example"))
        #expect(mailed.out.contains("Leave: https://u.example/x/snd_"))
        try sandbox.must("audit")
    }

    @Test("What is wrong with templates is told in the order of the files")
    func fileOrder() throws {
        let sandbox = try Sandbox(Self.rules)
        let templates = ["t9", "t1", "t10"].map {
            "- { id: \($0), subject: Hello, text: \"{{constants.none}}\" }\n"
        }
        try sandbox.write("templates:\n- { id: a0, subject: '{{x}}', text: b }\n", to: "a.yaml")
        let next = try apply(sandbox, "templates:\n" + templates.joined(), "a.yaml")
        #expect(next.status == 65)
        let places = next.err.matches(of: #/error: ([a-z.]+:[0-9]+):/#).map { String($0.1) }
        #expect(places == ["next.yaml:2", "next.yaml:3", "next.yaml:4", "a.yaml:2"])
    }

    @Test(
        "What templates in force use can't be taken away",
        arguments: [
            ("program: { constants: {} }\n", "a", "no constant link"),
            ("program: { constants: null }\n", "a", "no constant link"),
            ("program: { constants: { other: x } }\n", "a", "no constant link"),
            ("program: { unsubscribe_base: null }\n", "b", "no unsubscribe_base"),
        ])
    func refused(definitions: String, template: String, message: String) throws {
        let sandbox = try Sandbox(Self.rules)
        let before = try sandbox.must("export")
        let next = try apply(sandbox, definitions)
        #expect(next.status == 65)
        #expect(next.err.contains("next.yaml:1:10"), "\(next.err)")
        #expect(next.err.contains("the template \(template) stays in force"), "\(next.err)")
        #expect(next.err.contains(message) && next.err.contains("fix: "), "\(next.err)")
        #expect(try sandbox.must("export") == before)
    }

    @Test("What nothing uses any more can be removed, also by --prune")
    func removed() throws {
        let sandbox = try Sandbox(Self.rules)
        let plain =
            Self.rules.split(separator: "\n").dropFirst().joined(separator: "\n")
            .replacing("{{constants.link}}", with: "this")
            .replacing("{{unsubscribe_url}}", with: "never") + "\n"
        let next = try apply(sandbox, "program: { name: acme }\n" + plain, "--prune")
        #expect(next.status == 0 && next.err.contains("changed program settings"), "\(next)")
        let again = try apply(sandbox, Self.rules)
        #expect(again.status == 0 && again.err.contains("changed program settings"), "\(again)")
        let emptied = try apply(
            sandbox, "program: { unsubscribe_base: null, constants: {} }\n" + plain)
        #expect(emptied.status == 0 && emptied.err.contains("changed program settings"))
        #expect(try !sandbox.must("export").split(separator: "\n").last!.contains("u.example"))
    }

    @Test("A program section that says what the store knows is no change")
    func nothing() throws {
        let sandbox = try Sandbox("segments: [{ id: s, match: { tag: { any_of: [x] } } }]\n")
        let next = try apply(sandbox, "program: { name: acme, currency: USD }\n")
        #expect(next.status == 0 && next.err == "nothing to change\n", "\(next)")
    }
}
