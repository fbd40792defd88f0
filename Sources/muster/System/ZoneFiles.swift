import Core
import Glibc
import Store
import Wire

/// The system's tz database.
enum ZoneFiles {
    private static let directories = ["/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/etc/zoneinfo"]

    /// Reads a zone's rules by its name, such as `America/New_York`.
    ///
    /// - Throws: ``Failure`` with status 64 where there is no such zone.
    static func rules(_ name: String) throws -> ZoneRules {
        let unknown = Failure(
            .usage, "there is no time zone \(name) in the system's tz database",
            fix: "give \(ProgramRecord.zoneNameRule); if it should be there, install "
                + "the system's tzdata package")
        guard ProgramRecord.allowsZoneName(name) else { throw unknown }
        let given = getenv("TZDIR").map { [String(cString: $0)] } ?? []
        for directory in given + directories {
            guard let bytes = try? Files.read("\(directory)/\(name)") else { continue }
            do {
                return try parseTimeZoneFile(bytes.span, name: name)
            } catch {
                throw Failure(
                    .ioError, "\(directory)/\(name) is no time zone file: \(error)",
                    fix: "install the system's tzdata package anew, or leave TZDIR out")
            }
        }
        throw unknown
    }
}
