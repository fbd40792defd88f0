public import Core
public import Definitions

/// What reading and running scenarios needs from outside.
public struct Surroundings {
    /// The bytes of a definition file; the place is where the scenario names it.
    public var read: (_ path: String, _ namedAt: Place) throws -> [UInt8]
    /// A time zone's rules by name; nil where there is no such zone.
    public var zone: (_ name: String) throws -> ZoneRules?
    /// The id of a send (SPEC 5).
    public var sendID:
        (
            _ program: Name, _ kind: DefinitionKind, _ source: Name, _ partner: Name,
            _ ordinal: UInt32
        ) -> Name

    /// Makes surroundings of the three answers.
    public init(
        read: @escaping (_ path: String, _ namedAt: Place) throws -> [UInt8],
        zone: @escaping (_ name: String) throws -> ZoneRules?,
        sendID:
            @escaping (
                _ program: Name, _ kind: DefinitionKind, _ source: Name, _ partner: Name,
                _ ordinal: UInt32
            ) -> Name
    ) {
        self.read = read
        self.zone = zone
        self.sendID = sendID
    }
}
