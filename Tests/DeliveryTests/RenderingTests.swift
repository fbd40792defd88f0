import Core
import Delivery
import Testing

private func template(
    _ text: String? = nil, subject: String = "s", html: String? = nil
) -> Template {
    Template(id: "t", name: "t", subject: subject, text: text, html: html)
}

private let ann = MailContext(
    partner: "p1", name: "Ann <b>", email: "ann@example.org",
    attributes: [
        .init(name: "level", value: .text("gold")), .init(name: "empty", value: .text("")),
        .init(name: "vip", value: .flag(true)), .init(name: "blocked", value: .flag(false)),
        .init(
            name: "big",
            value: .number(Decimal(isNegative: false, digits: [1, 2, 5], power: 58))),
        .init(
            name: "money",
            value: .number(Decimal(isNegative: true, digits: [1, 2, 5, 0, 5], power: -2))),
        .init(name: "zero", value: .number(Decimal(0))),
    ],
    tags: ["a&b", "vip"],
    contracts: [
        .init(id: "a", stage: "expired"),
        .init(id: "default", stage: "joined", templateTerm: "standard"),
    ],
    programName: "acme", constants: [.init(name: "link", value: "https://example.com/?a=1&b=2")],
    unsubscribeURL: "https://example.com/u/snd_1")

private func render(_ text: String, _ context: MailContext = ann) throws -> String? {
    try Renderer(template(text)).render(context).text
}

struct RenderingTests {
    @Test(
        "text parts",
        arguments: [
            ("a {{\nname\n}} b", "a Ann <b> b"), ("{{#tags}}{{\r\n.\r}},{{/tags}}", "a&b,vip,"),
            ("{{{\nname}}}", "Ann <b>"),
            ("Hello {{name}}", "Hello Ann <b>"), ("{{partner}} {{email}}", "p1 ann@example.org"),
            ("{{attributes.level}}", "gold"), ("{{attributes.vip}}", "true"),
            ("{{attributes.blocked}}", "false"), ("{{attributes.money}}", "-125.05"),
            ("{{attributes.zero}}", "0"),
            ("{{attributes.big}}", "125" + String(repeating: "0", count: 58)),
            ("[{{attributes.empty}}]", "[]"), ("{{#tags}}{{.}}, {{/tags}}", "a&b, vip, "),
            (
                "{{contract.stage}} {{contract.template_term}} {{contract.id}}",
                "joined standard default"
            ),
            ("{{contract.a.stage}}", "expired"), ("{{program.name}}", "acme"),
            ("{{constants.link}}", "https://example.com/?a=1&b=2"),
            ("{{unsubscribe_url}}", "https://example.com/u/snd_1"),
            ("{{{name}}} {{& name}}", "Ann <b> Ann <b>"), ("a{{! nothing }}b", "ab"),
            ("{{#name}}Hi {{name}}{{/name}}{{^name}}Hi{{/name}}", "Hi Ann <b>"),
            ("{{#attributes.blocked}}{{nonsense}}{{/attributes.blocked}}ok", "ok"),
            (
                "{{#attributes.empty}}x{{/attributes.empty}}{{^attributes.empty}}y{{/attributes.empty}}",
                "y"
            ),
            ("{{#attributes.none}}{{attributes.none}}{{/attributes.none}}.", "."),
            ("{{#contract}}{{stage}} of {{name}}{{/contract}}", "joined of Ann <b>"),
            ("{{#program}}{{name}}{{/program}}", "acme"),
            ("{{#attributes.level}}{{.}}{{/attributes.level}}", "gold"),
            ("\n{{#name}}\nx\n{{/name}}\ny\n", "\nx\ny\n"), ("", ""),
            ("a { b } {c}", "a { b } {c}"),
        ])
    func text(_ template: String, _ expected: String) throws {
        #expect(try render(template) == expected)
    }

