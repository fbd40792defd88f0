public import Core
import Definitions
import LMDB

/// What a test of a template needs (SPEC 10, `send-test`): nothing of it is kept.
public struct TestMail: Sendable {
    /// The template in force.
    public var template: Template
    /// Its version.
    public var version: UInt32
    /// The partner as it is now.
    public var partner: PartnerReport
    /// The program's settings.
    public var settings: ProgramSettings
    /// The engine clock.
    public var now: Instant
}

extension Store {
    /// Reads a template in force and a partner to fill it in with.
    ///
    /// - Returns: What the mail is made of.
    /// - Throws: ``QuestionError`` where there is no such template or partner, or ``StoreError``.
    public func testMail(_ id: Name, to partner: Name) throws -> TestMail {
        let report = try self.partner(partner, Viewpoint())
        return try read { transaction, head in
            let catalog = try Catalog(tables, upTo: head.sequence, in: transaction)
            let now = LogPlace.sequence(head.sequence)
            guard case .template(let template)? = try catalog.definition(.template, id, at: now),
                let version = catalog.version(.template, id, at: now)
            else {
                throw QuestionError.unknown(
                    .template, id, nearest: nearest(id, catalog.ids(.template)))
            }
            return TestMail(
                template: template, version: version.version, partner: report,
                settings: try catalog.settings(at: now), now: head.now)
        }
    }
}
