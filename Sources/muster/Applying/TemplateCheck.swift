import Core
import Definitions
import Delivery

/// What can be known to be wrong with a template before anybody is mailed (SPEC 10).
enum TemplateCheck {
    /// Checks the templates of definition files.
    ///
    /// - Parameters:
    ///   - definitions: What the files hold.
    ///   - documents: The files, for the places of faults; asked for where there are any.
    ///   - settings: The program's settings; nil where they are not known.
    /// - Returns: The faults in the order of the templates.
    /// - Throws: What `documents` throws.
    static func errors(
        _ definitions: [CanonicalDefinition],
        _ documents: @autoclosure () throws -> [DefinitionDocument], settings: ProgramSettings?
    ) rethrows -> [DefinitionError] {
        var errors: [DefinitionError] = []
        for case .template(let template) in definitions.map(\.definition) {
            for problem in Renderer.problems(in: template, settings: settings) {
                let (place, path) = place(
                    of: template.id, problem.part.rawValue, try documents())
                errors.append(
                    DefinitionError(
                        file: place.file, line: place.line, column: place.column, path: path,
                        message: "line \(problem.line) of the text, column \(problem.column): "
                            + problem.message, fix: problem.fix))
            }
        }
        return errors
    }

    /// Checks the templates that stay in force against settings that change.
    ///
    /// - Parameters:
    ///   - definitions: What the files hold, the program section completed.
    ///   - section: Where the program section is.
    ///   - staying: What is in force and stays, unless the files name it.
    ///   - earlier: The settings in force: what is wrong under them already is no reason to refuse others.
    /// - Returns: What would be wrong with them from then on, in the order of the templates.
    static func errors(
        _ definitions: [CanonicalDefinition], under section: ProgramCheck,
        staying: [CanonicalDefinition], _ earlier: ProgramSettings
    ) -> [DefinitionError] {
        let settings = DefinitionPlan.settings(in: definitions)
        var named: Set<Name> = []
        for case .template(let template) in definitions.map(\.definition) {
            named.insert(template.id)
        }
        var errors: [DefinitionError] = []
        for case .template(let template) in staying.map(\.definition)
        where !named.contains(template.id) {
            let known = Renderer.problems(in: template, settings: earlier).map(\.message)
            for problem in Renderer.problems(in: template, settings: settings)
            where !known.contains(problem.message) {
                errors.append(
                    section.error(
                        "the template \(template.id) stays in force, and line \(problem.line) of "
                            + "its \(problem.part.rawValue) asks for more: \(problem.message)",
                        fix: "\(problem.fix), or change the template in the same apply"))
            }
        }
        return errors
    }

    /// Where a part of a template is, and its path there.
    private static func place(
        of template: Name, _ part: String, _ documents: [DefinitionDocument]
    ) -> (Place, path: String) {
        for document in documents {
            guard case .list(let nodes)? = document.root.value(of: "templates")?.content
            else { continue }
            for (index, node) in nodes.enumerated() where isNamed(node, template) {
                let value = node.value(of: part) ?? node
                let path = "templates[\(index)].\(part)"
                return (
                    Place(file: document.file, line: value.line, column: value.column),
                    document.path.isEmpty ? path : "\(document.path).\(path)"
                )
            }
        }
        return (Place(file: documents.first?.file ?? "", line: 1, column: 1), "templates")
    }

    private static func isNamed(_ node: Node, _ id: Name) -> Bool {
        switch node.value(of: "id")?.content {
        case .plain(let text), .text(let text), .number(let text): Name(text) == id
        default: false
        }
    }
}
