import Core
import Definitions
import Engine
import LMDB

/// The definitions as delivery looks at them, read and decoded once for all claims until they change.
final class DeliveryRules {
    /// All definitions and their versions.
    let catalog: Catalog
    private var obstacles: Obstacles
    private var templates: [Name: [UInt32: Template]] = [:]
    private var settings: [UInt32: ProgramSettings] = [:]

    init(_ tables: Tables, _ head: Head, _ transaction: borrowing ReadTransaction) throws {
        catalog = try Catalog(tables, upTo: head.sequence, in: transaction)
        obstacles = Obstacles(catalog)
    }

    /// Why a workflow's or automation's sends are held; nil where they are not.
    func obstacle(_ number: SourceNumber) throws -> Name? { try obstacles.obstacle(number) }

    /// The program's settings as they were when a send was decided.
    func settings(of send: StoredSend) throws -> ProgramSettings {
        let moment = LogPlace.sequence(send.sequence)
        let version = catalog.version(.program, "", at: moment)?.version ?? 0
        if let known = settings[version] { return known }
        let found = try catalog.settings(at: moment)
        settings[version] = found
        return found
    }

    /// A template in the version that a send was decided on; nil where the log does not have it.
    func template(of send: StoredSend) throws -> Template? {
        let id = try catalog.templateID(send.template)
        if let known = templates[id]?[send.templateVersion] { return known }
        let version = catalog.versions(.template, id).first { $0.version == send.templateVersion }
        guard let canonical = version?.canonical,
            case .template(let template) = try storedDefinition(kind: .template, bytes: canonical)
                .definition
        else { return nil }
        templates[id, default: [:]][send.templateVersion] = template
        return template
    }
}
