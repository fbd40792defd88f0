import Core
import Definitions
import Store

/// What definition files say, and what applying them would change.
enum DefinitionPlan {
    /// - Throws: ``Failure`` with status 65 that shows every error in the files.
    static func changes(
        _ sources: [DefinitionSource], _ catalog: Catalog, _ program: ProgramRecord, prune: Bool
    ) throws -> [CanonicalChange] {
        guard !sources.isEmpty else { return [] }
        let inForce = settings(in: try catalog.inForce())
        let definitions = try definitions(sources, catalog, program, prune: prune)
            .filter { definition in
                guard case .program(let written) = definition.definition else { return true }
                // All else in the section is the store's, and only compared.
                return written.constants != inForce.constants
                    || written.unsubscribeBase != inForce.unsubscribeBase
            }
        return catalog.changes(to: definitions, prune: prune)
    }

    /// - Throws: ``Failure`` with status 65 that shows every error in the files.
    static func definitions(
        _ sources: [DefinitionSource], _ catalog: Catalog, _ program: ProgramRecord, prune: Bool
    ) throws -> [CanonicalDefinition] {
        do {
            let inForce = try catalog.inForce()
            let read = try readDefinitions(sources, inForce: inForce, prune: prune)
            var definitions = read.definitions
            var errors: [DefinitionError] = []
            if let section = read.program {
                errors = section.errors(
                    name: program.name.description, timezone: program.zone.name,
                    currency: program.currency.description)
                if !prune {
                    definitions = try definitions.map {
                        try completed($0, section, from: inForce)
                    }
                }
            }
            // Those of the files come first, and count where there are any.
            errors += try TemplateCheck.errors(
                definitions,
                sources.map { DefinitionDocument(file: $0.file, root: try readNode($0)) },
                settings: settings(in: definitions + inForce))
            if let section = read.program {
                errors += TemplateCheck.errors(
                    definitions, under: section, staying: prune ? [] : inForce,
                    settings(in: inForce))
            }
            guard errors.isEmpty else {
                throw DefinitionErrors(
                    errors: inFileOrder(errors, files: sources.map(\.file)))
            }
            return definitions
        } catch let errors as DefinitionErrors {
            throw Failure(errors)
        }
    }

    /// What a program section does not give stays as it is in force.
    private static func completed(
        _ written: CanonicalDefinition, _ section: ProgramCheck, from inForce: [CanonicalDefinition]
    ) throws -> CanonicalDefinition {
        guard written.definition.kind == .program,
            let earlier = inForce.first(where: { $0.definition.kind == .program })
        else { return written }
        return try section.completed(written, from: earlier)
    }

    /// The program's settings among definitions; those of a new store where there are none.
    static func settings(in definitions: [CanonicalDefinition]) -> ProgramSettings {
        for case .program(let settings) in definitions.map(\.definition) { return settings }
        return ProgramSettings()
    }
}