    @Test func fieldsAreEscapedInHTMLAlone() throws {
        let all = "{{name}} {{{name}}} {{#tags}}{{.}} {{/tags}}{{constants.link}}"
        let rendered = try Renderer(template(all, subject: all, html: all)).render(ann)
        let plain = "Ann <b> Ann <b> a&b vip https://example.com/?a=1&b=2"
        #expect(rendered.subject == plain)
        #expect(rendered.text == plain)
        #expect(
            rendered.html
                == "Ann &lt;b&gt; Ann <b> a&amp;b vip https://example.com/?a=1&amp;b=2")
    }

    @Test("a field's text is never read as a template")
    func noSecondPass() throws {
        var context = ann
        context.name = "{{email}} {{#tags}}"
        #expect(try render("{{name}}", context) == "{{email}} {{#tags}}")
    }

    @Test(
        "a field that is missing stops the mail",
        arguments: [
            ("{{attributes.none}}", "attributes.none"), ("\n\n{{name}}", "name"),
            ("{{^name}}{{name}}{{/name}}", "name"),
            ("{{#attributes.vip}}{{attributes.none}}{{/attributes.vip}}", "attributes.none"),
            ("{{contract.none.stage}}", "contract.none.stage"),
            ("{{constants.none}}", "constants.none"),
            ("{{#tags}}{{name}}{{/tags}}", "name"), ("{{name.first}}", "name.first"),
        ])
    func missing(_ text: String, _ field: String) throws {
        var context = ann
        context.name = nil
        let line = text.split(separator: "\n", omittingEmptySubsequences: false).count
        #expect(throws: RenderingError.missing(field: field, part: .text, line: line)) {
            try render(text, context)
        }
    }

    @Test("a list or a group has no text", arguments: ["tags", "attributes", "contract.a"])
    func notText(_ name: String) {
        #expect(throws: RenderingError.notText(field: name, part: .text, line: 1)) {
            try render("{{\(name)}}")
        }
    }

    @Test("the result is bounded before it is made")
    func bounded() throws {
        var context = ann
        context.tags = Array(repeating: "tag", count: 100)
        let nested =
            String(repeating: "{{#tags}}", count: 12) + "{{.}}"
            + String(repeating: "{{/tags}}", count: 12)
        #expect(throws: RenderingError.tooLarge(part: .text, bytesMax: 1 << 20)) {
            try render(nested, context)
        }
        context.name = String(repeating: "<", count: 200_000)
        #expect(try render("{{name}}", context)?.count == 200_000)
        #expect(throws: RenderingError.tooLarge(part: .html, bytesMax: 1 << 20)) {
            try Renderer(template(html: "{{name}}")).render(context)
        }
    }

    struct Bad: CustomTestStringConvertible, Sendable {
        let text: String
        let line: Int
        let column: Int
        let says: String
        var testDescription: String { text.debugDescription.prefix(60).description }
    }

    @Test(
        "what is no template says where",
        arguments: [
            Bad(text: "a\nb {{name", line: 2, column: 3, says: "never closed"),
            Bad(text: "{{#name}}x", line: 1, column: 1, says: "section name is never closed"),
            Bad(text: "x{{/name}}", line: 1, column: 2, says: "closes no section"),
            Bad(text: "{{#a}}{{#b}}{{/a}}{{/b}}", line: 1, column: 13, says: "b must be closed"),
            Bad(text: "{{> other}}", line: 1, column: 1, says: "another"),
            Bad(text: "{{< other}}{{/other}}", line: 1, column: 1, says: "another"),
            Bad(text: "{{$ block}}{{/block}}", line: 1, column: 1, says: "another"),
            Bad(text: "{{=<% %>=}}", line: 1, column: 1, says: "cannot be used"),
            Bad(text: "{{% CONTENT_TYPE:TEXT}}", line: 1, column: 1, says: "cannot be used"),
            Bad(text: "é\n\n  {{uppercased(name)}}", line: 3, column: 3, says: "no name"),
            Bad(text: "{{}}", line: 1, column: 1, says: "no name"),
            Bad(text: "{{a..b}}", line: 1, column: 1, says: "no name"),
            Bad(text: "{{.name}}", line: 1, column: 1, says: "no name"),
            Bad(text: "{{first name}}", line: 1, column: 1, says: "no name"),
            Bad(text: "{{{name}}", line: 1, column: 1, says: "never closed"),
            Bad(
                text: String(repeating: "{{#name}}", count: 100_000 / 9), line: 1, column: 145,
                says: "nested"),
            Bad(text: String(repeating: "x", count: 300_000), line: 1, column: 1, says: "bytes"),
        ])
    func notATemplate(_ bad: Bad) {
        let error = #expect(throws: TemplateProblem.self) { try Renderer(template(bad.text)) }
        #expect(error?.message.contains(bad.says) == true, "\(error?.message ?? "")")
        #expect(error?.line == bad.line)
        #expect(error?.column == bad.column)
        #expect(error?.fix.isEmpty == false)
    }

    @Test(
        "names that nobody can have are found before anything is sent",
        arguments: [
            Bad(text: "a\n {{nmae}}", line: 2, column: 2, says: "\"nmae\" is unknown"),
            Bad(text: "{{constants.none}}", line: 1, column: 1, says: "no constant none"),
            Bad(
                text: "{{program.timezone}}", line: 1, column: 1,
                says: "program.timezone is unknown"),
            Bad(text: "{{name.first}}", line: 1, column: 1, says: "name has no fields"),
            Bad(text: "{{tags}}", line: 1, column: 1, says: "tags is a list"),
            Bad(
                text: "{{contract.amount}}", line: 1, column: 1, says: "contract.amount is unknown"),
            Bad(text: "{{attributes}}", line: 1, column: 1, says: "no attribute"),
            Bad(text: "{{.}}", line: 1, column: 1, says: "no section"),
            Bad(text: "{{#nmae}}{{/nmae}}", line: 1, column: 1, says: "\"nmae\" is unknown"),
            Bad(text: "{{unsubscribe_url}}", line: 1, column: 1, says: "no unsubscribe_base"),
            Bad(
                text: "{{#contract}}{{amount}}{{/contract}}", line: 1, column: 14,
                says: "amount is unknown"),
        ])
    func unknown(_ bad: Bad) throws {
        let settings = ProgramSettings(constants: [.init(name: "link", value: "x")])
        let problems = Renderer.problems(in: template(bad.text), settings: settings)
        let problem = try #require(problems.first)
        #expect(problems.count == 1)
        #expect(problem.message.contains(bad.says), "\(problem.message)")
        #expect(problem.line == bad.line)
        #expect(problem.column == bad.column)
    }

    @Test("names that somebody may have are none")
    func known() {
        let all = """
            {{partner}} {{name}} {{email}} {{attributes.any}} {{#tags}}{{.}}{{/tags}} {{contract.stage}}
            {{contract.template_term}} {{contract.x.stage}} {{program.name}} {{constants.link}}
            {{unsubscribe_url}} {{#attributes}}{{any}} {{name}}{{/attributes}}
            {{#contract}}{{stage}}{{/contract}} {{#constants}}{{link}}{{/constants}}
            """
        let settings = ProgramSettings(
            constants: [.init(name: "link", value: "x")], unsubscribeBase: "https://example.com")
        let found = Renderer.problems(
            in: template(all, subject: all, html: all), settings: settings)
        #expect(found.isEmpty, "\(found)")
    }

    @Test("a template may ask for the unsubscribe link of a program that has none")
    func guardedUnsubscribeLink() throws {
        let text =
            "a{{#unsubscribe_url}} {{unsubscribe_url}}{{/unsubscribe_url}}{{^unsubscribe_url}}b{{/unsubscribe_url}}"
        let problems = Renderer.problems(in: template(text), settings: ProgramSettings())
        #expect(problems.isEmpty, "\(problems)")
        var context = ann
        context.unsubscribeURL = nil
        #expect(try render(text, context) == "ab")
    }

    @Test("the unsubscribe link is the base and the send")
    func unsubscribeLink() {
        for (base, link) in [
            ("https://a.example/u", "https://a.example/u/snd_1"),
            ("https://a.example/u/", "https://a.example/u/snd_1"),
            ("https://a.example/u?s=", "https://a.example/u?s=snd_1"),
        ] {
            #expect(MailContext.unsubscribeURL(base: base, send: "snd_1") == link)
        }
    }
}
