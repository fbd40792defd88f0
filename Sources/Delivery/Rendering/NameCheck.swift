import Core

/// Which names in a template nobody can have (SPEC 10).
struct NameCheck {
    private(set) var problems: [TemplateProblem] = []
    private let part: TemplatePart
    private let tags: [TemplateTag]
    private let settings: ProgramSettings?

    /// The names that templates know, in the order of SPEC 10.
    private static let topNames = [
        "partner", "name", "email", "attributes", "tags", "contract", "program", "constants",
        "unsubscribe_url",
    ]
    private static let contractNames = ["stage", "template_term"]

    /// Checks the names in one part; what asks for the program's settings only where these are known.
    init(_ compiled: CompiledPart, _ settings: ProgramSettings?) {
        part = compiled.part
        tags = compiled.tags
        self.settings = settings
        for tag in tags { check(tag) }
    }

    private mutating func check(_ tag: TemplateTag) {
        guard !tag.path.isEmpty else {
            if tag.parent == nil {
                fail(tag, "{{.}} stands in no section", fix: "write the name of a field")
            }
            return
        }
        for scope in scopes(of: tag) where isKnown(tag.path[0], in: scope) {
            check(tag, path: scope + tag.path)
            return
        }
        check(tag, path: tag.path)
    }

    /// The paths of the sections around a tag, from the inside out.
    private func scopes(of tag: TemplateTag) -> [[String]] {
        var paths: [[String]] = []
        var next = tag.parent
        while let index = next {
            if case .section = tags[index].kind { paths.append(tags[index].path) }
            next = tags[index].parent
        }
        return paths
    }

    /// Whether a section over a group would give the name a meaning of its own.
    private func isKnown(_ name: String, in scope: [String]) -> Bool {
        switch scope {
        case ["attributes"]: !Self.topNames.contains(name)
        case ["contract"]: !Self.topNames.contains(name)
        case ["program"]: name == "name"
        case ["constants"]:
            settings?.constants.contains { $0.name == name } ?? !Self.topNames.contains(name)
        default: scope.count == 2 && scope[0] == "contract" && Self.contractNames.contains(name)
        }
    }

    private mutating func check(_ tag: TemplateTag, path: [String]) {
        var isVariable = false
        if case .variable = tag.kind { isVariable = true }
        switch path[0] {
        case "partner", "name", "email", "unsubscribe_url":
            if path.count > 1 {
                fail(tag, "\(path[0]) has no fields", fix: "write {{\(path[0])}}")
            } else if path[0] == "unsubscribe_url", let settings,
                settings.unsubscribeBase == nil, isVariable, !scopes(of: tag).contains(path)
            {
                fail(
                    tag, "the program has no unsubscribe_base, so there is no unsubscribe_url",
                    fix: "write unsubscribe_base: https://… under program")
            }
        case "tags":
            if path.count > 1 || isVariable {
                fail(tag, "tags is a list", fix: "write {{#tags}}{{.}} {{/tags}}")
            }
        case "attributes":
            if path.count > 2 || isVariable && path.count == 1 {
                fail(tag, "\(tag.name) is no attribute", fix: "write {{attributes.NAME}}")
            }
        case "contract": checkContract(tag, path, isVariable: isVariable)
        case "program":
            if path != ["program", "name"], isVariable || path.count > 1 {
                fail(tag, "\(tag.name) is unknown", fix: "write {{program.name}}")
            }
        case "constants": checkConstant(tag, path, isVariable: isVariable)
        default:
            fail(
                tag, "\(shown(tag.name)) is unknown",
                fix: "templates know \(Self.topNames.joined(separator: ", "))")
        }
    }

    private mutating func checkContract(_ tag: TemplateTag, _ path: [String], isVariable: Bool) {
        let isField =
            path.count == 2 && (path[1] == "id" || Self.contractNames.contains(path[1]))
            || path.count == 3 && Self.contractNames.contains(path[2])
        guard !isField, isVariable || path.count > 2 else { return }
        fail(
            tag, "\(tag.name) is unknown",
            fix: "write contract.stage, contract.template_term, contract.id or contract.ID.stage")
    }

    private mutating func checkConstant(_ tag: TemplateTag, _ path: [String], isVariable: Bool) {
        if path.count == 1 {
            if isVariable {
                fail(tag, "constants is a group", fix: "write {{constants.NAME}}")
            }
            return
        }
        let constants = settings?.constants.map(\.name)
        if path.count > 2 || constants?.contains(path[1]) == false {
            let names = (constants ?? []).joined(separator: ", ")
            fail(
                tag, "the program has no constant \(path.dropFirst().joined(separator: "."))",
                fix: names.isEmpty
                    ? "write constants: {\(path[1]): …} under program"
                    : "its constants are \(names)")
        }
    }

    private mutating func fail(_ tag: TemplateTag, _ message: String, fix: String) {
        problems.append(
            TemplateProblem(
                part: part, line: tag.line, column: tag.column, message: message, fix: fix))
    }
}
