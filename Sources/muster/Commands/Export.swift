import ArgumentParser
import Store
import Wire

struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print what came from outside, or the whole log, as NDJSON.",
        discussion: """
            Program, definitions, events and clock records in log order: import makes of them a store \
            with the same log and the same digest. With --log every record is printed, the engine's \
            own too, with its stored bytes in base64, and after each block of 1,024 the hash that \
            covers it and all before it, so that anybody can check the chain.

              muster export > program.ndjson
              muster export --log | gzip > log.ndjson.gz
            """)

    @OptionGroup var store: StoreOptions

    @Flag(help: "Every record with its bytes, and the hash of each block.")
    var log = false

    func run() throws {
        try Failure.translating {
            let store = try store.open(isReadOnly: true)
            var output = Output()
            if log {
                try store.eachLogLine { line in try output.write { $0.append(bytes: line) } }
            } else {
                try store.eachExportLine { line in try output.write { $0.append(bytes: line) } }
            }
            try output.flush()
            if try store.hasUntoldResults() {
                Output.error(
                    "results of deliveries that are not in the log yet are not in this either: "
                        + "muster deliver or ingest takes them in")
            }
        }
    }
}
