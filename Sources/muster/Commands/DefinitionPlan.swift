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
        return catalog.changes(
            to: try definitions(sources, catalog, program, prune: prune), prune: prune)
    }

    /// - Throws: ``Failure`` with status 65 that shows every error in the files.
    static func definitions(
        _ sources: [DefinitionSource], _ catalog: Catalog, _ program: ProgramRecord, prune: Bool
    ) throws -> [CanonicalDefinition] {
        do {
            let read = try readDefinitions(
                sources, inForce: try catalog.inForce(), prune: prune)
            let mismatches =
                read.program?.errors(
                    name: program.name.description, timezone: program.zone.name,
                    currency: program.currency.description) ?? []
            let errors =
                try mismatches
                + TemplateCheck.errors(
                    read.definitions, sources, inForce: catalog.inForce())
            guard errors.isEmpty else { throw DefinitionErrors(errors: errors) }
            return read.definitions
        } catch let errors as DefinitionErrors {
            throw Failure(errors)
        }
    }
}
