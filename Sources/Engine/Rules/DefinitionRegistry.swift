public import Core

/// One definition's change as a definition record carries it (SPEC 5).
public struct DefinitionChange: Sendable, Equatable {
    /// What kind of definition it is.
    public var kind: DefinitionKind
    /// The id, unique within its kind.
    public var id: Name
    /// Counts from 1 for each kind and id; a retirement takes a version too.
    public var version: UInt32
    /// The new definition, or nil where the id is retired.
    public var definition: Definition?

    /// Makes a change.
    public init(kind: DefinitionKind, id: Name, version: UInt32, definition: Definition?) {
        self.kind = kind
        self.id = id
        self.version = version
        self.definition = definition
    }
}

/// Every definition by kind and id, in force or retired, and the dense numbers of segments,
/// templates and sources.
///
/// Numbers follow the order of first definition in the log, so what a workflow has done stays its
/// own when it is edited, retired or made again (SPEC 5).
public struct DefinitionRegistry: Sendable {
    /// A definition's latest version.
    public struct Entry: Sendable {
        /// What kind of definition it is.
        public let kind: DefinitionKind
        /// The id, unique within its kind.
        public let id: Name
        /// The number of the latest change, which may be a retirement; counts from 1.
        public internal(set) var version: UInt32
        /// Nil while the id is retired.
        public internal(set) var definition: Definition?
        /// Engine time of the latest change.
        public internal(set) var changedAt: Instant
    }

    private var entries: [DefinitionKey: Entry] = [:]
    private var numbers: [DefinitionKey: UInt32] = [:]
    /// Segment ids by number.
    public private(set) var segmentIDs: [Name] = []
    /// Template ids by number.
    public private(set) var templateIDs: [Name] = []
    /// Kinds and ids of workflows and automations by number.
    public private(set) var sources: [(kind: DefinitionKind, id: Name)] = []

    /// Makes a registry without definitions.
    public init() {}

    /// Takes in one record's changes.
    public mutating func apply(_ changes: [DefinitionChange], at time: Instant) {
        for change in changes {
            let key = DefinitionKey(change.kind, change.id)
            entries[key] = Entry(
                kind: change.kind, id: change.id, version: change.version,
                definition: change.definition, changedAt: time)
            guard numbers[key] == nil else { continue }
            switch change.kind {
            case .program: break
            case .segment:
                numbers[key] = UInt32(segmentIDs.count)
                segmentIDs.append(change.id)
            case .template:
                numbers[key] = UInt32(templateIDs.count)
                templateIDs.append(change.id)
            case .workflow, .automation:
                numbers[key] = UInt32(sources.count)
                sources.append((change.kind, change.id))
            }
        }
    }

    /// The entry of a kind and id, retired ones included.
    public func entry(_ kind: DefinitionKind, _ id: Name) -> Entry? {
        entries[DefinitionKey(kind, id)]
    }

    /// The dense number of a segment, template, workflow or automation.
    public func number(_ kind: DefinitionKind, _ id: Name) -> UInt32? {
        numbers[DefinitionKey(kind, id)]
    }

    /// Entries of a kind in byte order of their ids, retired ones included.
    public func entries(_ kind: DefinitionKind) -> [Entry] {
        entries.values.filter { $0.kind == kind }.sorted { $0.id < $1.id }
    }

    /// Segments in force, in byte order of their ids.
    var segmentsInForce: [Segment] {
        entries(.segment).compactMap { entry in
            if case .segment(let segment)? = entry.definition { segment } else { nil }
        }
    }

    /// Definitions in force, by kind and then in byte order of their ids.
    public var inForce: [Definition] {
        DefinitionKind.allCases.flatMap { kind in entries(kind).compactMap(\.definition) }
    }
}
