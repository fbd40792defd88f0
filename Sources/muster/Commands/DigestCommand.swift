import ArgumentParser
import Core
import Store
import Wire

struct DigestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "digest",
        abstract: "Print one hash of everything decided: memberships, runs and sends.",
        discussion: """
            SHA-256 over lines in a fixed order, without sequences and without delivery, so two \
            stores that took in the same input have the same one.

              muster digest
              muster digest --dump | sha256sum
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions

    @Flag(help: "Print the lines that the hash is made of instead.")
    var dump = false

    func validate() throws {
        if dump, format.format != .text {
            throw ValidationError("--dump prints its lines as they are hashed: leave out --format.")
        }
    }

    func run() throws {
        try Failure.translating {
            let store = try store.open(isReadOnly: true)
            guard !dump else {
                var output = Output()
                try store.eachDigestLine { line in try output.write { $0.append(bytes: line) } }
                return try output.flush()
            }
            let digest = try store.digest()
            guard format.format != .text else {
                var rows = Rows(["digest"], .text)
                try rows.append([Cell(digest.hash)])
                return try rows.finish()
            }
            var rows = Rows(["digest", "seq", "now"], format.format)
            try rows.append([
                Cell(digest.hash), .number(Int(digest.sequence)),
                digest.now.map { .instant($0) } ?? .null,
            ])
            try rows.finish()
        }
    }
}
