import Glibc
import Wire

/// Standard output: a mail is a line of JSON, delivered once the system has taken the whole line.
package final class StandardOutputTarget: DeliveryTarget {
    package let parallel = 1
    private let file: CInt
    private var settled: [(token: UInt64, outcome: HandOver)] = []

    /// Writes to a file descriptor, which stays the caller's.
    package init(file: CInt = 1) {
        self.file = file
    }

    package func start(_ mail: OutgoingMail, token: UInt64) throws(TargetError) {
        var line: [UInt8]
        do throws(MailError) {
            line = try mail.row()
        } catch {
            settled.append((token, error.outcome(for: mail)))
            return
        }
        line.append(10)
        guard writeAll(line, to: file) else {
            throw TargetError(
                "standard output took no more: \(String(cString: strerror(errno)))",
                fix: "see why the reader stopped; what it did not get is handed over again")
        }
        settled.append((token, .delivered(detail: "standard output")))
    }

    package func wait(milliseconds: Int) -> [(token: UInt64, outcome: HandOver)] {
        defer { settled = [] }
        return settled
    }

    package func close() {}
}
