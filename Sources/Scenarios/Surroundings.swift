public import Core
public import Definitions

/// What reading and running scenarios needs from outside.
public struct Surroundings: Sendable {
    /// The bytes of a definition file; the place is where the scenario names it, the way how one comes
    /// there.
    public var read: @Sendable (_ path: String, _ namedAt: Place, _ way: String) throws -> [UInt8]
    /// A time zone's rules by name; nil where there is no such zone.
    public var zone: @Sendable (_ name: String) throws -> ZoneRules?
    /// The id of a send (SPEC 5).
    public var sendID:
        @Sendable (
            _ program: Name, _ kind: DefinitionKind, _ source: Name, _ partner: Name,
            _ ordinal: UInt32
        ) -> Name
    /// What is wrong with the templates among some definitions, which are in these documents; the settings are
    /// nil where they are not known.
    public var templateErrors:
        @Sendable (
            _ definitions: [CanonicalDefinition], _ documents: [DefinitionDocument],
            _ settings: ProgramSettings?
        ) -> [DefinitionError]

    /// Makes surroundings of the four answers.
    public init(
        read:
            @escaping @Sendable (_ path: String, _ namedAt: Place, _ way: String) throws -> [UInt8],
        zone: @escaping @Sendable (_ name: String) throws -> ZoneRules?,
        sendID:
            @escaping @Sendable (
                _ program: Name, _ kind: DefinitionKind, _ source: Name, _ partner: Name,
                _ ordinal: UInt32
            ) -> Name,
        templateErrors:
            @escaping @Sendable (
                _ definitions: [CanonicalDefinition], _ documents: [DefinitionDocument],
                _ settings: ProgramSettings?
            ) -> [DefinitionError]
    ) {
        self.read = read
        self.zone = zone
        self.sendID = sendID
        self.templateErrors = templateErrors
    }
}
