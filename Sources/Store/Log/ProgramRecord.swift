public import Core
import Wire

/// The record that founds a store: the program, and its zone's rules as data (SPEC 1).
public struct ProgramRecord: Sendable, Equatable {
    /// The version of the formats and of the engine's own semantics.
    public static let formatVersion: UInt32 = 5

    /// The program's name, of which send ids are made.
    public var name: Name
    /// The code of the one currency that amounts are in.
    public var currency: Name
    /// The time zone's name and offset changes.
    public var zone: ZoneRules

    /// Makes a program.
    public init(name: Name, currency: Name, zone: ZoneRules) {
        self.name = name
        self.currency = currency
        self.zone = zone
    }

    /// Appends the record's content, after the header.
    func append(to bytes: inout [UInt8]) {
        bytes.append(varint: UInt64(Self.formatVersion))
        bytes.append(prefixed: name.bytes.span)
        bytes.append(prefixed: currency.bytes.span)
        zone.append(to: &bytes)
    }

    /// Reads the content after the header.
    init(_ record: Span<UInt8>, _ reader: inout ByteReader) throws {
        let version = UInt32(truncatingIfNeeded: try reader.varint(record))
        guard version == Self.formatVersion else {
            throw StoreError.otherFormat(found: version, known: Self.formatVersion)
        }
        name = Name(bytes: RecordCoding.bytes(record, try reader.prefixed(record)))
        currency = Name(bytes: RecordCoding.bytes(record, try reader.prefixed(record)))
        zone = try ZoneRules(record, &reader)
    }
}

/// What a program may be called; `init` and `import` ask alike.
extension ProgramRecord {
    /// What a name has to be, in words.
    public static let nameRule = "1 to 255 bytes and no control characters"

    /// What the name of a time zone has to be, in words.
    public static let zoneNameRule = "a name such as America/New_York or UTC"

    /// Whether a program may have a name.
    public static func allowsName(_ name: String) -> Bool {
        (1...255).contains(name.utf8.count)
            && !name.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }

    /// Whether a time zone may have a name: one that leads to no file outside a tz database.
    public static func allowsZoneName(_ name: String) -> Bool {
        let isPlain = name.utf8.allSatisfy { byte in
            (byte >= 48 && byte <= 57) || (byte | 0x20 >= 97 && byte | 0x20 <= 122)
                || "_+-/".utf8.contains(byte)
        }
        return isPlain && !name.isEmpty && !name.hasPrefix("/")
    }
}

/// Zone rules in records: name, offset before the first change, and the changes.
extension ZoneRules {
    /// Appends the rules.
    func append(to bytes: inout [UInt8]) {
        bytes.append(prefixed: Array(name.utf8).span)
        bytes.append(zigzag: Int64(initialOffset))
        bytes.append(varint: UInt64(changes.count))
        var previous: Int64 = 0
        for change in changes {
            bytes.append(zigzag: change.at - previous)
            bytes.append(zigzag: Int64(change.offset))
            previous = change.at
        }
    }

    /// Reads the rules.
    init(_ record: Span<UInt8>, _ reader: inout ByteReader) throws(WireError) {
        let name = Name(bytes: RecordCoding.bytes(record, try reader.prefixed(record)))
        let initial = Int32(truncatingIfNeeded: try reader.zigzag(record))
        var changes: [ZoneRules.Change] = []
        var at: Int64 = 0
        for _ in 0..<(try reader.varint(record)) {
            at &+= try reader.zigzag(record)
            let offset = Int32(truncatingIfNeeded: try reader.zigzag(record))
            guard at > changes.last?.at ?? .min, at.magnitude < 1 << 40, offset.magnitude < 1 << 20
            else { throw WireError(.invalid("ascending changes of offset"), offset: reader.offset) }
            changes.append(ZoneRules.Change(at: at, offset: offset))
        }
        self.init(name: name.description, initialOffset: initial, changes: changes)
    }
}
