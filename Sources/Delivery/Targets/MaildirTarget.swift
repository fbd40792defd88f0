import Glibc
import Wire

/// A directory in Maildir's format: `tmp`, `new` and `cur`, a file a mail.
///
/// The file's name is the send's id, so a second hand-over of the same send replaces the first. A mail counts as
/// delivered once its file and the directory that names it are on disk.
final class MaildirTarget: DeliveryTarget {
    let parallel = 1
    private let directory: String
    /// Whether the directories' own names are on disk: whoever made them may have been stopped before.
    private var isFounded = false
    private var settled: [(token: UInt64, outcome: HandOver)] = []

    /// Makes the directories where they are missing.
    ///
    /// - Throws: ``TargetError`` where they cannot be made.
    init(directory: String) throws(TargetError) {
        guard !directory.isEmpty, !directory.utf8.contains(0) else {
            throw TargetError("maildir: names no directory", fix: "write maildir:DIR")
        }
        self.directory = directory
        for path in [directory, directory + "/tmp", directory + "/new", directory + "/cur"]
        where mkdir(path, 0o700) != 0 && errno != EEXIST {
            throw Self.failure("made", path, fix: "name a directory whose parent exists")
        }
    }

    func start(_ mail: OutgoingMail, token: UInt64) throws(TargetError) {
        let message: MIMEMessage
        do throws(MailError) {
            message = try MIMEMessage(mail)
        } catch {
            settled.append((token, error.outcome(for: mail)))
            return
        }
        // A reader that has seen the mail has moved it to `cur`, under the name and its flags.
        if mail.origin.attempt > 1, let seen = seenName(mail.send) {
            settled.append((token, .delivered(detail: "cur/\(seen)")))
            return
        }
        if !isFounded {
            try flushDirectory(directory)
            try flushDirectory(directory + "/..")
            isFounded = true
        }
        let temporary = "\(directory)/tmp/\(mail.send)"
        let final = "\(directory)/new/\(mail.send)"
        try write(message.bytes, to: temporary)
        guard rename(temporary, final) == 0 else {
            throw Self.failure("renamed", final, fix: "see that it can be written")
        }
        do throws(TargetError) {
            try flushDirectory("\(directory)/new")
        } catch {
            // It is taken back, unless a reader has it already.
            guard unlink(final) != 0, errno == ENOENT else { throw error }
        }
        settled.append((token, .delivered(detail: "new/\(mail.send)")))
    }

    func wait(milliseconds: Int) -> [(token: UInt64, outcome: HandOver)] {
        defer { settled = [] }
        return settled
    }

    func close() {}

    private func seenName(_ send: String) -> String? {
        guard let listing = opendir("\(directory)/cur") else { return nil }
        defer { closedir(listing) }
        while let entry = readdir(listing) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name == send || name.hasPrefix(send + ":") { return name }
        }
        return nil
    }

    /// Writes a file with the line ends of this system, and waits until it is on disk.
    private func write(_ message: [UInt8], to path: String) throws(TargetError) {
        let bytes = message.filter { $0 != 13 }
        let fix = "free some space, or see that it can be written"
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Self.failure("opened", path, fix: fix) }
        guard writeAll(bytes, to: file), fsync(file) == 0 else {
            let error = Self.failure("written", path, fix: fix)
            Glibc.close(file)
            throw error
        }
        guard Glibc.close(file) == 0 else { throw Self.failure("written", path, fix: fix) }
    }

    private func flushDirectory(_ path: String) throws(TargetError) {
        let file = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        // One that may be written and not read is left to the system.
        if file < 0, errno == EACCES { return }
        defer { if file >= 0 { Glibc.close(file) } }
        guard file >= 0, fsync(file) == 0 else {
            throw Self.failure("written", path, fix: "see that it can be written")
        }
    }

    private static func failure(_ done: String, _ path: String, fix: String) -> TargetError {
        TargetError(
            "\(shown(path)) could not be \(done): \(String(cString: strerror(errno)))", fix: fix,
            isOfSystem: true)
    }
}

/// Writes all bytes to a file, in pieces where the system takes them so.
///
/// - Returns: False with `errno` set where that fails.
func writeAll(_ bytes: [UInt8], to file: CInt) -> Bool {
    var offset = 0
    while offset < bytes.count {
        let count = bytes.withUnsafeBytes {
            Glibc.write(file, $0.baseAddress?.advanced(by: offset), $0.count - offset)
        }
        if count < 0, errno == EINTR { continue }
        if count < 0, errno == EAGAIN {
            var request = pollfd(fd: file, events: Int16(POLLOUT), revents: 0)
            _ = poll(&request, 1, -1)
            continue
        }
        guard count > 0 else { return false }
        offset += count
    }
    return true
}
