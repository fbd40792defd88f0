import Foundation
import Glibc

/// A disk that is soon full: a tmpfs in a private mount namespace.
enum SmallDisk {
    /// Whether this user may have one.
    static let isThere: Bool = {
        guard access("/usr/bin/unshare", X_OK) == 0, let sandbox = try? Sandbox() else {
            return false
        }
        return (try? run(sandbox, "true"))?.status == 0
    }()

    /// Runs a script as an ordinary user in a sandbox in which `full` is a disk of 400 KiB, which
    /// `mount -o remount,size=… disk` changes.
    static func run(_ sandbox: Sandbox, _ script: String) throws -> Outcome {
        try FileManager.default.createDirectory(
            atPath: sandbox.path("full"), withIntermediateDirectories: true)
        let nothing = Descriptor(open("/dev/null", O_RDONLY | O_CLOEXEC))
        return try Running(
            sandbox,
            ["-rm", "sh", "-c", "mount -t tmpfs -o size=400k disk full || exit 99\n" + script],
            input: nothing,
            environment: ["MUSTER": Running.binary],
            executable: "/usr/bin/unshare"
        ).wait()
    }
}
