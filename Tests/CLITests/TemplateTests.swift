import Foundation
import Testing

/// Ready programs from outside (SPEC 5).
struct TemplateTests {
    static let names = [
        "approve-top-creators", "automate-prospecting", "celebrate-first-sale",
        "celebrate-top-performers", "partner-reactivation", "welcome-kickstart",
    ]

    @Test("the list names them all, and they can all be in force together")
    func together() throws {
        let sandbox = try Sandbox()
        try sandbox.must("init", "--timezone", "America/New_York", "--currency", "USD")
        let listed = try sandbox.must("templates").split(separator: "\n")
        #expect(listed.map { String($0.prefix { $0 != "\t" }) } == Self.names)
        for name in Self.names {
            try sandbox.must("templates", "show", name, "--to", ".")
            try sandbox.must("apply", "\(name).yaml")
        }
        let outcome = try sandbox.run(["test"] + Self.names.map { "\($0).scenario.yaml" })
        #expect(outcome.lines.last == "\(Self.names.count) passed, 0 failed", "\(outcome)")
    }

    @Test(
        "whatever is chosen, the program can be applied and its scenario passes", arguments: 1...20)
    func choices(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        func rising(_ count: Int, upTo limit: Int) -> String {
            var numbers: Set<Int> = []
            while numbers.count < count {
                // Small ones too, so that some are neighbours.
                numbers.insert(1 + random.below(random.oneIn(2) ? 12 : limit))
            }
            return numbers.sorted().map(String.init).joined(separator: ",")
        }
        let words = ["Standard", "a \"b\" & c: #d {x}", "été \\ [1]", "%", "* x", "{{name}}"]
        let options: [String: [String]] = [
            "approve-top-creators": ["--tag", words[random.below(words.count)]],
            "automate-prospecting": [
                "--intervals", rising(1 + random.below(5), upTo: 365), "--term",
                words[random.below(words.count)], "--link", "https://example.com/?a=1&b='2'#x",
            ],
            "celebrate-first-sale": ["--intervals", rising(2, upTo: 365)],
            "celebrate-top-performers": ["--amounts", rising(2, upTo: 1_000_000_000)],
            "partner-reactivation": ["--intervals", rising(1 + random.below(12), upTo: 365)],
            "welcome-kickstart": ["--intervals", rising(1, upTo: 365)],
        ]
        let sandbox = try Sandbox()
        try sandbox.must("init", "--timezone", "UTC", "--currency", "EUR")
        for name in Self.names {
            let given = try #require(options[name])
            let shown = try sandbox.run(["templates", "show", name, "--to", "."] + given)
            #expect(shown.status == 0, "\(given): \(shown)")
            let tested = try sandbox.muster("test", "\(name).scenario.yaml")
            #expect(tested.status == 0, "\(given): \(tested)")
            let applied = try sandbox.muster("apply", "\(name).yaml")
            #expect(applied.status == 0, "\(given): \(applied)")
        }
    }

    @Test("a scenario fails where the program does not do what it says")
    func scenariosBite() throws {
        let changes = [
            "approve-top-creators": ("do: [accept_application]", "do: [{ add_tag: x }]"),
            "automate-prospecting": ("last_days: 1", "days_ago: 0"),
            "celebrate-first-sale": ("last_days: 1", "days_ago: 0"),
            "celebrate-top-performers": ("from: 1, to: 31", "from: 1, to: 30"),
            "partner-reactivation": ("equals: 0", "at_least: 0"),
            "welcome-kickstart": ("last_days: 1", "days_ago: 0"),
        ]
        for name in Self.names {
            let sandbox = try Sandbox()
            try sandbox.must("templates", "show", name, "--to", ".")
            let (right, wrong) = try #require(changes[name])
            let program = try sandbox.read("\(name).yaml")
            #expect(program.contains(right))
            try sandbox.write(program.replacing(right, with: wrong), to: "\(name).yaml")
            #expect(try sandbox.muster("test", "\(name).scenario.yaml").status == 1, "\(name)")
        }
    }

    @Test("nothing is overwritten, and of two files none is left where one can't be made")
    func overwriting() throws {
        let sandbox = try Sandbox()
        try sandbox.write("mine", to: "welcome-kickstart.scenario.yaml")
        let outcome = try sandbox.muster("templates", "show", "welcome-kickstart", "--to", ".")
        #expect(outcome.status == 73)
        #expect(try sandbox.read("welcome-kickstart.scenario.yaml") == "mine")
        #expect(!FileManager.default.fileExists(atPath: sandbox.path("welcome-kickstart.yaml")))
    }
}
